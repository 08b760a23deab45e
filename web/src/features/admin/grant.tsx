// SPDX-License-Identifier: AGPL-3.0-or-later
// One role with its scope: by client, employee, channel, source and time, and said in words before it is given.
import type { Signal } from "@preact/signals";
import type { Grant } from "../../api/types";
import { t } from "../../lib/i18n";
import { valueOf } from "../../lib/loadable";
import { Check, Field, Select } from "../../ui/field";
import { channelName } from "../../ui/mark";
import { grantText, roleName } from "./names";
import { groups, roles, users } from "./state";

export interface Draft {
  role: string; everything: boolean; clients: string; employees: string; groups: string[]; channels: string[]; sources: string; from: string; until: string; ends: string; reason: string;
}
export const blank = (): Draft => ({ role: "reader", everything: false, clients: "", employees: "", groups: [], channels: [], sources: "", from: "", until: "", ends: "", reason: "" });
export const words = (text: string) => text.split(/[,\n]/).map((one) => one.trim()).filter(Boolean);
const channels = ["email", "telegram", "whatsapp"];
const withoutContent = new Set(["auditor", "administrator", "owner"]);

const day = (text: string, after = 0): string => {
  const date = new Date(`${text}T00:00:00`);
  date.setDate(date.getDate() + after);
  return date.toISOString();
};

export function grantOf(draft: Draft): Grant {
  const scope = withoutContent.has(draft.role) ? {} : draft.everything ? { everything: true } : {
    clients: words(draft.clients), employees: words(draft.employees), groups: draft.groups, channels: draft.channels, sources: words(draft.sources),
    ...(draft.from && { from: day(draft.from) }), ...(draft.until && { until: day(draft.until, 1) }),
  };
  return { role: draft.role, scope, ...(draft.ends && { until: day(draft.ends, 1), reason: draft.reason.trim() }) };
}

function ScopeFields({ now, set }: { now: Draft; set: (next: Partial<Draft>) => void }) {
  const team = valueOf(users.rows.value)?.filter((one) => one.addresses?.length) ?? [];
  const teams = valueOf(groups.rows.value) ?? [];
  const pick = (id: string) => {
    const found = team.find((one) => one.id === id);
    if (found) set({ employees: [...new Set([...words(now.employees), ...(found.addresses ?? [])])].join(", ") });
  };
  return (
    <>
      <Field label={t("scope.clients.field")} hint={t("scope.clients.hint")} value={now.clients} onInput={(clients) => set({ clients })} />
      <Field label={t("scope.employees.field")} hint={t("scope.employees.hint")} value={now.employees} onInput={(employees) => set({ employees })} />
      {team.length > 0 && <Select label={t("scope.employees.pick")} hidden value="" onPick={pick} options={[{ value: "", text: t("scope.employees.pick") }, ...team.map((one) => ({ value: one.id, text: one.name }))]} />}
      {teams.length > 0 && <fieldset class="plain"><legend class="sm medium">{t("scope.groups.field")}</legend><div class="row wrap">{teams.map((one) => <Check key={one.id} label={one.name} checked={now.groups.includes(one.id)} onChange={(on) => set({ groups: on ? [...now.groups, one.id] : now.groups.filter((other) => other !== one.id) })} />)}</div><p class="sm soft">{t("scope.groups.hint")}</p></fieldset>}
      <fieldset class="plain"><legend class="sm medium">{t("scope.channels.field")}</legend><div class="row wrap">{channels.map((one) => <Check key={one} label={channelName(one)} checked={now.channels.includes(one)} onChange={(on) => set({ channels: on ? [...now.channels, one] : now.channels.filter((other) => other !== one) })} />)}</div></fieldset>
      <Field label={t("scope.sources.field")} hint={t("scope.sources.hint")} value={now.sources} onInput={(sources) => set({ sources })} />
      <div class="filters"><Field label={t("scope.from.field")} type="date" value={now.from} onInput={(from) => set({ from })} /><Field label={t("scope.until.field")} type="date" value={now.until} onInput={(until) => set({ until })} /></div>
    </>
  );
}

export function GrantFields({ draft }: { draft: Signal<Draft> }) {
  const now = draft.value;
  const set = (next: Partial<Draft>) => (draft.value = { ...draft.value, ...next });
  const names = valueOf(roles.rows.value)?.map((one) => one.name) ?? ["reader"];
  const content = !withoutContent.has(now.role);
  return (
    <fieldset class="grant-fields">
      <legend class="sm medium">{t("people.grant")}</legend>
      <Select label={t("people.role")} value={now.role} onPick={(role) => set({ role })} options={names.map((name) => ({ value: name, text: roleName(name) }))} />
      {content && <Check label={t("scope.everything.check")} checked={now.everything} onChange={(everything) => set({ everything })} />}
      {content && !now.everything && <ScopeFields now={now} set={set} />}
      <Field label={t("people.until")} type="date" hint={t("people.until.hint")} value={now.ends} onInput={(ends) => set({ ends })} />
      {now.ends && <Field label={t("people.reason")} value={now.reason} onInput={(reason) => set({ reason })} required />}
      <p class="sm soft break" role="status">{t("grant.said", { role: roleName(now.role), text: grantText(grantOf(now)) })}</p>
    </fieldset>
  );
}
