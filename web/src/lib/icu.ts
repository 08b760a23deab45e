// SPDX-License-Identifier: AGPL-3.0-or-later
// The part of ICU message syntax that the page uses: {name} and {n, plural, one {…} few {…} other {…}} with #.

export type Params = Record<string, string | number>;

const rules = new Map<string, Intl.PluralRules>();
const figures = new Map<string, Intl.NumberFormat>();

export function number(value: number, locale: string): string {
  let format = figures.get(locale);
  if (!format) figures.set(locale, (format = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 })));
  return format.format(value).replace(/\u00a0/g, "\u202f");
}

function plural(value: number, locale: string): string {
  let rule = rules.get(locale);
  if (!rule) rules.set(locale, (rule = new Intl.PluralRules(locale)));
  return rule.select(value);
}

// The index just behind the brace that closes the one at `open`.
function closing(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === "{") depth++;
    else if (text[at] === "}" && --depth === 0) return at + 1;
  }
  return text.length;
}

function branches(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf("{", at);
    if (open < 0) break;
    const end = closing(text, open);
    found[text.slice(at, open).trim()] = text.slice(open + 1, end - 1);
    at = end;
  }
  return found;
}

export function format(message: string, params: Params, locale: string): string {
  let out = "";
  let at = 0;
  while (at < message.length) {
    const open = message.indexOf("{", at);
    if (open < 0) return out + message.slice(at);
    out += message.slice(at, open);
    const end = closing(message, open);
    const inside = message.slice(open + 1, end - 1);
    const [name = "", kind, ...rest] = inside.split(",").map((part, index) => (index < 2 ? part.trim() : part));
    const value = params[name];
    if (kind === "plural") {
      const many = branches(rest.join(","));
      const count = Number(value ?? 0);
      const chosen = many[`=${count}`] ?? many[plural(count, locale)] ?? many["other"] ?? many["many"] ?? "";
      out += format(chosen.replace(/#/g, number(count, locale)), params, locale);
    } else {
      out += typeof value === "number" ? number(value, locale) : (value ?? "");
    }
    at = end;
  }
  return out;
}
