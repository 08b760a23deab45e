// SPDX-License-Identifier: AGPL-3.0-or-later
// The query as a person typed it, cut into pieces. The text is the truth: joining the pieces gives the same query.
// Only the server decides what a query means; here it is enough to know where a recognised field begins and ends.

export interface Chip { field: string; name: string; value: string; text: string }
export interface Query { chips: Chip[]; rest: string }

// Any spelling of a field -> its English name.
const fields: Record<string, string> = {
  "от": "from", from: "from", "кому": "to", to: "to", "тема": "subject", subject: "subject", "канал": "channel", channel: "channel",
  "до": "before", before: "before", "после": "after", after: "after", "дата": "on", on: "on", "есть": "has", has: "has", "файл": "filename",
  filename: "filename", "вложение": "filename", "больше": "larger", larger: "larger", "язык": "lang", lang: "lang", "тег": "tag", tag: "tag",
  "категория": "category", category: "category", "метка": "label", label: "label", "клиент": "client", client: "client", "сотрудник": "employee",
  employee: "employee", "сделка": "deal", deal: "deal", "проект": "project", project: "project", "это": "is", is: "is", "источник": "source",
  source: "source", "переписка": "conversation", conversation: "conversation",
};
const russian: Record<string, string> = {
  from: "от", channel: "канал", on: "дата", has: "есть", lang: "язык", client: "клиент", before: "до", after: "после", to: "кому", subject: "тема",
  filename: "файл", source: "источник", tag: "тег", is: "это", larger: "больше", conversation: "переписка",
};

// A suggested field in the reader's language, its value held together.
export function spelled(suggested: string, locale: "ru" | "en"): string {
  const match = /^([a-z]+):(.*)$/.exec(suggested);
  if (!match) return suggested;
  const [, name = "", value = ""] = match;
  const held = /[\s()]/.test(value) && !value.startsWith('"') ? `"${value.replaceAll('"', "")}"` : value;
  return `${(locale === "ru" && russian[name]) || name}:${held}`;
}

// Pieces between blanks; quotes and brackets keep blanks inside.
export function pieces(text: string): string[] {
  const found: string[] = [];
  let piece = "";
  let quoted = false;
  let depth = 0;
  for (const letter of text) {
    if (letter === '"') quoted = !quoted;
    else if (!quoted && letter === "(") depth++;
    else if (!quoted && letter === ")") depth = Math.max(0, depth - 1);
    if (/\s/.test(letter) && !quoted && depth === 0) {
      if (piece) found.push(piece);
      piece = "";
    } else piece += letter;
  }
  if (piece) found.push(piece);
  return found;
}

export function asChip(piece: string): Chip | undefined {
  const match = /^(\p{L}+):(.+)$/u.exec(piece);
  const name = match?.[1]?.toLowerCase();
  const field = name ? fields[name] : undefined;
  const value = match?.[2];
  if (!field || !name || !value) return undefined;
  if ((value.split('"').length - 1) % 2 || value.split("(").length !== value.split(")").length) return undefined;
  return { field, name, value: value.replace(/^"(.*)"$/, "$1"), text: piece };
}

// Chips stand before the words only where the order does not matter: in a plain list of conditions.
export function parse(text: string): Query {
  const all = pieces(text);
  if (all.some((piece) => /^(ИЛИ|OR|\||AND|И|NOT)$/.test(piece) || /^-?\(/.test(piece))) return { chips: [], rest: text };
  const chips: Chip[] = [];
  const words: string[] = [];
  for (const piece of all) {
    const chip = asChip(piece);
    if (chip) chips.push(chip);
    else words.push(piece);
  }
  return { chips, rest: words.join(" ") };
}

export function join(chips: Chip[], rest: string): string {
  return [...chips.map((chip) => chip.text), rest].join(" ").trim();
}

const quote = (value: string): string => (/[\s()]/.test(value) ? `"${value}"` : value);

// The values that a facet's field has in the query: channel:(email OR telegram) -> email, telegram.
export function valuesOf(text: string, field: string): string[] {
  const chips = pieces(text).map(asChip).filter((chip) => chip?.field === field);
  return chips.flatMap((chip) => {
    const inside = /^\((.*)\)$/.exec(chip?.value ?? "")?.[1];
    return inside === undefined ? [chip?.value ?? ""] : pieces(inside).filter((one) => !/^(OR|ИЛИ|\|)$/.test(one)).map((one) => one.replace(/^"(.*)"$/, "$1"));
  });
}

export function setValues(text: string, field: string, values: string[], locale: "ru" | "en"): string {
  const kept = pieces(text).filter((piece) => asChip(piece)?.field !== field);
  if (values.length === 0) return kept.join(" ");
  const name = locale === "ru" ? (russian[field] ?? field) : field;
  const or = locale === "ru" ? " ИЛИ " : " OR ";
  const value = values.length === 1 ? quote(values[0] ?? "") : `(${values.map(quote).join(or)})`;
  return [`${name}:${value}`, ...kept].join(" ");
}

// A position in characters, as the server counts, in units of a JavaScript string.
export const letterAt = (text: string, characters: number): number => [...text].slice(0, characters).join("").length;
