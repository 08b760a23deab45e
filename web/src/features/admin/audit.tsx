// SPDX-License-Identifier: AGPL-3.0-or-later
// Who did what and when. What was read is named; its content is not here.
import { address } from "../../api/client";
import type { AuditRow } from "../../api/types";
import { num } from "../../lib/format";
import { t } from "../../lib/i18n";
import { go, withParams } from "../../router";
import { Button } from "../../ui/button";
import { Field, Select } from "../../ui/field";
import { complain } from "../../ui/float";
import { Mark, Time, type Tone } from "../../ui/mark";
import { PageHead } from "../../ui/page";
import { Empty, Load } from "../../ui/state";
import { may } from "../session/state";
import { auditName } from "./names";
import { audit, auditQuery, loadAudit, moreAudit } from "./state";

const kinds = ["search", "open", "download", "export", "login", "login_failed", "denied", "change"];
const tones: Record<string, Tone> = { denied: "alert", login_failed: "warn", export: "warn", change: "info" };

export function AuditTable({ items }: { items: AuditRow[] }) {
  return (
    <div class="table-wrap"><table class="table cards-s"><caption class="vh">{t("admin.audit")}</caption>
      <thead><tr><th scope="col">{t("audit.at")}</th><th scope="col">{t("audit.who")}</th><th scope="col">{t("audit.kind")}</th><th scope="col">{t("audit.what")}</th><th scope="col">{t("sessions.peer")}</th><th scope="col" class="n">{t("audit.record")}</th></tr></thead>
      <tbody>{items.map((row) => (
        <tr key={row.record}><td class="num soft"><Time at={row.at} /></td><td class="strong">{row.who.name}</td><td><Mark tone={tones[row.kind] ?? "plain"}>{auditName(row.kind)}</Mark></td>
          <td class="wide break">{row.conversation && may("read") ? <a href={`/conversation/${encodeURIComponent(row.conversation)}`}>{row.what || t("conversation.untitled")}</a> : row.what}</td><td class="mono soft">{row.peer}</td><td class="n num faint" data-l={t("audit.record.short")}>{num(row.record)}</td></tr>
      ))}</tbody></table></div>
  );
}

export function AuditSection() {
  const now = auditQuery.value;
  const set = (changes: Record<string, string | undefined>) => go(withParams(changes), { replace: true, quiet: true });
  return (
    <>
      <PageHead title={t("admin.audit")} lede={t("audit.lede")}><Button icon="download" href={address("/audit", { ...now, format: "csv" })} download="letopis-audit.csv">CSV</Button></PageHead>
      <div class="filters">
        <Field label={t("audit.who")} value={now.who ?? ""} onInput={(who) => set({ who })} placeholder={t("audit.who.hint")} />
        <Select label={t("audit.kind")} value={now.what ?? ""} onPick={(what) => set({ what })} options={[{ value: "", text: t("audit.any") }, ...kinds.map((kind) => ({ value: kind, text: auditName(kind) }))]} />
        <Field label={t("audit.from")} type="date" value={now.from ?? ""} onInput={(from) => set({ from })} />
        <Field label={t("audit.until")} type="date" value={now.until ?? ""} onInput={(until) => set({ until })} />
      </div>
      <Load of={audit.value} retry={loadAudit} rows={6}>
        {(page) => page.items.length === 0 ? <Empty title={t("audit.none")} /> : <><AuditTable items={page.items} />{page.cursor && <p class="gap-above"><Button onClick={() => void moreAudit().catch(complain)}>{t("conversation.earlier")}</Button></p>}</>}
      </Load>
    </>
  );
}
