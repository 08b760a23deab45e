// SPDX-License-Identifier: AGPL-3.0-or-later
// Names of roles and rights in the reader's language; what the page does not know is shown as it is.
import { t, table, type Key } from "../../lib/i18n";
import { shortDate } from "../../lib/format";
import { channelName } from "../../ui/mark";
import type { Grant, Scope, SessionRow } from "../../api/types";
import { groupName } from "./state";

const known = (key: string, fallback: string): string => (key in table.value ? t(key as Key) : fallback);
export const roleName = (role: string) => known(`role.${role}`, role);
export const rightName = (right: string) => known(`right.${right}`, right);
export const auditName = (kind: string) => known(`audit.${kind}`, kind);
export const changeName = (change: string) => known(`change.${change}`, change);
export const jobName = (kind: string) => known(`job.${kind}`, kind);
export const purposeName = (purpose: string) => known(`keyring.of.${purpose}`, purpose);
export const storeName = (name: string) => known(`store.${name}`, name);

export function scopeText(scope: Scope | undefined): string {
  if (!scope) return "";
  if (scope.everything) return t("scope.everything");
  const parts = [
    scope.clients?.length ? t("scope.clients", { list: scope.clients.join(", ") }) : "",
    scope.employees?.length ? t("scope.employees", { list: scope.employees.join(", ") }) : "",
    scope.groups?.length ? t("scope.groups", { list: scope.groups.map(groupName).join(", ") }) : "",
    scope.channels?.length ? t("scope.channels", { list: scope.channels.map(channelName).join(", ") }) : "",
    scope.sources?.length ? t("scope.sources", { list: scope.sources.join(", ") }) : "",
    scope.from || scope.until ? t("scope.dates", { from: scope.from ? shortDate(scope.from) : "…", until: scope.until ? shortDate(scope.until) : "…" }) : "",
  ].filter(Boolean);
  return parts.join("; ") || t("scope.own");
}
export function grantText(grant: Grant): string {
  const time = [grant.from ? t("grant.from", { date: shortDate(grant.from) }) : "", grant.until ? t("grant.until", { date: shortDate(grant.until) }) : ""].filter(Boolean).join(" ");
  return [scopeText(grant.scope), time, grant.reason ?? ""].filter(Boolean).join(" · ");
}
// As people call what they work with; what it says of itself stands behind it.
export function deviceName(one: Pick<SessionRow, "browser" | "system">): string {
  if (one.browser && one.system) return t("sessions.device", { browser: one.browser, system: one.system });
  return one.browser || one.system || t("sessions.unknown");
}
