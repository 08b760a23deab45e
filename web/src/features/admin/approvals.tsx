// SPDX-License-Identifier: AGPL-3.0-or-later
// What takes two people: asked for by one, agreed to by another, done by the first.
import { signal, useSignal, type Signal } from "@preact/signals";
import { api } from "../../api/client";
import { Problem } from "../../api/problem";
import type { Approval, Asked, WantedChange } from "../../api/types";
import { listTime } from "../../lib/format";
import { t, type Key } from "../../lib/i18n";
import { Button } from "../../ui/button";
import { absolute, copy } from "../../ui/copy";
import { Field } from "../../ui/field";
import { complain, Dialog, toast } from "../../ui/float";
import { Mark, type Tone } from "../../ui/mark";
import { Card, PageHead } from "../../ui/page";
import { Empty, Load, Note } from "../../ui/state";
import { changeName, grantText, roleName } from "./names";
import { approvals, groups, users } from "./state";

export function changeText(change: WantedChange | null): string {
  if (!change) return t("approvals.unknown");
  const who = change.user?.name ?? change.new_user?.name ?? change.group?.name ?? "";
  const grants = change.grants ?? change.new_user?.grants ?? change.group?.grants ?? [];
  const rights = grants.map((grant) => `${roleName(grant.role)} (${grantText(grant)})`).join("; ");
  return [`${changeName(change.change)}: ${who}`, rights, change.described?.addresses.join(", ")].filter(Boolean).join(" · ");
}

const tones: Record<string, Tone> = { waiting: "info", approved: "ok", refused: "alert", expired: "warn" };

function One({ one, invite }: { one: Approval; invite: Signal<string> }) {
  const decide = (yes: boolean) => void api.post(`/approvals/${one.id}`, { yes }).then(() => { toast(t(yes ? "approvals.yes.done" : "approvals.no.done")); approvals.load(); }, complain);
  const back = () => void api.delete(`/approvals/${one.id}`).then(() => { toast(t("approvals.back.done")); approvals.load(); }, complain);
  const carry = () => void api.post<Asked>(`/approvals/${one.id}/do`).then((made) => {
    if (made.invite) invite.value = absolute(made.invite);
    toast(t("approvals.do.done"));
    approvals.load();
    users.load();
    groups.load();
  }, complain);
  const open = one.state === "waiting" || one.state === "approved";
  return (
    <Card>
      <div class="row wrap approval">
        <div class="grow">
          <b class="strong break">{changeText(one.change)}</b>
          <p class="sm soft">{t("approvals.by", { who: one.by.name, time: listTime(one.at) })}{open && `, ${t("approvals.until", { time: listTime(one.until) })}`}</p>
          {one.reason && <p class="sm soft break">{t("approvals.reason", { text: one.reason })}</p>}
          {one.alone && open && !one.may_do && <p class="sm warn">{t("approvals.alone", { time: listTime(one.from) })}</p>}
        </div>
        {!(one.may_decide || one.may_do) && <Mark tone={tones[one.state] ?? "plain"}>{t(`approvals.state.${one.state}` as Key)}</Mark>}
        {one.may_decide && <><Button onClick={() => decide(false)}>{t("approvals.no")}</Button><Button kind="main" onClick={() => decide(true)}>{t("approvals.yes")}</Button></>}
        {one.own && open && <Button onClick={back}>{t("approvals.back")}</Button>}
        {one.may_do && <Button kind="main" onClick={carry}>{t("approvals.do")}</Button>}
      </div>
    </Card>
  );
}

export function ApprovalsSection() {
  const invite = useSignal("");
  return (
    <>
      <PageHead title={t("admin.approvals")} lede={t("approvals.lede")} />
      {invite.value && <Note tone="ok">{t("people.invited")}<p class="mono break">{invite.value}</p><Button small icon="copy" onClick={() => void copy(invite.value)}>{t("link.copy")}</Button></Note>}
      <Load of={approvals.rows.value} retry={approvals.load} rows={2}>
        {(items) => items.length === 0 ? <Empty title={t("approvals.none")}>{t("approvals.none.text")}</Empty> : <div class="stack">{items.map((one) => <One one={one} invite={invite} key={one.id} />)}</div>}
      </Load>
    </>
  );
}

// What is asked for when one person may not do it alone: a reason, and, where nobody else could agree, the recovery sheet.
interface Wish { alone: boolean; send: (more: object) => Promise<unknown> }
export const wish = signal<Wish | undefined>(undefined);

// Sends a change; where it needs a yes, the dialog asks for a reason and sends the same change as a request.
export async function change<T extends Asked>(send: (more: object) => Promise<T>, done: (made: T) => void): Promise<void> {
  try {
    done(await send({}));
  } catch (error) {
    const { code } = Problem.from(error);
    if (code === "approval_required" || code === "sheet_required") wish.value = { alone: code === "sheet_required", send };
    else complain(error);
  }
}

export function AskDialog() {
  const now = wish.value;
  return now ? <Ask alone={now.alone} send={now.send} onClose={() => (wish.value = undefined)} /> : null;
}

function Ask({ alone, send, onClose }: Wish & { onClose: () => void }) {
  const reason = useSignal("");
  const sheet = useSignal("");
  const busy = useSignal(false);
  const submit = (event: Event) => {
    event.preventDefault();
    busy.value = true;
    void send({ reason: reason.value.trim(), ...(alone && { sheet: sheet.value }) })
      .then(() => { toast(t("approvals.asked")); onClose(); }, complain)
      .finally(() => (busy.value = false));
  };
  return (
    <Dialog title={t("approvals.ask")} onClose={onClose}>
      <form class="form" onSubmit={submit}>
        <Note tone="info">{t(alone ? "approvals.ask.alone" : "approvals.ask.text")}</Note>
        <Field label={t("approvals.ask.reason")} value={reason.value} onInput={(v) => (reason.value = v)} autofocus required />
        {alone && <Field label={t("approvals.ask.sheet")} hint={t("approvals.ask.sheet.hint")} value={sheet.value} onInput={(v) => (sheet.value = v)} mono required />}
        <div class="row dialog-acts"><Button onClick={onClose}>{t("action.cancel")}</Button><Button kind="main" type="submit" busy={busy.value}>{t("approvals.ask.do")}</Button></div>
      </form>
    </Dialog>
  );
}
