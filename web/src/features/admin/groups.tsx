// SPDX-License-Identifier: AGPL-3.0-or-later
// Teams: their name, who is in them, and what all of them may see.
import { useSignal } from "@preact/signals";
import { api } from "../../api/client";
import type { Asked, Grant, Group } from "../../api/types";
import { t } from "../../lib/i18n";
import { valueOf } from "../../lib/loadable";
import { Button } from "../../ui/button";
import { Check, Field } from "../../ui/field";
import { complain, Dialog, toast } from "../../ui/float";
import { PageHead } from "../../ui/page";
import { Rows } from "../../ui/rows";
import { Empty, Load } from "../../ui/state";
import { may } from "../session/state";
import { change } from "./approvals";
import { blank, GrantFields, grantOf } from "./grant";
import { grantText, roleName } from "./names";
import { groups, users } from "./state";

const none: Group = { id: "", name: "", grants: [], members: [] };

function Team({ group, onClose }: { group: Group; onClose: () => void }) {
  const name = useSignal(group.name);
  const members = useSignal(group.members.map((one) => one.id));
  const grants = useSignal<Grant[]>(group.grants);
  const draft = useSignal(blank());
  const adding = useSignal(false);
  const off = !may("people_manage");
  const people = valueOf(users.rows.value)?.filter((one) => one.active) ?? [];
  const done = () => { toast(t("people.changed")); groups.load(); users.load(); onClose(); };
  const submit = (event: Event) => {
    event.preventDefault();
    const body = { name: name.value.trim(), members: members.value, grants: adding.value ? [...grants.value, grantOf(draft.value)] : grants.value };
    void change((more) => (group.id ? api.patch<Asked>(`/groups/${group.id}`, { ...body, ...more }) : api.post<Asked>("/groups", { ...body, ...more })), done);
  };
  const drop = () => void api.delete(`/groups/${group.id}`).then(() => { toast(t("groups.dropped")); groups.load(); users.load(); onClose(); }, complain);
  return (
    <Dialog title={group.name || t("groups.new")} onClose={onClose}>
      <form class="form" onSubmit={submit}>
        <Field label={t("groups.name")} value={name.value} onInput={(v) => (name.value = v)} autofocus={!group.id} required />
        <fieldset class="grant-fields"><legend class="sm medium">{t("groups.members")}</legend>
          {people.length === 0 && <p class="soft">{t("people.none")}</p>}
          {people.map((one) => <Check key={one.id} label={one.name} checked={members.value.includes(one.id)} onChange={(on) => (members.value = on ? [...members.value, one.id] : members.value.filter((id) => id !== one.id))} />)}
        </fieldset>
        <section>
          <h3>{t("groups.grants")}</h3>
          {grants.value.length === 0 ? <p class="soft">{t("people.grants.none")}</p> : (
            <ul class="list">{grants.value.map((grant, index) => (
              <li class="row top" key={index}><div class="grow"><b class="medium">{roleName(grant.role)}</b><p class="sm soft break">{grantText(grant)}</p></div>
                {!off && <Button small kind="quiet" icon="x" label={t("people.grant.remove", { role: roleName(grant.role) })} onClick={() => (grants.value = grants.value.filter((_, other) => other !== index))} />}</li>
            ))}</ul>
          )}
          {!off && (adding.value ? <div class="gap-above"><GrantFields draft={draft} /></div> : <p class="gap-above"><Button small icon="plus" onClick={() => { draft.value = blank(); adding.value = true; }}>{t("people.grant.add")}</Button></p>)}
        </section>
        {!off && <div class="row dialog-acts">{group.id && <Button kind="danger" onClick={drop}>{t("groups.drop")}</Button>}<span class="push" /><Button onClick={onClose}>{t("action.cancel")}</Button><Button kind="main" type="submit">{t("action.save")}</Button></div>}
      </form>
    </Dialog>
  );
}

export function GroupsSection() {
  const open = useSignal<Group | undefined>(undefined);
  return (
    <>
      <PageHead title={t("admin.groups")} lede={t("groups.lede")}>{may("people_manage") && <Button kind="main" icon="plus" onClick={() => (open.value = none)}>{t("groups.new")}</Button>}</PageHead>
      <Load of={groups.rows.value} retry={groups.load} rows={3}>
        {(items) => items.length === 0 ? <Empty title={t("groups.none")}>{t("groups.none.text")}</Empty> : (
          <Rows
            name="groups" caption={t("admin.groups")} items={items} columns={[{ text: t("groups.name") }, { text: t("groups.members") }, { text: t("groups.grants") }]}
            row={(one, place) => (
              <tr key={one.id} {...place}><td><button type="button" class="link strong name-button" onClick={() => (open.value = one)}>{one.name}</button></td><td class="wide">{one.members.map((member) => member.name).join(", ") || <span class="faint">{t("no")}</span>}</td>
                <td class="wide soft">{one.grants.map((grant) => `${roleName(grant.role)}: ${grantText(grant)}`).join("; ") || <span class="faint">{t("no")}</span>}</td></tr>
            )}
          />
        )}
      </Load>
      {open.value && <Team key={open.value.id || "new"} group={open.value} onClose={() => (open.value = undefined)} />}
    </>
  );
}
