// SPDX-License-Identifier: AGPL-3.0-or-later
// What somebody did, in the reader's language: records keep short English words, some with what they are about behind them.
import type { AuditRow } from "../../api/types";
import { num } from "../../lib/format";
import { t, table, type Key } from "../../lib/i18n";
import { changeName } from "./names";

const forms: [RegExp, Key][] = [
  [/^clients: $/, "audit.said.clients"], [/^clients: (?<text>.+)$/s, "audit.said.clients.of"], [/^client: (?<text>.+)$/s, "audit.said.client"],
  [/^preview (?<n>\d+)$/, "audit.said.preview"], [/^preview (?<n>\d+) page (?<page>\d+)$/, "audit.said.preview.page"],
  [/^ended a session of (?<text>.+)$/s, "audit.said.session"], [/^sessions ended of (?<text>.+)$/s, "audit.said.sessions"],
  [/^provider refused: (?<text>.+)$/s, "audit.said.provider"], [/^from another page: (?<text>.+)$/s, "audit.said.elsewhere"],
];

export function saidWhat(what: string): string {
  for (const [form, key] of forms) {
    const found = form.exec(what);
    if (found) return t(key, found.groups ?? {});
  }
  const [name = "", number] = what.split(/ (?=\d+$)/);
  const key = `audit.what.${name}`;
  return [key in table.value ? t(key as Key) : name, number && num(Number(number))].filter(Boolean).join(" ");
}

export function rowText(row: AuditRow): string {
  if (row.words_hidden) return t("audit.hidden");
  if (row.kind === "change") return [changeName(row.what), row.about].filter(Boolean).join(": ");
  if (row.kind !== "search") return saidWhat(row.what);
  // What somebody looked for stays as it was typed; only the lists of clients name themselves.
  const words = /^clients?: /.test(row.what) ? saidWhat(row.what) : row.what;
  return [words, row.total === undefined ? "" : t("audit.hits", { n: row.total })].filter(Boolean).join(" · ");
}
