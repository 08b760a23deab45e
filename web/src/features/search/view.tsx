// SPDX-License-Identifier: AGPL-3.0-or-later
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Hit, SearchPage } from "../../api/types";
import { num } from "../../lib/format";
import { t } from "../../lib/i18n";
import { useKeys } from "../../lib/keys";
import { valueOf } from "../../lib/loadable";
import { pieces } from "../../lib/query";
import { go, place } from "../../router";
import { Button, Segments } from "../../ui/button";
import { Chunks } from "../../ui/chunks";
import { absolute, copy } from "../../ui/copy";
import { Dialog } from "../../ui/float";
import { Icon } from "../../ui/icon";
import { ChannelIcon, Mark, Time } from "../../ui/mark";
import { Title } from "../../ui/page";
import { Bones, Empty, Failed } from "../../ui/state";
import { archive } from "../session/state";
import { Frame } from "../shell/view";
import { QueryBar } from "./bar";
import { FacetList } from "./facets";
import { Preview } from "./preview";
import { SaveDialog, SavedList } from "./saved";
import { ask, found, growing, growProblem, more, order, preview, previewOn, query, reload, select, selected, sort, step } from "./state";
import "./search.css";

const hrefOf = (hit: Hit) => `/conversation/${encodeURIComponent(hit.conversation)}#m-${hit.id}`;
interface RowProps { hit: Hit; href?: string; current?: boolean; place?: number; of?: number; pick?: (event: MouseEvent) => void }
export function HitRow({ hit, href, current, place, of, pick }: RowProps) {
  const to = hit.to[0];
  return (
    <div role="listitem" class="hit-row" aria-posinset={place} aria-setsize={of}>
      <a class="hit" data-row id={`hit-${hit.id}`} href={href ?? hrefOf(hit)} aria-current={current ? "true" : undefined} onClick={pick}>
        <ChannelIcon channel={hit.channel} />
        <div class="who">
          <b class="clip">{hit.from.name || hit.from.address}</b>
          {to && <span class="faint clip">→ {to.name || to.address}{hit.to_count > 1 && ` +${hit.to_count - 1}`}</span>}
          <Time at={hit.date} />
        </div>
        {hit.channel === "email" && hit.subject && <p class="subject clip">{hit.subject}</p>}
        <p class="text two-lines">{hit.snippet.map((piece, index) => (piece.hit ? <mark key={index}>{piece.text}</mark> : <span key={index}>{piece.text}</span>))}</p>
        {(hit.attachments > 0 || hit.edited || hit.deleted || hit.snippet_in === "attachment") && (
          <div class="tags">
            {hit.snippet_in === "attachment" && <Mark icon="file">{hit.attachment ? t("search.in_file.name", { name: hit.attachment }) : t("search.in_file")}</Mark>}
            {hit.attachments > 0 && <Mark icon="clip">{t("message.files", { n: hit.attachments })}</Mark>}
            {hit.edited && <Mark icon="pencil">{t("message.edited")}</Mark>}
            {hit.deleted && <Mark icon="trash">{t("message.deleted")}</Mark>}
          </div>
        )}
      </a>
    </div>
  );
}

function HitList({ page }: { page: SearchPage }) {
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const watch = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && void more(), { rootMargin: "600px" });
    if (end.current) watch.observe(end.current);
    return () => watch.disconnect();
  }, [page.cursor]);
  const pick = (hit: Hit) => (event: MouseEvent) => {
    if (!matchMedia("(min-width: 768px)").matches || event.ctrlKey || event.metaKey || event.shiftKey || !previewOn.value) return;
    event.preventDefault();
    if (event.detail === 2 || (event.detail === 0 && selected.value === hit.id)) go(hrefOf(hit));
    else select(hit.id);
  };
  return (
    <section aria-label={t("search.hits")}>
      <div role="list" class="hits">
        <Chunks
          name={`hits ${order.value} ${query.value}`} items={page.hits} estimate={92} pinned={(hit) => hit.id === selected.value}
          row={(hit, index) => <HitRow key={hit.id} hit={hit} place={index + 1} of={page.exact ? page.total : -1} current={hit.id === selected.value} pick={pick(hit)} />}
        />
      </div>
      <div ref={end} />
      {growing.value && <Bones rows={2} />}
      {growProblem.value && <Failed problem={growProblem.value} retry={() => void more()} />}
      <p class="faint sm shown">{page.cursor ? t("search.shown", { n: page.hits.length, all: page.total }) : t("search.shown.all", { n: page.total })}</p>
    </section>
  );
}

function Nothing({ page }: { page: SearchPage }) {
  const all = pieces(query.value);
  const messages = valueOf(archive.value)?.messages ?? 0;
  if (!query.value && messages === 0) {
    return <Empty title={t("search.none.archive")} action={<a class="btn main" href="/sources/import"><Icon name="upload" />{t("sources.add")}</a>}>{t("search.none.archive.text")}</Empty>;
  }
  return (
    <Empty
      title={t("search.none")}
      action={
        <>
          {page.suggestion && <Button onClick={() => ask(page.suggestion ?? "")}>{t("search.did_you_mean", { text: page.suggestion })}</Button>}
          {all.length > 1 && all.slice(0, 5).map((piece, index) => (
            <Button key={piece} onClick={() => ask(all.filter((_, other) => other !== index).join(" "))}>{t("search.without", { what: piece })}</Button>
          ))}
        </>
      }
    >
      {all.length > 1 ? t("search.none.text") : t("search.none.one")}
    </Empty>
  );
}

function Summary({ page }: { page: SearchPage }) {
  const saving = useSignal(false);
  const filtering = useSignal(false);
  const forms = page.forms ?? [];
  return (
    <div class="row wrap search-line">
      <p aria-live="polite">
        <b class="strong num">{page.exact ? t("search.count", { n: page.total }) : t("search.count.least", { n: page.total })}</b>{" "}
        {page.conversations !== undefined && <span class="soft">{t("search.count.in", { n: page.conversations })} </span>}
        <span class="faint sm num">{t("search.took", { ms: page.took_ms < 10 ? Math.round(page.took_ms * 10) / 10 : Math.round(page.took_ms) })}</span>
      </p>
      {forms.length > 0 && <p class="faint sm hide-s clip forms" title={forms.join(", ")}>{t("search.forms", { forms: forms.slice(0, 6).join(", ") })}</p>}
      {page.note && <p class="faint sm">{page.note}</p>}
      <span class="push row wrap">
        <Button small icon="filter" class="only-m" onClick={() => (filtering.value = true)}>{t("search.refine")}</Button>
        <Segments label={t("search.order")} value={order.value} onPick={sort} options={[{ value: "newest", text: t("search.newest") }, { value: "relevance", text: t("search.relevance") }]} />
        {query.value && <Button small icon="bookmark" class="hide-s" onClick={() => (saving.value = true)}>{t("search.save")}</Button>}
        <Button small icon="link" label={t("link.copy")} class="hide-s" onClick={() => void copy(absolute(place.value.path + place.value.search))} />
      </span>
      {saving.value && <SaveDialog onClose={() => (saving.value = false)} />}
      {filtering.value && (
        <Dialog title={t("search.refine")} onClose={() => (filtering.value = false)} sheet>
          <FacetList />
          <div class="row dialog-acts"><Button kind="main" onClick={() => (filtering.value = false)}>{t("search.show", { n: page.total })}</Button></div>
        </Dialog>
      )}
    </div>
  );
}

export function SearchRoom() {
  const now = found.value;
  const page = valueOf(now);
  const wrong = now.kind === "failed" && now.problem.code.startsWith("invalid") ? now.problem : undefined;
  const step1 = (by: 1 | -1) => () => {
    const hit = step(by);
    if (hit) requestAnimationFrame(() => { const row = document.getElementById(`hit-${hit.id}`); row?.focus({ preventScroll: true }); row?.scrollIntoView({ block: "nearest" }); });
  };
  const current = () => page?.hits.find((hit) => hit.id === selected.value);
  const open = () => { const hit = current(); if (hit) go(hrefOf(hit)); };
  useKeys({
    KeyJ: step1(1), ArrowDown: step1(1), KeyK: step1(-1), ArrowUp: step1(-1), Enter: open, KeyO: open,
    Space: () => (previewOn.value = !previewOn.value),
    KeyU: () => select(undefined), Escape: () => select(undefined),
    KeyC: () => { const hit = current(); void copy(absolute(hit ? hrefOf(hit) : place.value.path + place.value.search)); },
    KeyF: () => document.querySelector<HTMLInputElement>(".facets input")?.focus(),
  });
  const title = query.value ? t("search.title.query", { query: query.value }) : t("search.title");
  const withPane = previewOn.value && preview.value.kind !== "idle" && selected.value > 0;
  return (
    <Frame crumbs={[{ text: t("room.search") }]}>
      <div class="search-top">
        <Title text={title} hidden />
        <SavedList />
      </div>
      <QueryBar problem={wrong} />
      {page && !wrong && <Summary page={page} />}
      {!page && now.kind !== "failed" && <div class="gap-above"><Bones rows={6} /></div>}
      {now.kind === "failed" && !wrong && <div class="gap-above"><Failed problem={now.problem} retry={reload} /></div>}
      {page && !wrong && (
        <div class={`search-grid ${withPane ? "" : "no-pane"} ${now.kind === "loading" ? "waiting" : ""}`} aria-busy={now.kind === "loading"}>
          <aside class="facets" aria-label={t("search.refine")}><FacetList /></aside>
          {page.total === 0 ? <Nothing page={page} /> : <HitList page={page} />}
          {withPane && <Preview forms={page.forms ?? []} hit={current()} />}
          {!withPane && page.total > 0 && <p class="pane-hint faint sm">{t("search.pane.hint")}</p>}
        </div>
      )}
      <p class="vh" role="status">{page && now.kind === "ready" ? t("search.live", { n: num(page.total) }) : ""}</p>
    </Frame>
  );
}
