// SPDX-License-Identifier: AGPL-3.0-or-later
import { beforeEach, expect, it } from "vitest";
import type { AuditRow } from "../../api/types";
import { speak } from "../../lib/i18n";
import { rowText, saidWhat } from "./audit_words";

beforeEach(() => speak("ru"));
const row = (more: Partial<AuditRow>): AuditRow => ({ record: 1, at: "2026-11-19T08:00:00Z", kind: "open", who: { id: "u", name: "x" }, what: "", peer: "", ...more }) as AuditRow;

it("short words of records are said in the reader's language", async () => {
  expect(["client: Анна", "preview 2 page 3", "attachment 1", "proof", "passkey refused", "rotated", "GET /api/v1/users"].map(saidWhat)).toEqual(
    ["клиент: Анна", "вложение 2, страница 3", "вложение 1", "доказательство", "ключ доступа не подошёл", "общий ключ сменён", "GET /api/v1/users"]);
  await speak("en");
  expect(saidWhat("ended a session of olga")).toBe("ended a session of olga");
});
it("what was typed into the search stays as it was typed", () => {
  expect(rowText(row({ kind: "search", what: "preview 2", total: 1 }))).toBe("preview 2 · 1 находка");
  expect(rowText(row({ kind: "search", what: "clients: ", total: 35 }))).toBe("список клиентов · 35 находок");
  expect(rowText(row({ kind: "change", what: "preferences" }))).toBe("Вид и клавиши");
});
