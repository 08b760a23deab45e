// SPDX-License-Identifier: AGPL-3.0-or-later
// Steps 5 and 6: the correspondence comes in and can be searched at once; then everything is counted.
import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api } from "../../api/client";
import type { SearchPage } from "../../api/types";
import { num } from "../../lib/format";
import { t, type Key } from "../../lib/i18n";
import { loader, valueOf, type Loadable } from "../../lib/loadable";
import { Button } from "../../ui/button";
import { Equation } from "../../ui/equation";
import { Icon } from "../../ui/icon";
import { Mark } from "../../ui/mark";
import { Card, Title } from "../../ui/page";
import { Failed, Note } from "../../ui/state";
import { HitRow } from "../search/view";
import { imports, loadImports, running, searchable, sums } from "../sources/importing";
import { DropZone, Progress } from "../sources/intake";
import { archive, loadArchive } from "../session/state";

const found = signal<Loadable<SearchPage>>({ kind: "idle" });
const load = loader(found);

function SearchNow() {
  const text = useSignal("");
  const asked = useSignal("");
  const stored = sums.value.stored;
  const page = valueOf(found.value);
  const ask = () => void load((stop) => api.get<SearchPage>("/search", { q: asked.value, limit: 3 }, stop));
  useEffect(() => {
    if (asked.value) ask();
  }, [Math.floor(searchable.value / 500)]);
  if (stored === 0) return null;
  return (
    <Card title={t("start.search.title")} aside={<span class="xs faint num">{t("start.search.count", { a: searchable.value, b: stored })}</span>}>
      <form role="search" class="query" onSubmit={(event) => { event.preventDefault(); asked.value = text.value; ask(); }}>
        <Icon name="search" />
        <input data-search-field aria-label={t("search.field")} value={text.value} placeholder={t("start.search.example")} onInput={(event) => (text.value = event.currentTarget.value)} spellcheck={false} />
        <Button kind="main" small type="submit">{t("search.go")}</Button>
      </form>
      {found.value.kind === "failed" && <Failed problem={found.value.problem} />}
      {page && (
        <>
          <p class="sm soft found-line" aria-live="polite"><b class="strong">{t("search.count", { n: page.total })}</b>{running.value.length > 0 && `, ${t("start.search.grows")}`}</p>
          {page.hits.length > 0 && <div role="list" class="hits">{page.hits.slice(0, 3).map((hit) => <HitRow hit={hit} key={hit.id} />)}</div>}
        </>
      )}
    </Card>
  );
}

export function BringStep() {
  useEffect(() => void loadImports().catch(() => undefined), []);
  return (
    <div class="stack">
      <div><Title text={t("start.bring.title")} /><p class="soft measure">{t("start.bring.text")}</p></div>
      <DropZone />
      <Progress />
      <SearchNow />
      <div class="row wrap wizard-acts">
        {running.value.length > 0 && <p class="push sm faint hide-s">{t("start.bring.goes_on")}</p>}
        <Button kind={imports.value.length ? "main" : "plain"} href="/start/6" class={running.value.length ? "" : "push"}>{t(imports.value.length ? "start.bring.next" : "start.bring.later")}</Button>
      </div>
    </div>
  );
}

export function CheckStep() {
  useEffect(() => {
    void loadImports().catch(() => undefined);
    const timer = setInterval(() => void loadArchive(), 3000);
    return () => clearInterval(timer);
  }, []);
  const all = imports.value;
  const records = all.reduce((sum, job) => sum + (job.verified?.records ?? 0), 0);
  const good = all.length > 0 && all.every((job) => job.state === "done" && job.verified?.ok === true) && records >= sums.value.stored;
  const state = valueOf(archive.value);
  const list = state?.checklist ?? [];
  const stored = sums.value.stored;
  const total = state?.messages || records;
  return (
    <div class="stack">
      <div><Title text={t("start.check.title")} /><p class="soft measure">{t("start.check.text")}</p></div>
      {all.length === 0 && <Note>{t("start.check.none")}</Note>}
      {all.length > 0 && (
        <Card title={good ? t("start.check.done", { a: records, b: stored }) : t("start.check.running")} aside={good ? undefined : <span class="spin" role="status" aria-label={t("start.check.running")} />}>
          <Equation sums={sums.value} label={t("intake.balance")} />
          {all.filter((job) => job.verified?.ok === false).map((job) => <Note tone="alert" key={job.id}>{t("start.check.bad")}{job.verified?.problem && <span class="sm block">{job.verified.problem}</span>}</Note>)}
          {all.filter((job) => job.state === "failed").map((job) => <Note tone="alert" key={job.id}>{job.error}</Note>)}
        </Card>
      )}
      {list.length > 0 && (
        <Card title={t("start.list.title")}>
          <ul class="list">
            {list.map((one) => (
              <li class="row top" key={one.id}>
                <span class={one.done ? "ok" : "faint"}><Icon name={one.done ? "check" : "square"} /></span>
                <div class="grow"><b class="medium">{t(`checklist.${one.id}` as Key)}</b><p class="sm soft">{t(`checklist.${one.id}.text` as Key)}</p></div>
                {one.done ? <Mark tone="ok">{t("checklist.done")}</Mark> : <span class="sm faint">{t("checklist.open")}</span>}
              </li>
            ))}
          </ul>
        </Card>
      )}
      <div class="row wrap wizard-acts">
        <Button kind="quiet" href="/start/5">{t("start.check.more")}</Button>
        <Button kind="main" href="/search" class="push">{t("start.check.go", { n: num(total) })}</Button>
      </div>
    </div>
  );
}
