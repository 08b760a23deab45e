// SPDX-License-Identifier: AGPL-3.0-or-later
// Steps 1 to 4: name, key, recovery sheet, first user.
import { useSignal } from "@preact/signals";
import { t } from "../../lib/i18n";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { Title } from "../../ui/page";
import { explain, Note } from "../../ui/state";
import { Codes, Phone } from "../session/phone";
import { busy, checkSheet, codes, codesKept, company, confirm, keyKind, login, makeArchive, makeUser, named, openDemo, problem, setup, sheet, totp } from "./state";

const said = () => (problem.value ? <Note tone="alert">{explain(problem.value)}</Note> : null);

export function NameStep() {
  return (
    <form class="form" onSubmit={(event) => { event.preventDefault(); if (company.value.trim()) named(); }}>
      <Title text={t("start.name.title")} />
      <p class="soft measure">{t("start.name.text")}</p>
      <Field label={t("start.company")} value={company.value} onInput={(v) => (company.value = v)} placeholder={t("start.company.example")} autocomplete="organization" autofocus required hint={t("start.company.hint")} />
      {said()}
      <div class="row wrap wizard-acts">
        <Button kind="main" type="submit" class="push">{t("start.name.next")}</Button>
      </div>
      <section class="card demo"><div class="body row wrap"><div class="grow"><b class="strong">{t("start.demo.title")}</b><p class="sm soft">{t("start.demo.text")}</p></div><Button busy={busy.value} onClick={() => void openDemo()}>{t("start.demo.open")}</Button></div></section>
    </form>
  );
}

export function KeyStep() {
  const phrase = useSignal("");
  const again = useSignal("");
  const tried = useSignal(false);
  const byPhrase = keyKind.value === "passphrase";
  const short = byPhrase && [...phrase.value].length < 12;
  const differs = byPhrase && phrase.value !== again.value;
  const submit = (event: Event) => {
    event.preventDefault();
    tried.value = true;
    if (!short && !differs) void makeArchive(byPhrase ? phrase.value : "");
  };
  const choice = (kind: "passphrase" | "file") => (
    <label class={`choice ${keyKind.value === kind ? "on" : ""}`}>
      <input type="radio" name="key" checked={keyKind.value === kind} onChange={() => (keyKind.value = kind)} />
      <span><b class="medium">{t(`start.key.${kind}`)}</b><span class="sm soft">{t(`start.key.${kind}.text`)}</span></span>
    </label>
  );
  return (
    <form class="form" onSubmit={submit}>
      <Title text={t("start.key.title")} />
      <p class="soft measure">{t("start.key.text")}</p>
      <fieldset class="choices"><legend class="vh">{t("start.key.title")}</legend>{choice("passphrase")}{choice("file")}</fieldset>
      {byPhrase && (
        <>
          <Field label={t("start.phrase")} type="password" autocomplete="new-password" value={phrase.value} onInput={(v) => (phrase.value = v)} hint={t("start.phrase.hint")} error={tried.value && short ? t("start.phrase.short") : undefined} />
          <Field label={t("start.phrase.again")} type="password" autocomplete="new-password" value={again.value} onInput={(v) => (again.value = v)} error={tried.value && differs ? t("start.phrase.differs") : undefined} />
        </>
      )}
      {!byPhrase && <Note>{t("start.key.file.note")}</Note>}
      {said()}
      <div class="row wrap wizard-acts"><Button kind="quiet" href="/start/1">{t("action.back")}</Button><Button kind="main" type="submit" class="push" busy={busy.value}>{t("start.key.next")}</Button></div>
    </form>
  );
}

export function SheetStep() {
  const code = useSignal("");
  const now = sheet.value;
  return (
    <form class="form" onSubmit={(event) => { event.preventDefault(); void checkSheet(code.value); }}>
      <Title text={t("start.sheet.title")} />
      <p class="soft measure">{t("start.sheet.text")}</p>
      {now ? (
        <section class="card recovery-sheet">
          <div class="body">
            <pre class="mono sheet-text" tabIndex={0}>{now.sheet}</pre>
            {now.words && now.words.length > 0 && <ol class="sheet-words mono">{now.words.map((word, index) => <li key={index} class={now.check?.includes(index + 1) ? "strong" : ""}>{word}</li>)}</ol>}
          </div>
          <footer class="no-print"><Button icon="print" onClick={() => print()}>{t("start.sheet.print")}</Button><span class="sm faint">{t("start.sheet.once")}</span></footer>
        </section>
      ) : <Note tone="warn">{t("start.sheet.gone")}</Note>}
      <div class="no-print form">
        <Field label={t("start.sheet.code")} hint={t("start.sheet.code.hint")} value={code.value} onInput={(v) => (code.value = v)} mono required
          error={problem.value && (problem.value.code === "invalid" ? t("start.sheet.wrong") : explain(problem.value))} />
        <div class="row wrap wizard-acts"><Button kind="main" type="submit" class="push" busy={busy.value}>{t("start.sheet.next")}</Button></div>
      </div>
    </form>
  );
}

export function TotpForm({ send, wrong }: { send: (code: string) => void; wrong: string | undefined }) {
  if (totp.value) return <Phone totp={totp.value} send={send} busy={busy.value} wrong={wrong} />;
  return (
    <Note tone="info">
      <div class="row wrap"><span class="grow">{t("start.totp.gone")}</span>{setup.value?.state === "confirm" && <Button small onClick={() => (setup.value = { ...setup.value, state: "user" })}>{t("start.totp.again")}</Button>}</div>
    </Note>
  );
}

export function UserStep() {
  const name = useSignal("");
  const password = useSignal("");
  const again = useSignal("");
  const tried = useSignal(false);
  if (codes.value.length) return <Codes list={codes.value} next={codesKept} />;
  if (setup.value?.state === "confirm") {
    const wrong = problem.value && (problem.value.status < 429 ? t("session.code.wrong") : explain(problem.value));
    return <><Title text={t("start.totp.title")} /><div class="gap-above"><TotpForm send={(code) => void confirm(code)} wrong={wrong} /></div></>;
  }
  const short = [...password.value].length < 12;
  const differs = password.value !== again.value;
  const submit = (event: Event) => {
    event.preventDefault();
    tried.value = true;
    if (!short && !differs) void makeUser({ login: login.value.trim(), name: name.value.trim(), password: password.value });
  };
  return (
    <form class="form" onSubmit={submit}>
      <Title text={t("start.user.title")} />
      <p class="soft measure">{t("start.user.text")}</p>
      <Field label={t("start.user.name")} value={name.value} onInput={(v) => (name.value = v)} autocomplete="name" autofocus required />
      <Field label={t("session.login")} value={login.value} onInput={(v) => (login.value = v)} autocomplete="username" required hint={t("start.user.login.hint")} />
      <Field label={t("session.password")} type="password" autocomplete="new-password" value={password.value} onInput={(v) => (password.value = v)} required hint={t("start.password.hint")} error={tried.value && short ? t("start.password.short") : undefined} />
      <Field label={t("start.password.again")} type="password" autocomplete="new-password" value={again.value} onInput={(v) => (again.value = v)} required error={tried.value && differs ? t("start.password.differs") : undefined} />
      {said()}
      <div class="row wrap wizard-acts"><Button kind="main" type="submit" class="push" busy={busy.value}>{t("start.user.next")}</Button></div>
    </form>
  );
}
