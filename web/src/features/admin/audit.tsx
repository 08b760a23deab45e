// SPDX-License-Identifier: AGPL-3.0-or-later
// Who did what and when. What was read is named; its content is not here.
import { useSignal } from "@preact/signals";
import { address, api } from "../../api/client";
import type { AuditPage, AuditRow } from "../../api/types";
import { num } from "../../lib/format";
import { t } from "../../lib/i18n";
import { loader, type Loadable } from "../../lib/loadable";
import { go, params, withParams } from "../../router";
import { Button } from "../../ui/button";
import { Field, Select } from "../../ui/field";
import { complain, Dialog } from "../../ui/float";
import { Mark, Time, type Tone } from "../../ui/mark";
import { PageHead } from "../../ui/page";
import { Rows } from "../../ui/rows";
import { Empty, Load } from "../../ui/state";
import { may } from "../session/state";
import { rowText } from "./audit_words";
import { auditName } from "./names";
import { audit, auditQuery, loadAudit, moreAudit } from "./state";

const kinds = ["search", "open", "exported", "login", "denied", "change", "keys", "unlocked", "log_rebuilt"];
const tones: Record<string, Tone> = { denied: "alert", exported: "warn", change: "info" };

function What({ row }: { row: AuditRow }) {
  const text = rowText(row);
  const link = row.message !== undefined && may("read") ? <a class="roomy" href={`/message/m-${row.message}`}>{t("audit.message", { n: row.message })}</a> : undefined;
  const conversation = /^c\d+$/.test(row.what) && may("read");
  return (
    <>
      {conversation ? <a class="roomy" href={`/conversation/${row.what}`}>{t("audit.conversation", { id: row.what })}</a> : row.what === String(row.message) ? undefined : text}
      {link && <span class="block">{link}</span>}
      {!link && (row.messages ?? 0) > 1 && <span class="xs faint block">{t("audit.messages", { n: row.messages ?? 0 })}</span>}
      {row.token && <span class="xs faint block">{t("audit.token", { id: row.token })}</span>}
    </>
  );
}

export function AuditTable({ items }: { items: AuditRow[] }) {
  const columns = [{ text: t("audit.at") }, { text: t("audit.who") }, { text: t("audit.kind") }, { text: t("audit.what") }, { text: t("sessions.peer") }, { text: t("audit.record"), number: true }];
  return (
    <Rows
      name="audit" caption={t("admin.audit")} items={items} columns={columns}
      row={(row, place) => (
        <tr key={row.record} {...place}><td class="num soft"><Time at={row.at} /></td><td class="strong">{row.who.name}</td><td><Mark tone={tones[row.kind] ?? "plain"}>{auditName(row.kind)}</Mark></td>
          <td class="wide break"><What row={row} /></td><td class="mono soft">{row.peer}</td><td class="n num faint" data-l={t("audit.record.short")}>{num(row.record)}</td></tr>
      )}
    />
  );
}

// Who saw a message, a conversation, a client: `path` says of what.
export function SeenBy({ path, onClose }: { path: string; onClose: () => void }) {
  const page = useSignal<Loadable<AuditPage>>({ kind: "idle" });
  const load = () => void loader(page)((stop) => api.get<AuditPage>(path, { limit: 100 }, stop));
  const more = (now: AuditPage) => void api.get<AuditPage>(path, { limit: 100, cursor: now.cursor }).then((next) => (page.value = { kind: "ready", value: { items: [...now.items, ...next.items], cursor: next.cursor } }), complain);
  if (page.value.kind === "idle") load();
  return (
    <Dialog title={t("access.title")} onClose={onClose} wide>
      <Load of={page.value} retry={load} rows={2}>
        {(now) => <>{now.items.length === 0 ? <Empty title={t("access.none")} /> : <AuditTable items={now.items} />}{now.cursor && <p class="gap-above"><Button onClick={() => more(now)}>{t("conversation.earlier")}</Button></p>}</>}
      </Load>
    </Dialog>
  );
}

export function AuditSection() {
  const get = (name: string) => params.value.get(name) ?? "";
  const set = (changes: Record<string, string | undefined>) => go(withParams(changes), { replace: true, quiet: true });
  return (
    <>
      <PageHead title={t("admin.audit")} lede={t("audit.lede")}>{may("take_out") && <Button icon="download" href={address("/audit", { ...auditQuery.value, format: "csv" })} download="letopis-audit.csv">CSV</Button>}</PageHead>
      <div class="filters">
        <Field label={t("audit.who")} value={get("who")} onInput={(who) => set({ who })} placeholder={t("audit.who.hint")} />
        <Select label={t("audit.kind")} value={get("what")} onPick={(kind) => set({ what: kind })} options={[{ value: "", text: t("audit.any") }, ...kinds.map((kind) => ({ value: kind, text: auditName(kind) }))]} />
        <Field label={t("audit.text")} value={get("text")} onInput={(text) => set({ text })} />
        <Field label={t("sessions.peer")} value={get("peer")} onInput={(peer) => set({ peer })} placeholder="10.0." />
        <Field label={t("audit.from")} type="date" value={get("from")} onInput={(from) => set({ from })} />
        <Field label={t("audit.until")} type="date" value={get("until")} onInput={(until) => set({ until })} />
      </div>
      <Load of={audit.value} retry={loadAudit} rows={6}>
        {(page) => <>{page.items.length === 0 ? <Empty title={t("audit.none")} /> : <AuditTable items={page.items} />}{page.cursor && <p class="gap-above"><Button onClick={() => void moreAudit().catch(complain)}>{t("conversation.earlier")}</Button></p>}</>}
      </Load>
    </>
  );
}
