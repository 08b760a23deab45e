// SPDX-License-Identifier: AGPL-3.0-or-later
import { useEffect } from "preact/hooks";
import { t, type Key } from "../../lib/i18n";
import { steps } from "../../router";
import { Icon } from "../../ui/icon";
import { Title } from "../../ui/page";
import { Toasts } from "../../ui/float";
import { Bones, Failed, Note } from "../../ui/state";
import { valueOf } from "../../lib/loadable";
import { archive, session } from "../session/state";
import { Outside, StepUp } from "../session/view";
import { BringStep, CheckStep } from "./bring";
import { NameStep, KeyStep, SheetStep, UserStep } from "./steps";
import { company, keyKind, open, problem, refused, setup, step } from "./state";
import "./start.css";

const names: Key[] = ["start.step.name", "start.step.key", "start.step.sheet", "start.step.user", "start.step.bring", "start.step.check"];

function Steps() {
  const now = step.value;
  const done: string[] = [company.value || valueOf(archive.value)?.company || "", t(keyKind.value === "file" ? "start.done.file" : "start.done.phrase"), t("start.done.sheet"), t("start.done.user"), t("start.done.bring"), ""];
  const open: string[] = ["", t("start.open.key"), t("start.open.sheet"), t("start.open.user"), t("start.open.bring"), t("start.open.check")];
  return (
    <nav aria-label={t("start.steps")}>
      <ol class="wsteps">
        {names.map((name, index) => {
          const number = index + 1;
          const past = number < now;
          return (
            <li key={name} class={past ? "done" : ""} aria-current={number === now ? "step" : undefined}>
              <span class="dot">{past ? <><Icon name="check" size="s" /><span class="vh">{t("start.step.done")}</span></> : number}</span>
              <b>{t(name)}</b>
              <small>{past ? done[index] : open[index]}</small>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}

export function StartPage() {
  useEffect(() => void open(), []);
  const asked = Number(steps.value[1] ?? 1);
  if (!setup.value) {
    return (
      <Outside>
        {refused.value ? (
          <div class="card sign-in"><Title text={t("start.token.title")} /><Note tone="warn">{t("start.token.text")}</Note><pre class="mono code">letopis serve</pre><p><a href="/search">{t("start.token.signin")}</a></p></div>
        ) : problem.value ? <Failed problem={problem.value} retry={() => void open()} /> : <Bones />}
      </Outside>
    );
  }
  return (
    <Outside wide>
      <div class="wizard">
        <Steps />
        <div key={step.value}>
          {step.value === 1 && <NameStep />}
          {step.value === 2 && <KeyStep />}
          {step.value === 3 && <SheetStep />}
          {step.value === 4 && <UserStep />}
          {session.value && step.value >= 5 && (asked === 6 ? <CheckStep /> : <BringStep />)}
        </div>
      </div>
      <Toasts />
      <StepUp />
    </Outside>
  );
}
