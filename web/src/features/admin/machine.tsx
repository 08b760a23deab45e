// SPDX-License-Identifier: AGPL-3.0-or-later
// Integrity, storage, jobs.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api } from "../../api/client";
import { position } from "../../api/events";
import type { Integrity, Job } from "../../api/types";
import { listTime, percent, saidTime, size } from "../../lib/format";
import { t } from "../../lib/i18n";
import { valueOf } from "../../lib/loadable";
import { Button } from "../../ui/button";
import { complain, toast } from "../../ui/float";
import { Icon } from "../../ui/icon";
import { Mark } from "../../ui/mark";
import { Card, PageHead } from "../../ui/page";
import { Empty, Load, Note } from "../../ui/state";
import { may } from "../session/state";
import { jobName, storeName } from "./names";
import { archive } from "../session/state";
import { integrity, jobs, loadIntegrity, loadStorage, storage, verify } from "./state";

function JobState({ job }: { job: Job }) {
  if (job.state === "done") return job.note ? <Mark tone="alert" icon="alert">{t("job.faults")}</Mark> : <Mark tone="ok" icon="check">{t("import.done")}</Mark>;
  if (job.state === "failed") return <Mark tone="alert" icon="alert">{t("import.failed")}</Mark>;
  if (job.state === "stopped") return <Mark tone="warn" icon="x">{t("import.stopped")}</Mark>;
  return <Mark tone="info" icon="refresh">{job.state === "waiting" ? t("import.waiting") : t("import.running")}</Mark>;
}

function howFar(job: Job): string {
  if (job.of > job.done) return t("intake.of", { a: size(job.done), b: size(job.of) });
  return job.done > 0 ? size(job.done) : "—";
}

function JobTable({ items }: { items: Job[] }) {
  const stop = (job: Job) => void api.delete(`/jobs/${job.id}`).then(jobs.load, complain);
  return (
    <div class="table-wrap"><table class="table cards-s"><caption class="vh">{t("admin.jobs")}</caption>
      <thead><tr><th scope="col">{t("jobs.kind")}</th><th scope="col">{t("jobs.started")}</th><th scope="col">{t("jobs.finished")}</th><th scope="col" class="n">{t("jobs.done")}</th><th scope="col">{t("sources.state")}</th><th scope="col"><span class="vh">{t("jobs.stop")}</span></th></tr></thead>
      <tbody>{items.map((job) => (
        <tr key={job.id}><td class="strong">{jobName(job.kind)}{noteOf(job) && <span class="xs faint block">{noteOf(job)}</span>}</td><td class="num soft" data-l={t("jobs.started.short")}>{job.started ? listTime(job.started) : "—"}</td><td class="num soft" data-l={t("jobs.finished.short")}>{job.finished ? listTime(job.finished) : "—"}</td>
          <td class="n num">{howFar(job)}</td><td><JobState job={job} /></td><td>{job.may_stop && may("integrity_run") && <Button small onClick={() => stop(job)}>{t("jobs.stop")}</Button>}</td></tr>
      ))}</tbody></table></div>
  );
}

// While something runs, the list is asked for again every two seconds.
function useFollowing() {
  const items = valueOf(jobs.rows.value) ?? [];
  const runs = items.some((job) => job.state === "running" || job.state === "waiting");
  useEffect(() => {
    if (!runs) return undefined;
    const timer = setInterval(jobs.load, 2000);
    return () => {
      clearInterval(timer);
      loadIntegrity();
    };
  }, [runs]);
  return items;
}

// How many were looked at, and how many nobody has looked at yet.
function checkedText({ checked_at, records }: Integrity): string {
  if (!checked_at || !records) return t("integrity.never");
  const after = (position.value?.records ?? valueOf(archive.value)?.records ?? records) - records;
  const time = saidTime(checked_at);
  return after > 0 ? t("integrity.checked.part", { n: records, time, after }) : t("integrity.checked", { n: records, time });
}

// The server says how many faults a check found: "3 problems".
function noteOf(job: Job): string {
  const faults = /^(\d+) problems$/.exec(job.note);
  if (faults) return t("integrity.faults", { n: Number(faults[1]) });
  return job.state === "stopped" ? "" : job.note;
}

export function IntegritySection() {
  const busy = useSignal(false);
  const checks = useFollowing().filter((job) => job.kind === "verify");
  const check = () => {
    busy.value = true;
    void verify().then(() => toast(t("integrity.started")), complain).finally(() => (busy.value = false));
  };
  return (
    <>
      <PageHead title={t("admin.integrity")} lede={t("integrity.lede")}>{may("integrity_run") && <Button kind="main" icon="seal" busy={busy.value} onClick={check}>{t("integrity.verify")}</Button>}</PageHead>
      <Load of={integrity.value} retry={loadIntegrity} rows={2}>
        {(now) => (
          <div class="stack">
            <Card>
              <div class="row top verdict">
                <span class={now.state === "ok" ? "ok" : now.state === "fault" ? "alert" : "warn"}><Icon name={now.state === "ok" ? "seal" : "alert"} size="l" /></span>
                <div class="grow"><b class="strong">{t(`integrity.${now.state}`)}</b><p class="soft">{checkedText(now)}</p></div>
              </div>
              {now.state === "fault" && <Note tone="alert">{t("integrity.fault.long")}</Note>}
            </Card>
            {(now.problems?.length ?? 0) > 0 && <Card title={t("integrity.problems")}><ul class="list sm">{now.problems?.map((one, index) => <li class="break" key={index}>{one}</li>)}</ul></Card>}
            {checks.length > 0 && <JobTable items={checks} />}
          </div>
        )}
      </Load>
    </>
  );
}

export function StorageSection() {
  return (
    <>
      <PageHead title={t("admin.storage")} lede={t("storage.lede")} />
      <Load of={storage.value} retry={loadStorage} rows={3}>
        {(now) => {
          const items = now.items ?? [];
          const sum = items.reduce((all, one) => all + one.bytes, 0);
          return (
            <Card title={t("storage.sum", { size: size(sum) })} aside={now.free !== undefined ? <span class="sm soft">{t("storage.free", { size: size(now.free), share: now.total ? percent(now.free / now.total) : "" })}</span> : undefined}>
              {items.length === 0 ? <Empty title={t("storage.none")} /> : <ul class="bars">{items.map((one) => <li key={one.name}><span>{storeName(one.name)}</span><span class="bar"><i style={{ width: `${sum ? Math.max(1, (one.bytes / sum) * 100) : 0}%` }} /></span><span class="n nowrap">{size(one.bytes)}</span></li>)}</ul>}
            </Card>
          );
        }}
      </Load>
    </>
  );
}

export function JobsSection() {
  useFollowing();
  return (
    <>
      <PageHead title={t("admin.jobs")} lede={t("jobs.lede")}><Button icon="refresh" onClick={jobs.load}>{t("action.refresh")}</Button></PageHead>
      <Load of={jobs.rows.value} retry={jobs.load} rows={3}>{(items) => items.length === 0 ? <Empty title={t("jobs.none")} /> : <JobTable items={items} />}</Load>
    </>
  );
}
