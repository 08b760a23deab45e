// SPDX-License-Identifier: AGPL-3.0-or-later
// A phone is set up as second factor: its picture, its first code, and the codes on paper for the day when it is gone.
import { useSignal } from "@preact/signals";
import type { Totp } from "../../api/types";
import { t } from "../../lib/i18n";
import { drawing } from "../../lib/qr";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { Title } from "../../ui/page";
import "./phone.css";

function Qr({ svg }: { svg: string }) {
  const shape = drawing(svg);
  if (!shape) return null;
  return <svg class="qr" viewBox={shape.box} role="img" aria-label={t("start.totp.qr")} shape-rendering="crispEdges"><path d={shape.path} fill="#000" /></svg>;
}

export function Phone({ totp, send, busy, wrong }: { totp: Totp; send: (code: string) => void; busy: boolean; wrong: string | undefined }) {
  const code = useSignal("");
  return (
    <form class="form" onSubmit={(event) => { event.preventDefault(); send(code.value.replace(/\s/g, "")); }}>
      <div class="totp">
        <Qr svg={totp.qr} />
        <div class="grow"><p class="soft">{t("start.totp.text")}</p><p class="sm faint gap-above">{t("start.totp.secret")}</p><p class="mono break">{totp.secret.replace(/(.{4})/g, "$1 ").trim()}</p><p class="gap-above"><a href={totp.uri}>{t("start.totp.open")}</a></p></div>
      </div>
      <Field label={t("session.code")} value={code.value} onInput={(v) => (code.value = v)} autocomplete="one-time-code" inputMode="numeric" mono required hint={t("session.code.hint")} error={wrong} />
      <div class="row wrap wizard-acts"><Button kind="main" type="submit" class="push" busy={busy}>{t("start.totp.next")}</Button></div>
    </form>
  );
}

// `inside` a dialog, whose title it is.
export function Codes({ list, next, inside }: { list: string[]; next: () => void; inside?: boolean }) {
  const kept = useSignal(false);
  return (
    <div class="form">
      {!inside && <Title text={t("start.codes.title")} />}
      <p class="soft measure">{t("start.codes.text")}</p>
      <section class="card"><div class="body"><ol class="codes mono">{list.map((one) => <li key={one}>{one}</li>)}</ol></div>
        <footer class="no-print"><Button icon="print" onClick={() => print()}>{t("action.print")}</Button></footer></section>
      <label class="check no-print"><input type="checkbox" checked={kept.value} onChange={(event) => (kept.value = event.currentTarget.checked)} /><span>{t("start.codes.kept")}</span></label>
      <div class="row wrap wizard-acts no-print"><Button kind="main" class="push" off={!kept.value && t("start.codes.first")} onClick={next}>{t("start.codes.next")}</Button></div>
    </div>
  );
}
