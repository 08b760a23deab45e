// SPDX-License-Identifier: AGPL-3.0-or-later
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { locale, speak, t, type Locale } from "../../lib/i18n";
import { Button, Segments } from "../../ui/button";
import { Check, Field } from "../../ui/field";
import { Dialog } from "../../ui/float";
import { Brand } from "../../ui/icon";
import { Title } from "../../ui/page";
import { explain, Note } from "../../ui/state";
import { Codes, Phone } from "./phone";
import { boot, busy, codesKept, ended, enrol, passkeyAlone, refresh, refusal, second, signIn, stage, stepUp, stepUpAsked, stepUpByPasskey, toProvider, ways, warnEnd, withPasskey, wrong } from "./state";
import { passkeysHere } from "./passkey";
import "./session.css";

export function LanguageSwitch() {
  return (
    <Segments<Locale>
      label={t("language")} value={locale.value} onPick={(next) => void speak(next)}
      options={[{ value: "ru", text: "Русский", lang: "ru" }, { value: "en", text: "English", lang: "en" }]}
    />
  );
}

// The frame of every page for which nobody is signed in.
export function Outside({ children, wide }: { children: ComponentChildren; wide?: boolean }) {
  return (
    <div class="outside">
      <header class="topbar">
        <span class="brand"><Brand />{t("brand")}</span>
        <span class="push" />
        <LanguageSwitch />
      </header>
      <main id="main" class={wide ? "page" : "page narrow"}>{children}</main>
    </div>
  );
}

function Password() {
  const login = useSignal("");
  const password = useSignal("");
  const problem = wrong.value;
  return (
    <form class="form" onSubmit={(event) => { event.preventDefault(); void signIn(login.value.trim(), password.value); }}>
      <Field label={t("session.login")} value={login.value} onInput={(v) => (login.value = v)} autocomplete="username" name="login" autofocus required />
      <Field
        label={t("session.password")} value={password.value} onInput={(v) => (password.value = v)} type="password" name="password" autocomplete="current-password" required
        error={problem && (problem.status === 401 ? t("session.wrong") : explain(problem))}
      />
      <Button kind="main" type="submit" busy={busy.value}>{t("session.next")}</Button>
    </form>
  );
}

// Beside login and password: what there is here.
function OtherWays() {
  const { passkey, provider, directory } = ways.value;
  const key = passkey && passkeysHere();
  if (!key && !provider && !directory) return null;
  return (
    <div class="form ways">
      {directory && <p class="sm soft">{t("session.directory", { name: directory })}</p>}
      {(key || provider) && <p class="or xs faint">{t("session.or")}</p>}
      {key && <Button icon="key" busy={busy.value} onClick={() => void passkeyAlone()}>{t("session.passkey.alone")}</Button>}
      {provider && <Button icon="arrow" busy={busy.value} onClick={() => void toProvider()}>{t("session.provider", { name: provider })}</Button>}
    </div>
  );
}

function Second() {
  const code = useSignal("");
  const lost = useSignal(true);
  const now = stage.value;
  if (now.kind !== "second") return null;
  const problem = wrong.value;
  const error = problem && (problem.status === 401 ? t(now.with === "recovery" ? "session.recovery.wrong" : "session.code.wrong") : explain(problem));
  const use = (way: "totp" | "recovery" | "passkey") => {
    code.value = "";
    wrong.value = undefined;
    stage.value = { ...now, with: way };
  };
  const others = now.methods.filter((way) => way !== now.with && (way !== "passkey" || passkeysHere()));
  const submit = (event: Event) => {
    event.preventDefault();
    const text = code.value.replace(/\s/g, "");
    if (now.with === "passkey") void withPasskey();
    else void second(now.with === "totp" ? { code: text } : { recovery: text, lost: lost.value });
  };
  return (
    <form class="form" onSubmit={submit}>
      {now.with === "passkey" ? (
        <>
          <p class="soft">{t("session.passkey.text")}</p>
          {error && <Note tone="alert">{error}</Note>}
        </>
      ) : (
        <Field
          key={now.with} label={t(now.with === "totp" ? "session.code" : "session.recovery")} hint={t(now.with === "totp" ? "session.code.hint" : "session.recovery.hint")} value={code.value}
          onInput={(v) => (code.value = v)} autocomplete={now.with === "totp" ? "one-time-code" : "off"} inputMode={now.with === "totp" ? "numeric" : "text"} autofocus mono required error={error}
        />
      )}
      {now.with === "recovery" && <Check label={t("session.recovery.lost")} checked={lost.value} onChange={(on) => (lost.value = on)} />}
      <Button kind="main" type="submit" busy={busy.value}>{t(now.with === "passkey" ? "session.passkey.use" : "session.enter")}</Button>
      <div class="row wrap">
        {others.map((way) => <Button kind="quiet" key={way} onClick={() => use(way)}>{t(`session.with.${way}`)}</Button>)}
        <Button kind="quiet" class="push" onClick={() => { wrong.value = undefined; stage.value = { kind: "password" }; }}>{t("action.back")}</Button>
      </div>
    </form>
  );
}

function Steps() {
  const now = stage.value;
  if (now.kind === "codes") return <Codes list={now.list} next={() => void codesKept()} />;
  if (now.kind === "enrol") {
    return (
      <>
        <Title text={t("session.enrol.title")} />
        <p class="soft">{t("session.enrol.text")}</p>
        <Phone totp={now.totp} send={(code) => void enrol(code)} busy={busy.value} wrong={wrong.value && (wrong.value.status === 401 ? t("session.code.wrong") : explain(wrong.value))} />
      </>
    );
  }
  return (
    <>
      <Title text={t(now.kind === "second" ? "session.second.title" : "session.title")} />
      {ended.value && <Note tone="info">{t("session.ended")}</Note>}
      {refusal.value && <Note tone="warn">{t(`session.refusal.${refusal.value}`)}</Note>}
      {now.kind === "second" ? <Second /> : <><Password /><OtherWays /></>}
    </>
  );
}

export function SignInPage() {
  return (
    <Outside>
      <div class="card sign-in"><Steps /></div>
      <p class="xs faint sign-foot">{t("session.foot")}</p>
    </Outside>
  );
}

export function ClosedPage({ kind }: { kind: "locked" | "unreachable" }) {
  return (
    <Outside>
      <div class="card sign-in">
        <Title text={t(kind === "locked" ? "session.locked.title" : "session.unreachable.title")} />
        <p class="soft">{t(kind === "locked" ? "session.locked.text" : "session.unreachable.text")}</p>
        {kind === "locked" && <pre class="mono code">letopis unlock</pre>}
        <Button icon="refresh" onClick={() => void boot()}>{t("action.retry")}</Button>
      </div>
    </Outside>
  );
}

export function StepUp() {
  const code = useSignal("");
  const paper = useSignal(false);
  if (!stepUpAsked.value) return null;
  const close = () => { code.value = ""; wrong.value = undefined; stepUpAsked.value?.(false); };
  const show = () => stepUp(paper.value ? { recovery: code.value } : { code: code.value.replace(/\s/g, "") });
  return (
    <Dialog title={t("session.stepup.title")} onClose={close}>
      <form class="form" onSubmit={(event) => { event.preventDefault(); void show().then(() => (code.value = "")); }}>
        <p class="soft">{t("session.stepup.text")}</p>
        <Field
          key={String(paper.value)} label={t(paper.value ? "session.recovery" : "session.code")} value={code.value} onInput={(v) => (code.value = v)} autocomplete={paper.value ? "off" : "one-time-code"}
          inputMode={paper.value ? "text" : "numeric"} mono autofocus error={wrong.value && (wrong.value.status === 401 ? t(paper.value ? "session.recovery.wrong" : "session.code.wrong") : explain(wrong.value))}
        />
        <div class="row wrap">
          <Button kind="quiet" small onClick={() => { code.value = ""; wrong.value = undefined; paper.value = !paper.value; }}>{t(paper.value ? "session.with.totp" : "session.with.recovery")}</Button>
          {passkeysHere() && <Button kind="quiet" small icon="key" onClick={() => void stepUpByPasskey()}>{t("session.passkey.use")}</Button>}
        </div>
        <div class="row dialog-acts">
          <Button onClick={close}>{t("action.cancel")}</Button>
          <Button kind="main" type="submit" busy={busy.value}>{t("action.confirm")}</Button>
        </div>
      </form>
    </Dialog>
  );
}

export function EndWarning() {
  if (!warnEnd.value) return null;
  return (
    <div class="end-warning" role="alert">
      <Note tone="warn" icon="clock">
        <div class="row wrap"><span class="grow">{t("session.warning")}</span><Button small onClick={() => void refresh()}>{t("session.stay")}</Button></div>
      </Note>
    </div>
  );
}
