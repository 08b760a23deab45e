// SPDX-License-Identifier: AGPL-3.0-or-later
// One's own ways in: password, passkeys, the phone, codes on paper.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Account } from "../../api/types";
import { shortDate } from "../../lib/format";
import { t } from "../../lib/i18n";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { Dialog, toast } from "../../ui/float";
import { Card } from "../../ui/page";
import { explain, Load, Note } from "../../ui/state";
import { passkeysHere } from "../session/passkey";
import { Codes, Phone } from "../session/phone";
import { account, addPasskey, busy, changePassword, close, dropPasskey, newCodes, newPhone, noPhone, opened, phoneShown, problem, reloadAccount } from "./state";
import "./settings.css";

const said = () => problem.value && <Note tone="alert">{explain(problem.value)}</Note>;
const done = (text: string) => (yes: boolean) => {
  if (!yes) return;
  close();
  toast(text);
};

function PasswordDialog() {
  const old = useSignal("");
  const fresh = useSignal("");
  const again = useSignal("");
  const differs = again.value !== "" && again.value !== fresh.value;
  const short = fresh.value !== "" && [...fresh.value].length < 12;
  const submit = (event: Event) => {
    event.preventDefault();
    if (!short && fresh.value === again.value) void changePassword(old.value, fresh.value).then(done(t("account.password.changed")));
  };
  return (
    <Dialog title={t("account.password.change")} onClose={close}>
      <form class="form" onSubmit={submit}>
        <Field label={t("account.password.old")} type="password" autocomplete="current-password" value={old.value} onInput={(v) => (old.value = v)} autofocus required />
        <Field label={t("account.password.new")} type="password" autocomplete="new-password" value={fresh.value} onInput={(v) => (fresh.value = v)} hint={t("start.password.hint")} error={short ? t("start.password.short") : undefined} required />
        <Field label={t("start.password.again")} type="password" autocomplete="new-password" value={again.value} onInput={(v) => (again.value = v)} error={differs ? t("start.password.differs") : undefined} required />
        {said()}
        <div class="row dialog-acts"><Button onClick={close}>{t("action.cancel")}</Button><Button kind="main" type="submit" busy={busy.value}>{t("account.password.change")}</Button></div>
      </form>
    </Dialog>
  );
}

function PasskeyDialog() {
  const name = useSignal("");
  return (
    <Dialog title={t("account.passkeys.add")} onClose={close}>
      <form class="form" onSubmit={(event) => { event.preventDefault(); void addPasskey(name.value.trim()).then(done(t("account.passkeys.made"))); }}>
        <Field label={t("account.passkeys.name")} hint={t("account.passkeys.name.hint")} value={name.value} onInput={(v) => (name.value = v)} autofocus required />
        {said()}
        <div class="row dialog-acts"><Button onClick={close}>{t("action.cancel")}</Button><Button kind="main" type="submit" busy={busy.value}>{t("account.passkeys.add")}</Button></div>
      </form>
    </Dialog>
  );
}

function Dialogs() {
  const now = opened.value;
  if (!now) return null;
  if (now.kind === "password") return <PasswordDialog />;
  if (now.kind === "passkey") return <PasskeyDialog />;
  if (now.kind === "codes") return <Dialog title={t("start.codes.title")} onClose={close} wide><Codes list={now.list} next={close} inside /></Dialog>;
  const wrong = problem.value && (problem.value.code === "invalid" ? t("session.code.wrong") : explain(problem.value));
  return <Dialog title={t("account.totp")} onClose={close} wide><Phone totp={now.totp} send={(code) => void phoneShown(code)} busy={busy.value} wrong={wrong} /></Dialog>;
}

function Ways({ of }: { of: Account }) {
  const canAdd = of.passkeys_possible && passkeysHere();
  return (
    <ul class="ways-in">
      <li>
        <div class="grow"><b class="strong">{t("account.password")}</b><p class="sm soft">{of.password ? t("account.password.lede") : t("account.password.elsewhere", { where: of.external.join(", ") })}</p></div>
        {of.password && <Button onClick={() => (opened.value = { kind: "password" })}>{t("account.password.change")}</Button>}
      </li>
      <li>
        <div class="grow">
          <b class="strong">{t("account.passkeys")}</b><p class="sm soft">{t(of.passkeys_possible ? "account.passkeys.lede" : "account.passkeys.unset")}</p>
          {of.passkeys.length > 0 && (
            <ul class="passkeys">{of.passkeys.map((one) => (
              <li key={one.id} class="row wrap"><span class="grow">{one.name}<span class="xs faint block">{t("account.passkeys.added", { time: shortDate(one.added) })}</span></span><Button small kind="danger" label={`${t("account.passkeys.drop")}: ${one.name}`} onClick={() => void dropPasskey(one.id).then(done(t("account.passkeys.dropped")))}>{t("account.passkeys.drop")}</Button></li>
            ))}</ul>
          )}
        </div>
        {canAdd && <Button icon="key" onClick={() => (opened.value = { kind: "passkey" })}>{t("account.passkeys.add")}</Button>}
      </li>
      <li>
        <div class="grow"><b class="strong">{t("account.totp")}</b><p class="sm soft">{t(of.totp ? "account.totp.on" : "account.totp.off")}</p></div>
        <span class="row wrap">
          {of.totp && of.passkeys.length > 0 && <Button kind="danger" onClick={() => void noPhone().then(done(t("account.totp.dropped")))}>{t("account.totp.drop")}</Button>}
          <Button onClick={() => void newPhone()}>{t(of.totp ? "account.totp.change" : "account.totp.add")}</Button>
        </span>
      </li>
      <li>
        <div class="grow"><b class="strong">{t("account.codes")}</b><p class="sm soft">{t("account.codes.left", { n: of.recovery_codes })}</p></div>
        <Button onClick={() => void newCodes()}>{t("account.codes.new")}</Button>
      </li>
    </ul>
  );
}

export function AccountCard() {
  useEffect(reloadAccount, []);
  return (
    <Card title={t("account.title")}>
      <Load of={account.value} retry={reloadAccount} rows={4}>{(of) => <Ways of={of} />}</Load>
      {!opened.value && said()}
      <Dialogs />
    </Card>
  );
}
