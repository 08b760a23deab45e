// SPDX-License-Identifier: AGPL-3.0-or-later
// The one-time link of an invitation: password, second factor, recovery codes.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api } from "../../api/client";
import { Problem } from "../../api/problem";
import type { Session, Totp } from "../../api/types";
import { t } from "../../lib/i18n";
import { go, steps } from "../../router";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { Title } from "../../ui/page";
import { Bones, explain, Note } from "../../ui/state";
import { entered } from "../session/state";
import { Outside } from "../session/view";
import { totp } from "./state";
import { Codes } from "../session/phone";
import { TotpForm } from "./steps";
import "./start.css";

export function JoinPage() {
  const path = `/join/${encodeURIComponent(steps.value[1] ?? "")}`;
  const who = useSignal<{ login: string; name: string } | undefined>(undefined);
  const problem = useSignal<Problem | undefined>(undefined);
  const busy = useSignal(false);
  const password = useSignal("");
  const again = useSignal("");
  const stage = useSignal<"password" | "totp" | "codes">("password");
  const codes = useSignal<string[]>([]);
  const act = async (work: () => Promise<void>) => {
    busy.value = true;
    problem.value = undefined;
    await work().catch((error: unknown) => (problem.value = Problem.from(error)));
    busy.value = false;
  };
  useEffect(() => void act(async () => void (who.value = await api.get(path))), []);
  const start = (event: Event) => {
    event.preventDefault();
    if ([...password.value].length < 12 || password.value !== again.value) return;
    void act(async () => {
      const answer = await api.post<{ totp: Totp }>(path, { password: password.value });
      totp.value = answer.totp;
      stage.value = "totp";
    });
  };
  const confirm = (code: string) => void act(async () => {
    codes.value = (await api.post<{ recovery_codes: string[] }>(`${path}/confirm`, { code })).recovery_codes;
    stage.value = "codes";
  });
  const finish = () => void act(async () => {
    entered(await api.get<Session>("/session"));
    go("/search");
  });
  const short = password.value !== "" && [...password.value].length < 12;
  return (
    <Outside>
      <div class="card sign-in">
        {!who.value ? (
          problem.value ? <><Title text={t("join.bad")} /><Note tone="warn">{problem.value.status === 404 || problem.value.status === 403 ? t("join.bad.text") : explain(problem.value)}</Note></> : <Bones />
        ) : stage.value === "codes" ? <Codes list={codes.value} next={finish} /> : stage.value === "totp" ? (
          <><Title text={t("start.totp.title")} /><TotpForm send={confirm} wrong={problem.value && t("session.code.wrong")} /></>
        ) : (
          <form class="form" onSubmit={start}>
            <Title text={t("join.title", { name: who.value.name })} />
            <p class="soft">{t("join.text", { login: who.value.login })}</p>
            <Field label={t("session.password")} type="password" autocomplete="new-password" value={password.value} onInput={(v) => (password.value = v)} hint={t("start.password.hint")} error={short ? t("start.password.short") : undefined} required />
            <Field label={t("start.password.again")} type="password" autocomplete="new-password" value={again.value} onInput={(v) => (again.value = v)} error={again.value && again.value !== password.value ? t("start.password.differs") : undefined} required />
            {problem.value && <Note tone="alert">{explain(problem.value)}</Note>}
            <Button kind="main" type="submit" busy={busy.value}>{t("session.next")}</Button>
          </form>
        )}
      </div>
    </Outside>
  );
}
