// SPDX-License-Identifier: AGPL-3.0-or-later
// Administration: one list per section, fetched when the section is opened.
import { computed, effect, signal } from "@preact/signals";
import { api } from "../../api/client";
import type { Approval, AuditPage, Group, Integrity, Items, Job, Keys, Role, SessionRow, Storage, Token, User } from "../../api/types";
import { loader, valueOf, type Loadable } from "../../lib/loadable";
import type { Key } from "../../lib/i18n";
import type { Right } from "../../lib/rights";
import { params, steps } from "../../router";
import { loadArchive, may, where } from "../session/state";

export type SectionId = "people" | "groups" | "roles" | "approvals" | "tokens" | "sessions" | "signin" | "own" | "audit" | "keys" | "integrity" | "storage" | "jobs";
export const sections: { id: SectionId; name: Key; rights: Right[] }[] = [
  { id: "people", name: "admin.people", rights: ["people_view", "people_manage"] },
  { id: "groups", name: "admin.groups", rights: ["people_view", "people_manage"] },
  { id: "roles", name: "admin.roles", rights: ["people_view", "people_manage"] },
  { id: "approvals", name: "admin.approvals", rights: ["approve", "people_manage"] },
  { id: "tokens", name: "admin.tokens", rights: ["people_manage"] },
  { id: "sessions", name: "admin.sessions", rights: ["people_manage"] },
  { id: "signin", name: "admin.signin", rights: ["settings_manage"] },
  { id: "own", name: "admin.own", rights: ["settings_manage"] },
  { id: "audit", name: "admin.audit", rights: ["audit_view"] },
  { id: "keys", name: "admin.keys", rights: ["integrity_view"] },
  { id: "integrity", name: "admin.integrity", rights: ["integrity_view"] },
  { id: "storage", name: "admin.storage", rights: ["integrity_view"] },
  { id: "jobs", name: "admin.jobs", rights: ["integrity_view"] },
];
export const shown = computed(() => sections.filter((one) => may(...one.rights)));
export const section = computed<SectionId | undefined>(() => (shown.value.find((one) => one.id === steps.value[1]) ?? shown.value[0])?.id);

function list<T>(path: () => string): { rows: typeof rows; load: () => void } {
  const rows = signal<Loadable<T[]>>({ kind: "idle" });
  const run = loader(rows);
  return { rows, load: () => void run(async (stop) => (await api.get<Items<T>>(path(), {}, stop)).items) };
}
export const users = list<User>(() => "/users");
export const roles = list<Role>(() => "/roles");
export const approvals = list<Approval>(() => "/approvals");
export const tokens = list<Token>(() => "/tokens");
export const groups = list<Group>(() => "/groups");
export const sessionsUser = computed(() => params.value.get("user") ?? undefined);
export const groupName = (id: string) => valueOf(groups.rows.value)?.find((one) => one.id === id)?.name ?? id;
export const userName = (id: string) => valueOf(users.rows.value)?.find((one) => one.id === id)?.name ?? id;
export const sessionsOf = list<SessionRow>(() => (sessionsUser.peek() ? `/sessions?user=${encodeURIComponent(sessionsUser.peek() ?? "")}` : "/sessions"));
export const jobs = list<Job>(() => "/jobs");

export const integrity = signal<Loadable<Integrity>>({ kind: "idle" });
const runIntegrity = loader(integrity);
export const loadIntegrity = () => void runIntegrity((stop) => api.get<Integrity>("/integrity", {}, stop));
export const keys = signal<Loadable<Keys>>({ kind: "idle" });
const runKeys = loader(keys);
export const loadKeys = () => void runKeys((stop) => api.get<Keys>("/keys", {}, stop));
export const storage = signal<Loadable<Storage>>({ kind: "idle" });
const runStorage = loader(storage);
export const loadStorage = () => void runStorage((stop) => api.get<Storage>("/storage", {}, stop));

export const audit = signal<Loadable<AuditPage>>({ kind: "idle" });
const runAudit = loader(audit);
// A day is one of the reader's calendar; `until` is its end.
function dayStart(day: string | null, after = 0): string | undefined {
  const date = day ? new Date(`${day}T00:00:00`) : undefined;
  if (!date || Number.isNaN(date.getTime())) return undefined;
  date.setDate(date.getDate() + after);
  return date.toISOString();
}
export const auditQuery = computed(() => {
  const get = (name: string) => params.value.get(name);
  return { who: get("who"), what: get("what"), peer: get("peer"), text: get("text"), from: dayStart(get("from")), until: dayStart(get("until"), 1) };
});
export const loadAudit = () => void runAudit((stop) => api.get<AuditPage>("/audit", auditQuery.peek(), stop));
export async function moreAudit(): Promise<void> {
  const now = audit.peek();
  if (now.kind !== "ready" || !now.value.cursor) return;
  const page = await api.get<AuditPage>("/audit", { ...auditQuery.peek(), cursor: now.value.cursor });
  if (audit.peek() === now) audit.value = { kind: "ready", value: { items: [...now.value.items, ...page.items], cursor: page.cursor } };
}

let timer: ReturnType<typeof setTimeout> | undefined;
export async function verify(): Promise<void> {
  await api.post("/integrity/verify");
  const again = (left: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      loadIntegrity();
      jobs.load();
      void loadArchive();
      if (left > 0) again(left - 1);
    }, 2000);
  };
  again(5);
}

effect(() => {
  if (where.value !== "in" || steps.value[0] !== "admin") return;
  switch (section.value) {
    case "people": users.load(); roles.load(); groups.load(); break;
    case "groups": groups.load(); users.load(); roles.load(); break;
    case "roles": roles.load(); break;
    case "approvals": approvals.load(); users.load(); break;
    case "tokens": tokens.load(); roles.load(); break;
    case "sessions": void params.value; sessionsOf.load(); users.load(); break;
    case "audit": void auditQuery.value; loadAudit(); break;
    case "keys": loadKeys(); break;
    case "integrity": loadIntegrity(); jobs.load(); break;
    case "storage": loadStorage(); break;
    case "jobs": jobs.load(); break;
    case "signin": break;
    case "own": break;
    case undefined: break;
  }
});
