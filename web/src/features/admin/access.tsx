// SPDX-License-Identifier: AGPL-3.0-or-later
// Roles, tokens of programs, sessions.
import { useSignal } from "@preact/signals";
import { api } from "../../api/client";
import type { SessionRow } from "../../api/types";
import { listTime, shortDate } from "../../lib/format";
import { t } from "../../lib/i18n";
import { valueOf } from "../../lib/loadable";
import { Button } from "../../ui/button";
import { copy } from "../../ui/copy";
import { Check, Field } from "../../ui/field";
import { complain, Dialog, toast } from "../../ui/float";
import { Icon } from "../../ui/icon";
import { Mark } from "../../ui/mark";
import { PageHead } from "../../ui/page";
import { Rows } from "../../ui/rows";
import { Empty, Load, Note } from "../../ui/state";
import { rights as mine } from "../session/state";
import { deviceName, rightName, roleName } from "./names";
import { roles, sessionsOf, sessionsUser, tokens, userName } from "./state";

export function RolesSection() {
  return (
    <>
      <PageHead title={t("admin.roles")} lede={t("roles.lede")} />
      <Load of={roles.rows.value} retry={roles.load}>
        {(items) => {
          const all = [...new Set(items.flatMap((role) => role.rights))];
          return (
            <div class="table-wrap" tabIndex={0} role="region" aria-label={t("admin.roles")}>
              <table class="table matrix">
                <caption class="vh">{t("admin.roles")}</caption>
                <thead><tr><th scope="col">{t("roles.right")}</th>{items.map((role) => <th scope="col" key={role.name}>{roleName(role.name)}</th>)}</tr></thead>
                <tbody>{all.map((right) => (
                  <tr key={right}><th scope="row">{rightName(right)}</th>{items.map((role) => <td key={role.name}>{role.rights.includes(right) ? <span class="ok"><Icon name="check" /><span class="vh">{t("yes")}</span></span> : <span class="faint">—<span class="vh">{t("no")}</span></span>}</td>)}</tr>
                ))}</tbody>
              </table>
            </div>
          );
        }}
      </Load>
    </>
  );
}

function NewToken({ onClose }: { onClose: () => void }) {
  const name = useSignal("");
  const until = useSignal("");
  const chosen = useSignal<string[]>(["search"]);
  const secret = useSignal("");
  const all = [...new Set([...mine.value, ...(valueOf(roles.rows.value)?.flatMap((role) => role.rights) ?? [])])].filter((right) => mine.value.includes(right));
  const submit = (event: Event) => {
    event.preventDefault();
    void api.post<{ secret: string }>("/tokens", { name: name.value.trim(), rights: chosen.value, ...(until.value && { until: new Date(`${until.value}T23:59:59`).toISOString() }) }).then((made) => { secret.value = made.secret; tokens.load(); }, complain);
  };
  return (
    <Dialog title={t("tokens.new")} onClose={onClose}>
      {secret.value ? (
        <div class="form"><Note tone="warn">{t("tokens.once")}</Note><p class="mono break">{secret.value}</p><div class="row dialog-acts"><Button icon="copy" onClick={() => void copy(secret.value, t("tokens.copied"))}>{t("tokens.copy")}</Button><Button kind="main" onClick={onClose}>{t("action.close")}</Button></div></div>
      ) : (
        <form class="form" onSubmit={submit}>
          <Field label={t("tokens.name")} hint={t("tokens.name.hint")} value={name.value} onInput={(v) => (name.value = v)} autofocus required />
          <fieldset class="grant-fields"><legend class="sm medium">{t("tokens.rights")}</legend>{all.map((right) => <Check key={right} label={rightName(right)} checked={chosen.value.includes(right)} onChange={(on) => (chosen.value = on ? [...chosen.value, right] : chosen.value.filter((one) => one !== right))} />)}</fieldset>
          <Field label={t("tokens.until")} type="date" value={until.value} onInput={(v) => (until.value = v)} />
          <div class="row dialog-acts"><Button onClick={onClose}>{t("action.cancel")}</Button><Button kind="main" type="submit">{t("tokens.make")}</Button></div>
        </form>
      )}
    </Dialog>
  );
}

export function TokensSection() {
  const making = useSignal(false);
  const drop = (id: string) => void api.delete(`/tokens/${id}`).then(() => { toast(t("tokens.dropped")); tokens.load(); }, complain);
  return (
    <>
      <PageHead title={t("admin.tokens")} lede={t("tokens.lede")}><Button kind="main" icon="key" onClick={() => (making.value = true)}>{t("tokens.new")}</Button></PageHead>
      <Load of={tokens.rows.value} retry={tokens.load} rows={2}>
        {(items) => items.length === 0 ? <Empty title={t("tokens.none")}>{t("tokens.none.text")}</Empty> : (
          <Rows
            name="tokens" caption={t("admin.tokens")} items={items} columns={[{ text: t("tokens.name") }, { text: t("tokens.rights") }, { text: t("tokens.until") }, { text: t("tokens.used") }, { text: t("tokens.acts"), hidden: true }]}
            row={(one, place) => <tr key={one.id} {...place}><td class="strong">{one.name}</td><td class="wide">{one.rights.map(rightName).join(", ")}</td><td class="num" data-l={t("tokens.until")}>{one.until ? shortDate(one.until) : t("tokens.forever")}</td><td class="num soft" data-l={t("tokens.used")}>{one.last_used ? listTime(one.last_used) : t("people.never")}</td><td><Button small kind="danger" onClick={() => drop(one.id)}>{t("tokens.drop")}</Button></td></tr>}
          />
        )}
      </Load>
      {making.value && <NewToken onClose={() => (making.value = false)} />}
    </>
  );
}

export function SessionTable({ items, reload, user }: { items: SessionRow[]; reload: () => void; user?: string | undefined }) {
  const end = (id: string) => void api.delete(`/sessions/${id}${user ? `?user=${encodeURIComponent(user)}` : ""}`).then(() => { toast(t("sessions.ended")); reload(); }, complain);
  return (
    <Rows
      name="sessions" caption={t("admin.sessions")} items={items} columns={[{ text: t("sessions.agent") }, { text: t("sessions.peer") }, { text: t("sessions.began") }, { text: t("sessions.seen") }, { text: t("tokens.acts"), hidden: true }]}
      row={(one, place) => (
        <tr key={one.id} {...place}><td class="wide" title={one.agent}>{deviceName(one)}</td><td class="mono soft">{one.peer}</td><td class="num soft" data-l={t("sessions.began.short")}>{listTime(one.created)}</td><td class="num soft" data-l={t("sessions.seen.short")}>{listTime(one.seen)}</td>
          <td>{one.current ? <Mark tone="ok" icon="check">{t("sessions.this")}</Mark> : <Button small kind="danger" onClick={() => end(one.id)}>{t("sessions.end")}</Button>}</td></tr>
      )}
    />
  );
}

export function SessionsSection() {
  const user = sessionsUser.value;
  return (
    <>
      <PageHead title={t("admin.sessions")} lede={user ? t("sessions.of", { name: userName(user) }) : t("sessions.lede")}>{user && <Button href="/admin/sessions">{t("sessions.own")}</Button>}</PageHead>
      <Load of={sessionsOf.rows.value} retry={sessionsOf.load} rows={2}>{(items) => items.length === 0 ? <Empty title={t("sessions.none")} /> : <SessionTable items={items} reload={sessionsOf.load} user={user} />}</Load>
    </>
  );
}
