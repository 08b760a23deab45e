// SPDX-License-Identifier: AGPL-3.0-or-later
// People: who is here, what each may do and see, until when.
import { useSignal } from "@preact/signals";
import { api } from "../../api/client";
import type { Asked, Grant, User } from "../../api/types";
import { listTime } from "../../lib/format";
import { t } from "../../lib/i18n";
import { valueOf } from "../../lib/loadable";
import { Button } from "../../ui/button";
import { Field, Select } from "../../ui/field";
import { Dialog, toast } from "../../ui/float";
import { absolute, copy } from "../../ui/copy";
import { Avatar, Mark } from "../../ui/mark";
import { PageHead } from "../../ui/page";
import { Rows } from "../../ui/rows";
import { Empty, Load, Note } from "../../ui/state";
import { may, session } from "../session/state";
import { change } from "./approvals";
import { blank, GrantFields, grantOf, words } from "./grant";
import { grantText, roleName } from "./names";
import { groups, users } from "./state";

const groupName = (id: string) => valueOf(groups.rows.value)?.find((one) => one.id === id)?.name ?? id;

function Invite({ onClose }: { onClose: () => void }) {
  const name = useSignal("");
  const login = useSignal("");
  const email = useSignal("");
  const draft = useSignal(blank());
  const team = useSignal("");
  const link = useSignal("");
  const busy = useSignal(false);
  const submit = (event: Event) => {
    event.preventDefault();
    busy.value = true;
    const body = { login: login.value.trim(), name: name.value.trim(), ...(email.value && { email: email.value.trim() }), ...(team.value ? { groups: [team.value] } : {}), grants: team.value ? [] : [grantOf(draft.value)] };
    void change((more) => api.post<Asked>("/users", { ...body, ...more }), (made) => {
      if (made.invite) link.value = absolute(made.invite);
      users.load();
    }).finally(() => (busy.value = false));
  };
  const teams = valueOf(groups.rows.value) ?? [];
  return (
    <Dialog title={t("people.invite")} onClose={onClose}>
      {link.value ? (
        <div class="form">
          <Note tone="ok">{t("people.invited")}</Note>
          <p class="mono break">{link.value}</p>
          <div class="row dialog-acts"><Button icon="copy" onClick={() => void copy(link.value)}>{t("link.copy")}</Button><Button kind="main" onClick={onClose}>{t("action.close")}</Button></div>
        </div>
      ) : (
        <form class="form" onSubmit={submit}>
          <Field label={t("start.user.name")} value={name.value} onInput={(v) => (name.value = v)} autofocus required />
          <Field label={t("session.login")} hint={t("start.user.login.hint")} value={login.value} onInput={(v) => (login.value = v)} required />
          <Field label={t("people.email")} type="email" value={email.value} onInput={(v) => (email.value = v)} />
          {teams.length > 0 && <Select label={t("people.team")} value={team.value} onPick={(id) => (team.value = id)} options={[{ value: "", text: t("people.team.none") }, ...teams.map((one) => ({ value: one.id, text: one.name }))]} />}
          {!team.value && <GrantFields draft={draft} />}
          <div class="row dialog-acts"><Button onClick={onClose}>{t("action.cancel")}</Button><Button kind="main" type="submit" busy={busy.value}>{t("people.invite.do")}</Button></div>
        </form>
      )}
    </Dialog>
  );
}

// Name, e-mail and own addresses: by these the own clients are found, and who looked at the own messages.
function Edit({ user, onClose, onDone }: { user: User; onClose: () => void; onDone: () => void }) {
  const name = useSignal(user.name);
  const email = useSignal(user.email ?? "");
  const addresses = useSignal(user.addresses?.join(", ") ?? "");
  const submit = (event: Event) => {
    event.preventDefault();
    const body = { name: name.value.trim(), email: email.value.trim(), addresses: words(addresses.value) };
    void change((more) => api.patch<Asked>(`/users/${user.id}`, { ...body, ...more }), () => { toast(t("people.changed")); users.load(); onDone(); });
  };
  return (
    <Dialog title={t("people.edit")} onClose={onClose}>
      <form class="form" onSubmit={submit}>
        <Field label={t("people.name")} value={name.value} onInput={(v) => (name.value = v)} autofocus required />
        <Field label={t("people.email")} type="email" value={email.value} onInput={(v) => (email.value = v)} />
        <Field label={t("people.addresses")} hint={t("people.addresses.hint")} value={addresses.value} onInput={(v) => (addresses.value = v)} />
        <div class="row dialog-acts"><Button onClick={onClose}>{t("action.cancel")}</Button><Button kind="main" type="submit">{t("action.save")}</Button></div>
      </form>
    </Dialog>
  );
}

function Person({ user, onClose }: { user: User; onClose: () => void }) {
  const grants = useSignal(user.grants);
  const adding = useSignal(false);
  const draft = useSignal(blank());
  const asking = useSignal(false);
  const me = session.value?.user.id === user.id;
  const editing = useSignal(false);
  const patch = (body: object, said: string, after?: () => void) => change((more) => api.patch<Asked>(`/users/${user.id}`, { ...body, ...more }), () => { toast(said); users.load(); after?.(); });
  const put = (next: Grant[]) => void patch({ grants: next }, t("people.changed"), () => (grants.value = next));
  const invite = () => void change((more) => api.post<Asked>(`/users/${user.id}/invite`, more), (made) => { if (made.invite) void copy(absolute(made.invite), t("people.invite.copied")); });
  return (
    <Dialog title={user.name} onClose={onClose}>
      <dl class="facts">
        <dt>{t("session.login")}</dt><dd>{user.login}</dd>
        <dt>{t("people.email")}</dt><dd>{user.email || t("no")}</dd>
        <dt>{t("people.addresses")}</dt><dd class="break">{user.addresses?.join(", ") || t("no")}</dd>
        <dt>{t("people.teams")}</dt><dd>{user.groups?.map(groupName).join(", ") || t("no")}</dd>
        <dt>{t("people.seen")}</dt><dd>{user.last_seen ? listTime(user.last_seen) : t("people.never")}</dd>
        <dt>{t("people.second")}</dt><dd>{t(user.second_factor ? "yes" : "no")}{user.passkeys ? `, ${t("people.passkeys", { n: user.passkeys })}` : ""}</dd>
      </dl>
      <section>
        <h3>{t("people.grants")}</h3>
        {grants.value.length === 0 ? <p class="soft">{t("people.grants.none")}</p> : (
          <ul class="list">{grants.value.map((grant, index) => (
            <li class="row top" key={index}><div class="grow"><b class="medium">{roleName(grant.role)}</b><p class="sm soft break">{grantText(grant)}</p></div>
              {may("people_manage") && !me && <Button small kind="quiet" icon="x" label={t("people.grant.remove", { role: roleName(grant.role) })} onClick={() => put(grants.value.filter((_, other) => other !== index))} />}</li>
          ))}</ul>
        )}
        {may("people_manage") && !me && (adding.value ? (
          <form class="form gap-above" onSubmit={(event) => { event.preventDefault(); put([...grants.value, grantOf(draft.value)]); adding.value = false; }}>
            <GrantFields draft={draft} />
            <div class="row dialog-acts"><Button onClick={() => (adding.value = false)}>{t("action.cancel")}</Button><Button kind="main" type="submit">{t("people.grant.add")}</Button></div>
          </form>
        ) : <p class="gap-above"><Button small icon="plus" onClick={() => { draft.value = blank(); adding.value = true; }}>{t("people.grant.add")}</Button></p>)}
      </section>
      {may("people_manage") && !me && (
        <div class="row wrap">
          <Button icon="pencil" onClick={() => (editing.value = true)}>{t("people.edit")}</Button>
          <Button icon="link" onClick={invite}>{t("people.invite.again")}</Button>
          <Button icon="screen" href={`/admin/sessions?user=${user.id}`}>{t("admin.sessions")}</Button>
          <span class="push" />
          {user.active ? <Button kind="danger" icon="ban" onClick={() => (asking.value = true)}>{t("people.off")}</Button> : <Button onClick={() => void patch({ active: true }, t("people.changed"), onClose)}>{t("people.on")}</Button>}
        </div>
      )}
      {editing.value && <Edit user={user} onClose={() => (editing.value = false)} onDone={onClose} />}
      {asking.value && (
        <Dialog title={t("people.off.title", { name: user.name })} onClose={() => (asking.value = false)}>
          <p class="soft">{t("people.off.text")}</p>
          <div class="row dialog-acts"><Button autofocus onClick={() => (asking.value = false)}>{t("people.off.keep")}</Button><Button kind="danger" onClick={() => void patch({ active: false }, t("people.off.done"), onClose)}>{t("people.off")}</Button></div>
        </Dialog>
      )}
    </Dialog>
  );
}

export function PeopleSection() {
  const inviting = useSignal(false);
  const open = useSignal<User | undefined>(undefined);
  return (
    <>
      <PageHead title={t("admin.people")} lede={t("people.lede")}>{may("people_manage") && <Button kind="main" icon="invite" onClick={() => (inviting.value = true)}>{t("people.invite")}</Button>}</PageHead>
      <Load of={users.rows.value} retry={users.load} rows={5}>
        {(items) => items.length === 0 ? <Empty title={t("people.none")} /> : (
          <Rows
            name="people" caption={t("admin.people")} items={items} columns={[{ text: t("people.name") }, { text: t("people.roles") }, { text: t("people.second") }, { text: t("people.seen") }, { text: t("sources.state") }]}
            row={(user, place) => (
                <tr key={user.id} {...place}>
                  <td class="wide"><span class="row"><Avatar name={user.name} /><span class="grow"><button type="button" class="link strong name-button" onClick={() => (open.value = user)}>{user.name}</button><span class="xs faint block">{user.login}</span></span></span></td>
                  <td class="wide">{user.roles.length || user.groups?.length ? [...user.roles.map(roleName), ...(user.groups ?? []).map(groupName)].join(", ") : <span class="faint">{t("no")}</span>}{user.grants.some((grant) => grant.until) && <span class="xs faint block">{user.grants.filter((grant) => grant.until).map(grantText).join("; ")}</span>}</td>
                  <td data-l={t("people.second.short")}>{user.second_factor ? t("yes") : <span class="warn">{t("no")}</span>}</td>
                  <td class="soft num" data-l={t("people.seen.short")}>{user.last_seen ? listTime(user.last_seen) : t("people.never")}</td>
                  <td>{user.active ? (user.second_factor ? <Mark tone="ok" icon="check">{t("people.active")}</Mark> : <Mark tone="info">{t("people.waiting")}</Mark>) : <Mark icon="ban">{t("people.inactive")}</Mark>}</td>
                </tr>
            )}
          />
        )}
      </Load>
      {inviting.value && <Invite onClose={() => (inviting.value = false)} />}
      {open.value && <Person key={open.value.id} user={open.value} onClose={() => (open.value = undefined)} />}
    </>
  );
}
