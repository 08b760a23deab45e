// SPDX-License-Identifier: AGPL-3.0-or-later
// What was refused and why, in the reader's language. A code that the page does not know is shown in the server's words.
import type { Import, Refusal } from "../../api/types";
import { num } from "../../lib/format";
import { t, table, type Key } from "../../lib/i18n";

const letters = ["a", "b", "c"];

export function reasonText({ reason, code, values }: Pick<Refusal, "reason" | "code" | "values">): string {
  const key = `reason.${code}`;
  if (!code || !(key in table.value)) return reason;
  return t(key as Key, Object.fromEntries(values.slice(0, letters.length).map((value, index) => [letters[index], value])));
}

// Where in a file: readers name places by bytes.
const places: [RegExp, Key][] = [
  [/^message at byte (\d+)$/, "place.message"], [/^line at byte (\d+)$/, "place.line"], [/^entry at byte (\d+)$/, "place.entry"],
  [/^bytes (\d+) to (\d+)$/, "place.bytes"], [/^everything from byte (\d+)$/, "place.rest"], [/^end of the export$/, "place.end"],
];

export function itemText(item: string): string {
  const at = item.lastIndexOf(": ");
  const place = at < 0 ? item : item.slice(at + 2);
  for (const [form, key] of places) {
    const found = form.exec(place);
    if (!found) continue;
    const said = t(key, { a: num(Number(found[1] ?? 0)), b: num(Number(found[2] ?? 0)) });
    return at < 0 ? said : `${item.slice(0, at)}: ${said}`;
  }
  return item;
}

export const errorText = (job: Pick<Import, "error" | "error_code">): string => {
  const key = `import.error.${job.error_code}`;
  return job.error_code && key in table.value ? t(key as Key) : job.error;
};
