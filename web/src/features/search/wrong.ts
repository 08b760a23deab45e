// SPDX-License-Identifier: AGPL-3.0-or-later
// What the server says is wrong with a query, in the reader's language; what the page does not know is shown as it came. "{}" is what varies.
import { t, type Key } from "../../lib/i18n";

const texts: [string, Key][] = [
  ["this bracket closes nothing", "wrong.bracket_closes"],
  ["there is no word to search for", "wrong.no_word"],
  ["OR needs a word on both sides", "wrong.or"],
  ["NOT needs a word after it", "wrong.not"],
  ["too many levels", "wrong.levels"],
  ["a closing bracket is missing", "wrong.bracket_missing"],
  ["the brackets are empty", "wrong.bracket_empty"],
  ["a closing quote is missing", "wrong.quote_missing"],
  ["there is no word between the quotes", "wrong.quote_empty"],
  ["there is no word after =", "wrong.exact_empty"],
  ["the field has no value", "wrong.value"],
  ["the field {}: has no value", "wrong.value_of"],
  ["there is no field \"{}\"", "wrong.field"],
  ["a star stands only at the end of a word", "wrong.star"],
  ["at least 4 letters must stand before the star", "wrong.star_short"],
  ["more than 64 words", "wrong.words"],
  ["more than 64 terms", "wrong.terms"],
  ["the query is longer than 4,096 bytes", "wrong.long"],
  ["this is no UTF-8 text", "wrong.utf8"],
  ["in: knows only subject", "wrong.in"],
  ["this is no date", "wrong.date"],
  ["this is no size", "wrong.size"],
  ["has: knows only attachment and unparsed", "wrong.has"],
  ["id: needs a number", "wrong.id"],
];
const hints: [string, Key][] = [
  ["remove it, or put ( before the words", "wrong.hint.remove_bracket"],
  ["type a word or a number", "wrong.hint.type_word"],
  ["write one OR other, or or in small letters for the word itself", "wrong.hint.or"],
  ["write NOT word, or -word", "wrong.hint.not"],
  ["use fewer brackets", "wrong.hint.fewer_brackets"],
  ["put ) at the end, or quote the (", "wrong.hint.close"],
  ["put words between them or remove them", "wrong.hint.fill"],
  ["put \" at the end of the phrase", "wrong.hint.quote"],
  ["type a word between them", "wrong.hint.type_between"],
  ["write =\"exactly as written\"", "wrong.hint.exact"],
  ["write subject:word", "wrong.hint.subject"],
  ["put quotes around it to search for the text itself", "wrong.hint.quotes"],
  ["did you mean {}: ?", "wrong.hint.mean"],
  ["write the beginning and *", "wrong.hint.star"],
  ["write more of the word", "wrong.hint.more"],
  ["use fewer words", "wrong.hint.fewer"],
  ["search for a few words of it", "wrong.hint.few"],
  ["write it without a space, as in {}:value", "wrong.hint.space_of"],
  ["write in:subject word", "wrong.hint.in"],
  ["write it without a space: field:value", "wrong.hint.space"],
  ["write 2024, 2024-05, 2024-05-12, 12.05.2024, today, yesterday or 7d", "wrong.hint.date"],
  ["write larger:10MB or larger:500k", "wrong.hint.size"],
  ["write has:attachment, or the word without has:", "wrong.hint.has"],
  ["write id:1234", "wrong.hint.id"],
];

function said(known: [string, Key][], text: string): string {
  for (const [form, key] of known) {
    const [before = "", after] = form.split("{}");
    if (after === undefined ? text === form : text.startsWith(before) && text.endsWith(after) && text.length > before.length + after.length)
      return t(key, { a: text.slice(before.length, text.length - (after?.length ?? 0)) });
  }
  return text;
}

export const wrongText = (detail: string): string => said(texts, detail);
export const wrongHint = (hint: string): string => said(hints, hint);
