// SPDX-License-Identifier: AGPL-3.0-or-later
// What keys there are, when the wrapping key changes, and whether the paper in the safe is the right one.
import { useSignal } from "@preact/signals";
import { api } from "../../api/client";
import { Problem } from "../../api/problem";
import type { Keys } from "../../api/types";
import { num, saidTime, shortDate } from "../../lib/format";
import { t } from "../../lib/i18n";
import { Button } from "../../ui/button";
import { copy } from "../../ui/copy";
import { Field } from "../../ui/field";
import { complain, toast } from "../../ui/float";
import { Card, PageHead } from "../../ui/page";
import { Load } from "../../ui/state";
import { may } from "../session/state";
import { purposeName } from "./names";
import { keys, loadKeys } from "./state";

const show = (value: Keys) => (keys.value = { kind: "ready", value });

function Sheet({ now }: { now: Keys }) {
  const typed = useSignal("");
  const wrong = useSignal("");
  const busy = useSignal(false);
  const check = (event: Event) => {
    event.preventDefault();
    busy.value = true;
    wrong.value = "";
    void api.post<Keys>("/keys/check-sheet", { sheet: typed.value }).then((value) => {
      typed.value = "";
      show(value);
      toast(t("keyring.sheet.right"));
    }, (error: unknown) => {
      if (error instanceof Problem && (error.code === "invalid" || error.code === "wrong_key")) wrong.value = t("start.sheet.wrong");
      else complain(error);
    }).finally(() => (busy.value = false));
  };
  return (
    <Card title={t("keyring.sheet")}>
      <div class="stack">
      <p class="sm soft">{now.sheet_checked_at ? t("keyring.sheet.checked", { time: saidTime(now.sheet_checked_at) }) : t("keyring.sheet.never")}</p>
      {may("keys_manage") && (
        <form class="stack" onSubmit={check}>
          <Field label={t("start.sheet.code")} hint={t("start.sheet.code.hint")} value={typed.value} onInput={(value) => (typed.value = value)} error={wrong.value || undefined} mono required />
          <div><Button type="submit" busy={busy.value}>{t("keyring.sheet.check")}</Button></div>
        </form>
      )}
      </div>
    </Card>
  );
}

export function KeysSection() {
  const busy = useSignal(false);
  const rotate = () => {
    busy.value = true;
    void api.post<Keys>("/keys/rotate").then((value) => {
      show(value);
      toast(t("keyring.rotated"));
    }, complain).finally(() => (busy.value = false));
  };
  return (
    <>
      <PageHead title={t("admin.keys")} lede={t("keyring.lede")}>{may("keys_manage") && <Button icon="refresh" busy={busy.value} onClick={rotate}>{t("keyring.rotate")}</Button>}</PageHead>
      <Load of={keys.value} retry={loadKeys} rows={4}>
        {(now) => (
          <div class="stack">
            <Card>
              <dl class="facts">
                <dt>{t("keyring.unlock")}</dt><dd>{now.unlock === "passphrase" ? t("keyring.unlock.passphrase") : t("keyring.unlock.file")}</dd>
                <dt>{t("keyring.epoch")}</dt><dd>{t("keyring.epoch.since", { made: shortDate(now.rotated_at), due: shortDate(now.rotation_due) })}</dd>
                <dt>{t("keyring.generation")}</dt><dd class="num">{num(now.generation)}</dd>
                {now.counts.filter((one) => one.purpose !== "epoch").map((one) => [<dt key={`${one.purpose}-t`}>{purposeName(one.purpose)}</dt>, <dd key={one.purpose} class="num">{num(one.count)}</dd>])}
              </dl>
            </Card>
            <Sheet now={now} />
            <Card title={t("keyring.logs")}>
              <p class="sm soft">{t("keyring.logs.text")}</p>
              <ul class="list sm gap-above">{now.logs.map((log) => <li key={log.name} class="row top"><code class="mono break grow">{log.key}</code><Button kind="plain" icon="copy" onClick={() => void copy(log.key, t("keyring.logs.copied"))}>{t("keyring.logs.copy")}</Button></li>)}</ul>
            </Card>
          </div>
        )}
      </Load>
    </>
  );
}
