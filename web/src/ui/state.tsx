// SPDX-License-Identifier: AGPL-3.0-or-later
// Empty, loading, failed: what a place shows when it has nothing to show.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Problem } from "../api/problem";
import { t } from "../lib/i18n";
import { valueOf, type Loadable } from "../lib/loadable";
import { Button } from "./button";
import { Icon, type IconName } from "./icon";

export function Empty({ title, children, action }: { title: string; children?: ComponentChildren; action?: ComponentChildren }) {
  return (
    <div class="empty">
      <b class="strong">{title}</b>
      {children && <p class="soft">{children}</p>}
      {action && <div class="row wrap gap-above">{action}</div>}
    </div>
  );
}

export function Note({ tone = "plain", icon, children }: { tone?: "plain" | "info" | "ok" | "warn" | "alert"; icon?: IconName; children: ComponentChildren }) {
  return (
    <div class={`note ${tone === "plain" ? "" : tone}`} role={tone === "alert" ? "alert" : undefined}>
      <Icon name={icon ?? (tone === "ok" ? "check" : tone === "info" || tone === "plain" ? "info" : "alert")} />
      <div class="grow">{children}</div>
    </div>
  );
}

const widths = [["38%", "92%", "70%"], ["30%", "84%", "52%"], ["44%", "96%", "61%"], ["34%", "78%", "66%"]];

// Nothing before 150 ms; then grey lines; after 4 s a sentence.
export function Bones({ rows = 4 }: { rows?: number }) {
  const [stage, setStage] = useState(0);
  useEffect(() => {
    const timers = [setTimeout(() => setStage(1), 150), setTimeout(() => setStage(2), 4000)];
    return () => timers.forEach(clearTimeout);
  }, []);
  if (stage === 0) return <div class="bones-wait" />;
  return (
    <div role="status" aria-label={t("state.loading")} class="bones">
      {Array.from({ length: rows }, (_, row) => (
        <div class="row top" key={row}>
          <span class="bone square" />
          <span class="grow bone-lines">
            {(widths[row % widths.length] ?? []).map((width) => <span class="bone" style={{ width }} key={width} />)}
          </span>
        </div>
      ))}
      {stage === 2 && <p class="sm faint">{t("state.slow")}</p>}
    </div>
  );
}

export function explain(problem: Problem): string {
  switch (problem.code) {
    case "forbidden":
      return problem.body.who ? t("problem.forbidden.who", { who: problem.body.who }) : t("problem.forbidden");
    case "not_found": return t("problem.not_found");
    case "offline": return t("problem.offline");
    case "too_many": return t("problem.too_many", { n: problem.retryAfter || 30 });
    case "locked": return t("problem.locked");
    case "unavailable": return t("problem.unavailable");
    case "too_large": return t("problem.too_large");
    case "unauthenticated": return t("session.ended");
    case "internal": return t("problem.internal");
    default: return problem.body.detail || t("problem.internal");
  }
}

export function Failed({ problem, retry, title }: { problem: Problem; retry?: () => void; title?: string }) {
  return (
    <div class="empty" role="alert">
      <p class="row alert strong">
        <Icon name={problem.code === "forbidden" ? "lock" : "alert"} />
        {title ?? t(problem.code === "forbidden" ? "problem.title.forbidden" : problem.code === "not_found" ? "problem.title.not_found" : "problem.title")}
      </p>
      <p class="soft">{explain(problem)}</p>
      <div class="row wrap gap-above">
        {retry && problem.code !== "forbidden" && <Button icon="refresh" onClick={retry}>{t("action.retry")}</Button>}
        {problem.body.id && <span class="xs faint mono">{t("problem.code", { id: problem.body.id })}</span>}
      </div>
    </div>
  );
}

export function Load<T>({ of, retry, rows, children }: { of: Loadable<T>; retry?: () => void; rows?: number; children: (value: T) => ComponentChildren }) {
  const value = valueOf(of);
  if (of.kind === "failed" && value === undefined) return <Failed problem={of.problem} {...(retry && { retry })} />;
  if (value === undefined) return <Bones {...(rows && { rows })} />;
  return (
    <>
      {of.kind === "failed" && <Failed problem={of.problem} {...(retry && { retry })} />}
      {children(value)}
    </>
  );
}
