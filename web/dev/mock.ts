// SPDX-License-Identifier: AGPL-3.0-or-later
// An invented server for development and the browser's tests. It keeps the contract and nothing else: no search, no storage.
// GET /mock/STATE switches it: in, out, setup, locked, slow, fail.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { readFile } from "node:fs/promises";
import { join, normalize } from "node:path";
import type { Approval, AuditRow, Group, Import, Session, Upload, User } from "../src/api/types";
import { clients, facets, hits, messages, sources, talk } from "./data";

type Reply = { status?: number; body?: unknown; text?: string; type?: string; bytes?: Buffer; cookie?: string; wait?: number };
interface Ask { method: string; path: string; query: URLSearchParams; body: Record<string, unknown> }

const state = { where: "in" as "in" | "out" | "setup" | "locked", setup: "new", slow: 0, fail: "", company: "", uploads: new Map<string, Upload>(), imports: [] as Import[], began: 0, full: false };
const begun = { state: "running" as const, marked: 0, input: "", rate: 0, left_s: 0, searchable: 0, refusals: [], error: "", error_code: "", verified: null };
const rights = ["search", "read", "take_out", "import_messages", "sources_view", "sources_manage", "people_view", "people_manage", "audit_view", "integrity_view", "integrity_run", "keys_manage", "settings_manage", "approve"];
const look: Pick<Session["user"], "locale" | "theme" | "keys"> = { locale: "", theme: "auto", keys: true };
const session = (): Session => ({ user: { ...look, id: "u-aaaaaaaaaa", login: "m.belova", name: "Марина Белова", email: "m.belova@teply-kontur.example" }, roles: ["owner"], rights, second_factor: "2026-11-19T08:00:00Z", sees_all: true, company: "ООО «Тёплый контур»", idle_until: "2099-01-01T00:00:00Z", demo: false });
const users: User[] = [
  { id: "u-aaaaaaaaaa", login: "m.belova", name: "Марина Белова", email: "m.belova@teply-kontur.example", active: true, roles: ["owner"], groups: ["g-aaaaaaaaaa"], addresses: ["i.krylov@teply-kontur.example"], grants: [{ role: "owner", scope: { everything: true } }], second_factor: true, passkeys: 1, last_seen: "2026-11-19T11:30:00Z", created: "2026-03-02T08:00:00Z" },
  { id: "u-bbbbbbbbbb", login: "i.krylov", name: "Илья Крылов", email: "i.krylov@teply-kontur.example", active: true, roles: ["reader"], groups: ["g-aaaaaaaaaa"], addresses: ["i.krylov@teply-kontur.example"], grants: [{ role: "reader", scope: { clients: ["anna.vetrova@severny-bereg.example"], channels: ["email", "telegram"] }, until: "2026-12-31T00:00:00Z", reason: "замещает Дарью в отпуске" }], second_factor: true, passkeys: 0, last_seen: "2026-11-18T15:02:00Z", created: "2026-03-02T08:00:00Z" },
  { id: "u-cccccccccc", login: "t.galeev", name: "Тимур Галеев", email: "t.galeev@teply-kontur.example", active: true, roles: ["administrator"], groups: [], addresses: [], grants: [{ role: "administrator" }], second_factor: false, passkeys: 0, last_seen: null, created: "2026-11-10T08:00:00Z" },
  { id: "u-dddddddddd", login: "d.osipova", name: "Дарья Осипова", email: "d.osipova@teply-kontur.example", active: false, roles: [], groups: [], addresses: [], grants: [], second_factor: true, passkeys: 0, last_seen: "2026-09-01T09:00:00Z", created: "2026-03-02T08:00:00Z" },
];
const roles = [["owner", rights], ["reader", ["search", "read"]], ["manager", ["search", "read", "import_messages"]], ["supervisor", ["search", "read", "sources_view"]], ["records", ["search", "read", "sources_view", "take_out"]], ["lawyer", ["search", "read", "take_out"]], ["dpo", ["audit_view", "approve"]], ["auditor", ["audit_view"]], ["administrator", ["people_view", "people_manage", "sources_view", "sources_manage", "integrity_view", "integrity_run", "settings_manage"]]].map(([name, list]) => ({ name, rights: list }));
const who = { id: "u-aaaaaaaaaa", name: "Марина Белова" };
const groups: Group[] = [{ id: "g-aaaaaaaaaa", name: "Продажи", grants: [{ role: "reader", scope: { employees: ["i.krylov@teply-kontur.example"], channels: ["email"] } }], members: [{ id: "u-bbbbbbbbbb", name: "Илья Крылов" }] }];
const asked = { action: "raise_rights", what: "", decided_by: "", change: { change: "grants_set", user: { id: "u-bbbbbbbbbb", name: "Илья Крылов" }, grants: [{ role: "supervisor", scope: { everything: true }, until: "2026-12-31T00:00:00Z", reason: "замещает Дарью" }] }, reason: "Дарья в отпуске", at: "2026-11-19T10:00:00Z", from: "2026-11-19T10:00:00Z", until: "2026-11-20T10:00:00Z" };
const approvals: Approval[] = [
  { ...asked, id: "a-1", by: { id: "u-cccccccccc", name: "Тимур Галеев" }, alone: false, own: false, may_decide: true, may_do: false, state: "waiting" },
  { ...asked, id: "a-2", by: { id: "u-aaaaaaaaaa", name: "Дарья Орлова" }, alone: false, own: true, may_decide: false, may_do: true, state: "approved" },
  { ...asked, id: "a-3", by: { id: "u-aaaaaaaaaa", name: "Дарья Орлова" }, from: "2026-11-22T10:00:00Z", alone: true, own: true, may_decide: false, may_do: false, state: "approved" },
  { ...asked, id: "a-4", by: { id: "u-cccccccccc", name: "Тимур Галеев" }, alone: false, own: false, may_decide: false, may_do: false, state: "expired" },
];
const audit: AuditRow[] = [["search", "скидка клиент:\"Северный берег\""], ["open", "Остекление веранды: срок и скидка"], ["exported", "source"], ["login", "in"], ["login", "refused"], ["denied", "GET /audit"], ["exported", "attachment 1"], ["change", "user_changed"]]
  .map(([kind, what], index) => ({ record: 184310 - index, at: new Date(Date.UTC(2026, 10, 19, 11, 32 - index * 3)).toISOString(), who: index === 4 ? { id: "u-bbbbbbbbbb", name: "Илья Крылов" } : who, kind: kind!, what: what!, peer: "10.0.4.17" }));
const archive = () => ({ company: "ООО «Тёплый контур»", messages: 184302, records: 184302, sources: 6, created: "2026-03-02T08:00:00Z", demo: false, integrity: { state: "ok", checked_at: "2026-11-22T11:20:00Z", records: 184302, problems: [] }, checklist: [{ id: "split-roles", done: false }, { id: "sheet", done: true }, { id: "import", done: true }] });

function importNow(job: Import): Import {
  if (job.state === "stopped") return job;
  const share = state.full ? 0.58 : Math.min(1, (Date.now() - state.began) / 6000);
  const seen = Math.round(61240 * share);
  const pending = share < 1 ? 35 : 0;
  const done = share >= 1;
  return { ...job, state: done ? "done" : "running", files: job.files, seen, refused: done ? 3 : 3, duplicates: Math.round(214 * share), pending, stored: seen - 3 - Math.round(214 * share) - pending, marked: 2, bytes: Math.round(5.3e9 * share), bytes_all: 5.3e9, rate: 1240, left_s: done ? 0 : 28, searchable: Math.round(60950 * share), refusals: [{ item: "zakaz-2019-2026.mbox: message at byte 4112", reason: "larger than the limit of 256 MiB", code: "too_large", values: ["256"] }, { item: "zakaz-2019-2026.mbox: message at byte 9877", reason: "larger than the limit of 256 MiB", code: "too_large", values: ["256"] }, { item: "Telegram.zip: result (1).json", reason: "the archive is damaged: Truncated ZIP", code: "archive_damaged", values: ["Truncated ZIP"] }], verified: done ? { records: seen - 217, ok: true, problem: "" } : null };
}

const problem = (status: number, code: string, detail: string, more: object = {}): Reply => ({ status, body: { type: "about:blank", title: code, status, code, detail, id: "7f3a-21", ...more } });
const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAKklEQVR4nGNgGAUMDAwM/xkYGJgYGBgYGRgYGP7//8/AwMDAxIAFDE0xADeWBQFWSJGkAAAAAElFTkSuQmCC", "base64");
const qr = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 29 29"><rect width="29" height="29" fill="#fff"/><path d="${Array.from({ length: 841 }, (_, i) => ((i * 7919 + (i >> 3) * 31) % 5 < 2 ? `M${i % 29} ${Math.floor(i / 29)}h1v1h-1z` : "")).join("")}" fill="#000"/></svg>`;

function setup(ask: Ask): Reply | undefined {
  if (!ask.path.startsWith("/setup")) return undefined;
  const token = ask.query.get("token") ?? ask.body["token"];
  if (token !== "T") return problem(403, "forbidden", "Ссылка не подошла");
  switch (`${ask.method} ${ask.path}`) {
    case "GET /setup": return { body: { state: state.setup, language: "ru", company: state.company } };
    case "POST /setup/archive":
      state.setup = "sheet";
      state.company = String(ask.body["company"]);
      return { body: { sheet: `ЛЕТОПИСЬ · ПАМЯТКА ВОССТАНОВЛЕНИЯ\n\nАрхив: ${state.company}\nСоздан: 19 ноября 2026\n\nКод восстановления:\n  4K7P-9XQ2-ZB6T-M3HD\n  RW8V-2JLC-5NFA-7EYS\n\nХраните в сейфе, отдельно от сервера.`, check: [3, 7] } };
    case "POST /setup/sheet": {
      const code = String(ask.body["code"]).replace(/[\s-]/g, "").toUpperCase();
      if (code !== "4K7P9XQ2ZB6TM3HDRW8V2JLC5NFA7EYS") return problem(400, "invalid", "Код не совпал");
      state.setup = "user";
      return { body: {} };
    }
    case "POST /setup/user": state.setup = "confirm"; return { body: { totp: { secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", uri: "otpauth://totp/x", qr } } };
    case "POST /setup/confirm":
      if (ask.body["code"] !== "123456") return problem(401, "unauthenticated", "Код не подошёл");
      state.setup = "done";
      state.where = "in";
      return { body: { recovery_codes: Array.from({ length: 10 }, (_, i) => `${1000 + i * 37}-ABCD-${2000 + i * 91}`) } };
    case "POST /setup/demo": state.where = "in"; return { body: {} };
    default: return undefined;
  }
}

function signIn(ask: Ask): Reply | undefined {
  switch (`${ask.method} ${ask.path}`) {
    case "GET /session": return state.where === "in" ? { body: session() } : problem(state.where === "locked" ? 503 : 401, state.where === "setup" ? "setup_required" : state.where === "locked" ? "locked" : "unauthenticated", "Нужен вход");
    case "POST /session": return ask.body["password"] === "wrong" ? problem(401, "unauthenticated", "Не подошло") : { body: { next: "totp", methods: ["totp", "recovery", "passkey"] } };
    case "POST /session/second":
      if (ask.body["code"] !== "123456" && !ask.body["recovery"]) return problem(401, "unauthenticated", "Код не подошёл");
      state.where = "in";
      return { body: session() };
    case "DELETE /session": state.where = "out"; return { status: 204 };
    case "POST /session/step-up": return { body: {} };
    case "PATCH /session/settings": Object.assign(look, ask.body); return { body: {} };
    default: return undefined;
  }
}

function search(ask: Ask): Reply {
  const q = ask.query.get("q") ?? "";
  if (q.includes("form:")) return problem(400, "invalid", 'there is no field "form"', { at: [...q.slice(0, q.indexOf("form:"))].length, hint: "did you mean from: ?" });
  if (q.includes("пусто")) return { body: { total: 0, exact: true, took_ms: 1.1, hits: [], cursor: null, forms: [], note: "", suggestion: "пуста", facets: { channel: [], from: [], month: [], lang: [], has_attachment: 0 } } };
  const from = Number(ask.query.get("cursor") ?? 0);
  const page = hits.slice(from, from + Number(ask.query.get("limit") ?? 20));
  return { body: { total: 214, conversations: 38, exact: true, took_ms: 3.1, hits: page, cursor: from + page.length < hits.length ? String(from + page.length) : null, forms: q ? ["скидка", "скидки", "скидку", "скидкой"] : [], note: "", suggestion: "", ...(ask.query.get("facets") && { facets }) } };
}

function content(ask: Ask): Reply | undefined {
  const [, kind, id = "", what, which] = ask.path.split("/");
  const found = messages.find((one) => String(one.id) === id);
  if (kind === "conversations") {
    if (id === "closed") return problem(403, "forbidden", "Нет прав", { who: "Олег Савин" });
    const until = ask.query.get("as_of");
    const around = Number(ask.query.get("around") ?? 0);
    const limit = Number(ask.query.get("limit") ?? 50);
    const all = until ? messages.filter((one) => one.date <= until) : messages;
    const at = Math.max(0, all.findIndex((one) => one.id === around) - Math.floor(limit / 2));
    const items = limit < 50 ? all.slice(at, at + limit) : all;
    return { body: { ...talk, items } };
  }
  if (kind === "messages" && found) {
    if (what === "html") return { text: "<!doctype html><meta charset=utf-8><body style='font:14px/20px Arial;margin:0;color:#1b1d22'><div style='background:#20455a;color:#fff;padding:10px 16px;font-weight:700'>Тёплый контур &nbsp; Счёт 315</div><div style='padding:14px 16px'>Анна, план получила, спасибо. Во вложении счёт и схема.<table style='margin-top:10px;width:100%;font-size:13px'><tr><td>Стеклопакет трёхкамерный<td>9 шт<td>283 500 ₽<tr><td>Профиль и фурнитура<td>1<td>128 500 ₽<tr><td>Монтаж<td>1<td>74 000 ₽<tr><td><b>Итого</b><td><td><b>486 000 ₽</b></table></div>", type: "text/html; charset=utf-8" };
    if (what === "source") return { text: `Return-Path: <${found.from.address}>\nFrom: ${found.from.name} <${found.from.address}>\nSubject: ${found.subject}\nDate: ${found.date}\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n${found.text}\n`, type: "text/plain; charset=utf-8" };
    if (what === "proof") return { body: { record: found.record, log: "letopis.example/archive/1", leaf: found.record - 1, tree_size: 184302, root: "q8Yl0wqv0JmVhWlO4mSx2n1s3v0pKc1mYk1bQ4oXn0E=", signed_at: "2026-11-18T15:03:00Z", proof: "letopis proof v1\n", state: found.deleted ? "unsigned" : "proven" } };
    if (what === "access") return { body: { items: [{ record: 184300, at: "2026-11-19T08:00:00Z", kind: "open", who: { id: "u-b", name: "Илья Крылов" }, what: String(found.id), peer: "10.0.4.17", messages: 1, message: found.id }], cursor: null } };
    if (what === "attachments") return which === "1" && found.id === 183951 ? { bytes: png, type: "image/png" } : { text: "Выписка по счёту\n16.11.2026  225 990,00\n", type: "text/plain; charset=utf-8" };
    if (what === "tags") return { body: {} };
    return { body: found };
  }
  if (kind === "clients") {
    const one = clients.find((client) => client.id === id);
    if (what === "timeline") return { body: { items: hits.slice(0, 8).map((hit) => ({ ...hit, text: hit.snippet.map((piece) => piece.text).join("") })), total: 40, cursor: "next" } };
    if (one) return { body: one };
    if (id) return problem(404, "not_found", "Нет");
    const q = (ask.query.get("q") ?? "").toLowerCase();
    return { body: { items: clients.filter((client) => `${client.name} ${client.addresses.map((one) => one.address).join(" ")}`.toLowerCase().includes(q)) } };
  }
  return undefined;
}

function books(ask: Ask): Reply | undefined {
  const [, kind, id = "", what] = ask.path.split("/");
  if (kind === "sources" && what === "refusals") return { body: { items: Array.from({ length: 5 }, (_, i) => ({ item: `zakaz-2019-2026.mbox: message at byte ${4112 + i * 911}`, ...(i < 3 ? { reason: "larger than the limit of 256 MiB", code: "too_large", values: ["256"] } : { reason: "encrypted", code: "encrypted", values: [] }) })) } };
  if (kind === "sources" && what === "retry") {
    state.imports.push({ id: `i-${state.imports.length + 1}`, ...begun, state: "done", files: [{ name: "zakaz-2019-2026.mbox", size: 5e6 }], seen: 5, stored: 2, duplicates: 0, refused: 3, pending: 0, bytes: 5e6, bytes_all: 5e6, verified: { ok: true, records: 2, problem: "" } });
    return { body: { id: state.imports.at(-1)!.id } };
  }
  if (kind === "sources") {
    const total = { seen: 184947, stored: 184302, duplicates: 619, refused: 14, pending: 12, marked: 0 };
    return { body: { items: sources, total } };
  }
  if (kind === "uploads") {
    if (ask.method === "GET" && !id) return { body: { items: [...state.uploads.values()] } };
    if (ask.method === "POST") {
      const key = `up-${state.uploads.size + 1}`;
      const made: Upload = { id: key, name: String(ask.body["name"]), size: Number(ask.body["size"]), offset: 0, begun: new Date().toISOString(), modified: typeof ask.body["modified"] === "string" ? ask.body["modified"] : null };
      state.uploads.set(key, made);
      return { status: 201, body: made };
    }
    const one = state.uploads.get(id);
    if (!one) return problem(404, "not_found", "Нет");
    if (ask.method === "PATCH") {
      if (Number(ask.query.get("offset")) !== one.offset) return problem(409, "conflict", "Другое место");
      one.offset = Math.min(one.size, one.offset + Number(ask.body["__bytes"] ?? 0));
      return { body: one, wait: 60 };
    }
    return { body: one };
  }
  if (kind === "imports") {
    if (ask.method === "POST") {
      state.began = Date.now();
      const files = (ask.body["uploads"] as string[]).map((key) => ({ name: state.uploads.get(key)?.name ?? key, size: state.uploads.get(key)?.size ?? 0 }));
      const job: Import = { ...begun, id: `i-${state.imports.length + 1}`, files, seen: 0, stored: 0, duplicates: 0, refused: 0, pending: 0, bytes: 0, bytes_all: 5.3e9 };
      state.imports.push(job);
      return { body: { id: job.id } };
    }
    const at = state.imports.findIndex((job) => job.id === id);
    if (ask.method === "DELETE" && at >= 0) state.imports[at] = { ...importNow(state.imports[at]!), state: "stopped", pending: 0 };
    if (at >= 0) return { body: importNow(state.imports[at]!) };
    return { body: { items: state.imports.map(importNow) } };
  }
  return undefined;
}

function people(ask: Ask): Reply | undefined {
  const [, kind, id, what] = ask.path.split("/");
  const one = users.find((user) => user.id === id);
  switch (kind) {
    case "users":
      if (what === "sessions") return { body: { items: [] } };
      if (ask.method === "POST") return { body: { id: "u-new", invite: "/join/9f3c-aa71-xq" } };
      return { body: one ?? { items: users } };
    case "roles": return { body: { items: roles } };
    case "tokens": return ask.method === "POST" ? { body: { id: "t-9", secret: "letopis_tok_4fQz81kPq0" } } : { body: { items: [{ id: "t-1", name: "Сводка для 1С", rights: ["search"], until: "2027-01-01T00:00:00Z", created: "2026-10-01T08:00:00Z", last_used: "2026-11-19T09:00:00Z" }] } };
    case "sessions": return { body: { items: [{ id: "1", created: "2026-11-19T05:30:00Z", seen: "2026-11-19T11:31:00Z", peer: "10.0.4.17", agent: "Firefox, Windows", current: true }, { id: "2", created: "2026-11-15T05:30:00Z", seen: "2026-11-18T17:31:00Z", peer: "10.0.4.80", agent: "Chrome, Android", current: false }] } };
    case "audit": return { body: { addresses: ["d.orlova@teply-kontur.example"], items: id === "mine" ? audit.slice(0, 3).map((row) => ({ ...row, what: "", messages: 1, message: 9 })) : audit.filter((row) => !ask.query.get("what") || row.kind === ask.query.get("what")), cursor: null } };
    case "approvals": return { body: { items: approvals } };
    case "groups": return { body: { items: groups } };
    case "integrity": return { body: { state: "ok", checked_at: "2026-11-19T11:20:00Z", records: 184302, problems: [] } };
    case "storage": return { body: { items: [{ name: "journal", bytes: 18_400_000_000 }, { name: "objects", bytes: 41_100_000_000 }, { name: "index", bytes: 2_700_000_000 }, { name: "catalog", bytes: 900_000_000 }], free: 310_000_000_000, total: 500_000_000_000 } };
    case "keys": return { body: { unlock: "key_file", generation: 14, rotated_at: "2026-11-02T08:00:00Z", rotation_due: "2026-12-02T08:00:00Z", sheet_checked_at: "2026-03-02T08:10:00Z", counts: [{ purpose: "epoch", count: 1 }, { purpose: "page", count: 61 }, { purpose: "index_page", count: 12 }, { purpose: "intake", count: 240 }, { purpose: "log", count: 2 }], logs: [{ name: "letopis-3f1c/archive/1", key: "letopis-3f1c/archive/1+5c3b21aa+AVd0cGxlYXNlcmVhZHRoZXNwZWNpZmljYXRpb25zLi4" }] } };
    case "jobs": return { body: { items: [{ id: "im-2", kind: "import", state: "running", started: "2026-11-19T11:30:00Z", finished: null, done: 61_000_000, of: 100_000_000, note: "", may_stop: true }, { id: "jo-1", kind: "verify", state: "done", started: "2026-11-19T11:18:00Z", finished: "2026-11-19T11:20:00Z", done: 18_400_000_000, of: 18_400_000_000, note: "", may_stop: false }, { id: "im-1", kind: "import", state: "stopped", started: "2026-11-18T09:10:00Z", finished: "2026-11-18T09:12:00Z", done: 3_000_000, of: 9_000_000, note: "", may_stop: false }] } };
    default: return undefined;
  }
}

function answer(ask: Ask): Reply {
  if (ask.path === "/health") return { body: { ok: true, state: state.where === "setup" ? "setup" : state.where === "locked" ? "locked" : "open", version: "0.1.0" } };
  const early = setup(ask) ?? signIn(ask);
  if (early) return early;
  if (ask.path.startsWith("/join/")) return ask.method === "GET" ? { body: { login: "i.krylov", name: "Илья Крылов" } } : ask.path.endsWith("/confirm") ? { body: { recovery_codes: ["1111-AAAA-2222"] } } : { body: { totp: { secret: "JBSWY3DPEHPK3PXP", uri: "otpauth://totp/x", qr } } };
  if (state.where !== "in") return problem(401, "unauthenticated", "Нужен вход");
  if (state.fail && ask.path.startsWith(state.fail)) return problem(503, "unavailable", "Занят");
  if (ask.path === "/archive") return { body: archive() };
  if (ask.path === "/search") return { ...search(ask), wait: state.slow };
  if (ask.path === "/suggest") return { body: { items: [{ kind: "field", text: "от:", insert: "от:", label: "отправитель" }, { kind: "field", text: "до:", insert: "до:", label: "раньше даты" }, { kind: "person", text: "Анна Ветрова", insert: "от:anna.vetrova@severny-bereg.example", label: "Северный берег" }, { kind: "past", text: "акт сверки", insert: "акт сверки" }] } };
  if (ask.path.startsWith("/saved-searches")) return { body: { items: [{ id: "1", name: "Обещанные скидки", query: "скидка от:marina", order: "newest" }] } };
  return content(ask) ?? books(ask) ?? people(ask) ?? problem(404, "not_found", "Нет такого адреса");
}

const types: Record<string, string> = { html: "text/html; charset=utf-8", js: "text/javascript", css: "text/css", svg: "image/svg+xml" };
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

async function page(path: string, dist: string, response: ServerResponse): Promise<void> {
  const name = normalize(path).replace(/^(\.\.\/)+/, "");
  const file = /\.\w+$/.test(name) ? name : "index.html";
  try {
    const bytes = await readFile(join(dist, file));
    response.writeHead(200, { "Content-Type": types[file.split(".").pop() ?? ""] ?? "application/octet-stream", "Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff" }).end(bytes);
  } catch {
    response.writeHead(404).end();
  }
}

async function read(request: IncomingMessage): Promise<Record<string, unknown>> {
  let bytes = 0;
  const parts: Buffer[] = [];
  for await (const part of request) {
    bytes += (part as Buffer).length;
    if (bytes < 1_000_000) parts.push(part as Buffer);
  }
  if (request.headers["content-type"] !== "application/json") return { __bytes: bytes };
  return JSON.parse(Buffer.concat(parts).toString() || "{}") as Record<string, unknown>;
}

export function serve(port: number, dist: string): Promise<void> {
  const server = createServer((request, response) => {
    void (async () => {
      const url = new URL(request.url ?? "/", "http://x");
      if (url.pathname.startsWith("/mock/")) {
        const [name = "", value = ""] = decodeURIComponent(url.pathname.slice(6)).split("=");
        if (name === "slow") state.slow = Number(value);
        else if (name === "fail") state.fail = value;
        else if (name === "import") {
          state.full = value !== "done";
          state.began = value === "done" ? 0 : Date.now();
          state.imports = [{ ...begun, id: "i-1", files: [{ name: "zakaz-2019-2026.mbox", size: 5.3e9 }], seen: 0, stored: 0, duplicates: 0, refused: 0, pending: 0, bytes: 0, bytes_all: 5.3e9 }];
        } else {
          state.where = name as typeof state.where;
          state.setup = value || "new";
          state.company = state.setup === "new" ? "" : "ООО «Тёплый контур»";
          state.imports = [];
          state.fail = "";
        }
        response.end("ok");
        return;
      }
      if (!url.pathname.startsWith("/api/v1/")) return page(url.pathname, dist, response);
      if (url.pathname.endsWith("/events")) {
        response.writeHead(200, { "Content-Type": "text/event-stream" }).write(": hello\n\n");
        const beat = setInterval(() => state.imports.forEach((job) => response.write(`event: import\ndata: ${JSON.stringify(importNow(job))}\n\n`)), 500);
        request.on("close", () => clearInterval(beat));
        return;
      }
      const ask: Ask = { method: request.method ?? "GET", path: url.pathname.slice(7), query: url.searchParams, body: await read(request) };
      const reply = ask.method !== "GET" && request.headers["x-letopis"] !== "1" ? problem(403, "forbidden", "X-Letopis") : answer(ask);
      if (reply.wait) await new Promise((done) => setTimeout(done, reply.wait));
      const body = reply.bytes ?? reply.text ?? JSON.stringify(reply.body ?? {});
      response.writeHead(reply.status ?? 200, { "Content-Type": reply.type ?? ((reply.status ?? 200) >= 400 ? "application/problem+json" : "application/json"), "Cache-Control": "no-store" });
      response.end(reply.status === 204 ? undefined : body);
    })();
  });
  return new Promise((done) => server.listen(port, "127.0.0.1", done));
}
