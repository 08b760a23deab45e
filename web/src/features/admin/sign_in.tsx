// SPDX-License-Identifier: AGPL-3.0-or-later
// How people sign in beside a password of ours: address, provider, directory.
import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api } from "../../api/client";
import { Problem } from "../../api/problem";
import type { Ldap, Oidc, SignInSettings, WantedSignIn } from "../../api/types";
import { t, type Key } from "../../lib/i18n";
import { loader, type Loadable } from "../../lib/loadable";
import { Button } from "../../ui/button";
import { Area, Check, Field } from "../../ui/field";
import { toast } from "../../ui/float";
import { Card, PageHead } from "../../ui/page";
import { explain, Load, Note } from "../../ui/state";

const settings = signal<Loadable<SignInSettings>>({ kind: "idle" });
const run = loader(settings);
const load = () => void run((stop) => api.get<SignInSettings>("/sign-in", {}, stop));
const noOidc: Oidc = { name: "", issuer: "", client_id: "", has_secret: false, acr_values: [], amr_values: [] };
const noLdap: Ldap = { name: "", url: "ldaps://", plain: false, certificates: "", bind_dn: "", has_password: false, base: "", filter: "(uid={login})" };
const words = (text: string) => text.split(/\s+/).filter(Boolean);

interface Draft { address: string; oidc: Oidc & { secret?: string }; ldap: Ldap & { bind_password?: string }; withOidc: boolean; withLdap: boolean }
const draftOf = (from: SignInSettings): Draft => ({ address: from.address, oidc: from.oidc ?? noOidc, ldap: from.ldap ?? noLdap, withOidc: from.oidc !== null, withLdap: from.ldap !== null });

// A secret that was not typed is not sent, and so stays.
function sent({ address, oidc, ldap, withOidc, withLdap }: Draft): WantedSignIn {
  const { has_secret: _, ...provider } = oidc;
  const { has_password: __, ...directory } = ldap;
  if (!provider.secret) delete provider.secret;
  if (!directory.bind_password) delete directory.bind_password;
  return { address: address.trim(), oidc: withOidc ? provider : null, ldap: withLdap ? directory : null };
}

function Said({ what }: { what: string | null | undefined }) {
  if (!what) return null;
  return what === "ok" ? <Note tone="ok">{t("signin.ok")}</Note> : <Note tone="warn">{t("signin.bad", { why: what })}</Note>;
}

function Form({ from }: { from: SignInSettings }) {
  const draft = useSignal(draftOf(from));
  const problem = useSignal<Problem | undefined>(undefined);
  const checked = useSignal<{ oidc: string | null; ldap: string | null } | undefined>(undefined);
  const busy = useSignal(false);
  const { address, oidc, ldap, withOidc, withLdap } = draft.value;
  const set = (change: Partial<Draft>) => (draft.value = { ...draft.value, ...change });
  const field = (label: Key, value: string, put: (value: string) => void, more: object = {}) => <Field label={t(label)} value={value} onInput={put} {...more} />;
  const provider = (change: Partial<Draft["oidc"]>) => set({ oidc: { ...oidc, ...change } });
  const directory = (change: Partial<Draft["ldap"]>) => set({ ldap: { ...ldap, ...change } });
  const act = async (work: () => Promise<void>) => {
    busy.value = true;
    problem.value = undefined;
    checked.value = undefined;
    await work().catch((error: unknown) => (problem.value = Problem.from(error)));
    busy.value = false;
  };
  const save = (event: Event) => {
    event.preventDefault();
    void act(async () => {
      draft.value = draftOf(await api.put<SignInSettings>("/sign-in", sent(draft.value)));
      toast(t("signin.saved"));
    });
  };
  return (
    <form class="form stack sign-in-settings" onSubmit={save}>
      <Card><div class="form">
        {field("signin.address", address, (v) => set({ address: v }), { hint: t("signin.address.hint"), placeholder: "https://archive.firm.example", mono: true })}
        {address !== location.origin && <Button small onClick={() => set({ address: location.origin })}>{t("signin.address.this")}</Button>}
      </div></Card>
      <Card title={t("signin.oidc")}><div class="form">
        <Check label={t("signin.on")} checked={withOidc} onChange={(on) => set({ withOidc: on })} />
        {withOidc && <>
          {field("signin.name", oidc.name, (v) => provider({ name: v }), { hint: t("signin.name.hint"), required: true })}
          {field("signin.issuer", oidc.issuer, (v) => provider({ issuer: v }), { placeholder: "https://login.firm.example/realms/main", mono: true, required: true })}
          {field("signin.client", oidc.client_id, (v) => provider({ client_id: v }), { mono: true, required: true })}
          {field("signin.secret", oidc.secret ?? "", (v) => provider({ secret: v }), { type: "password", hint: oidc.has_secret ? t("signin.kept") : undefined })}
          {field("signin.amr", oidc.amr_values.join(" "), (v) => provider({ amr_values: words(v) }), { mono: true })}
          {field("signin.acr", oidc.acr_values.join(" "), (v) => provider({ acr_values: words(v) }), { mono: true })}
          <p class="sm soft">{t("signin.redirect")}<span class="mono break block">{`${address || location.origin}/api/v1/session/provider/back`}</span></p>
          <Said what={checked.value?.oidc} />
        </>}
      </div></Card>
      <Card title={t("signin.ldap")}><div class="form">
        <Check label={t("signin.on")} checked={withLdap} onChange={(on) => set({ withLdap: on })} />
        {withLdap && <>
          {field("signin.name", ldap.name, (v) => directory({ name: v }), { hint: t("signin.name.hint"), required: true })}
          {field("signin.url", ldap.url, (v) => directory({ url: v }), { hint: t("signin.url.hint"), mono: true, required: true })}
          {field("signin.base", ldap.base, (v) => directory({ base: v }), { placeholder: "ou=people,dc=firm,dc=example", mono: true, required: true })}
          {field("signin.filter", ldap.filter, (v) => directory({ filter: v }), { mono: true, required: true })}
          {field("signin.bind", ldap.bind_dn, (v) => directory({ bind_dn: v }), { mono: true })}
          {field("signin.bind.password", ldap.bind_password ?? "", (v) => directory({ bind_password: v }), { type: "password", hint: ldap.has_password ? t("signin.kept") : undefined })}
          <Area label={t("signin.certificates")} hint={t("signin.certificates.hint")} value={ldap.certificates} onInput={(v) => directory({ certificates: v })} />
          <Said what={checked.value?.ldap} />
        </>}
      </div></Card>
      {problem.value && <Note tone="alert">{explain(problem.value)}</Note>}
      <div class="row wrap">
        <Button kind="main" type="submit" busy={busy.value}>{t("signin.save")}</Button>
        {(withOidc || withLdap) && <Button onClick={() => void act(async () => { checked.value = await api.post("/sign-in/check"); })}>{t("signin.check")}</Button>}
      </div>
    </form>
  );
}

export function SignInSection() {
  useEffect(load, []);
  return (
    <>
      <PageHead title={t("admin.signin")} lede={t("signin.lede")} />
      <Load of={settings.value} retry={load}>{(from) => <Form from={from} />}</Load>
    </>
  );
}
