// SPDX-License-Identifier: AGPL-3.0-or-later
import type { Source, Sums } from "../../api/types";
import { listTime, longDate, num, saidTime } from "../../lib/format";
import { t } from "../../lib/i18n";
import { valueOf } from "../../lib/loadable";
import { go } from "../../router";
import { Button } from "../../ui/button";
import { complain } from "../../ui/float";
import { balanced, Equation } from "../../ui/equation";
import { ChannelIcon, Mark } from "../../ui/mark";
import { Card, PageHead } from "../../ui/page";
import { Empty, Load } from "../../ui/state";
import { archive, may } from "../session/state";
import { Frame } from "../shell/view";
import { retry, running } from "./importing";
import { DropZone, Progress } from "./intake";
import { itemText, reasonText } from "./reasons";
import { books, importing, open, refusals, reload, reloadRefusals, type Books } from "./state";
import "../start/start.css";
import "./sources.css";

// What refused everything has no title, only the place where it was: "files:broken.zip".
const nameOf = (one: Source): string => one.title || one.source.replace(/^files:(?=.)/, "");

function state(one: Source) {
  if (!one.balanced || !balanced(one)) return <Mark tone="alert" icon="alert">{t("books.broken")}</Mark>;
  if (one.pending > 0) return <Mark tone="info" icon="refresh">{t("sources.catching", { n: one.pending })}</Mark>;
  if (one.unfinished_runs) return <Mark tone="warn" icon="alert">{t("sources.unfinished", { n: one.unfinished_runs })}</Mark>;
  return <Mark tone="ok" icon="check">{t("books.fits")}</Mark>;
}

// The files stay, sealed, for a while: what could not be read today may be readable with the next version.
function RetryLine({ one }: { one: Source }) {
  if (!may("import_messages")) return null;
  if (!one.retry_until) return <p class="sm soft">{t("sources.retry.gone")}</p>;
  return (
    <div class="row wrap retry-line">
      <p class="sm soft grow">{t("sources.retry.text", { date: longDate(one.retry_until) })}</p>
      <Button small icon="refresh" busy={running.value.length > 0} onClick={() => void retry(one.id).catch(complain)}>{t("sources.retry")}</Button>
    </div>
  );
}

function Refusals({ one }: { one: Source }) {
  return (
    <tr class="sel">
      <td colSpan={8} class="wide below">
        <div class="card"><div class="body">
          <div class="row wrap"><h2 class="grow">{t("sources.refusals.of", { name: nameOf(one), n: one.refused })}</h2><Button small kind="quiet" icon="x" href="/sources" label={t("action.close")} /></div>
          {one.refused === 0 ? <p class="soft">{t("sources.refusals.none")}</p> : (
            <>
            <RetryLine one={one} />
            <Load of={refusals.value} retry={reloadRefusals} rows={2}>
              {(items) => <ul class="list sm refusals">{items.map((item, index) => <li class="row top" key={index}><span class="grow break">{itemText(item.item)}</span><span class="soft reason">{reasonText(item)}</span></li>)}</ul>}
            </Load>
            </>
          )}
        </div></div>
      </td>
    </tr>
  );
}

function Row({ one }: { one: Source }) {
  const cell = (value: number, label: string, look = "") => <td class={`n num ${look}`} data-l={label}>{num(value)}</td>;
  const on = open.value === one.id;
  const times = one.files ? t("sources.files", { files: one.files, runs: one.runs }) : t("sources.runs", { runs: one.runs });
  return (
    <>
      <tr class={on ? "sel" : ""}>
        <td class="wide"><span class="row"><ChannelIcon channel={one.channel} /><span class="grow"><a class="strong plain-link" href={on ? "/sources" : `/sources/${one.id}`} aria-expanded={on}>{nameOf(one)}</a><span class="xs faint block">{times}</span></span></span></td>
        {cell(one.seen, t("books.seen"))}
        {cell(one.stored, t("books.stored"))}
        {cell(one.duplicates, t("books.duplicates"), "soft")}
        {cell(one.refused, t("books.refused"), one.refused ? "warn" : "")}
        {cell(one.pending, t("books.pending"), "soft")}
        <td class="num soft" data-l={t("sources.last.short")}>{one.last ? listTime(one.last) : t("sources.never")}</td>
        <td class="wide">{state(one)}</td>
      </tr>
      {on && <Refusals one={one} />}
    </>
  );
}

function Table({ items, total }: Books) {
  const head = (text: string, right = true) => <th scope="col" class={right ? "n" : ""}>{text}</th>;
  return (
    <div class="table-wrap" tabIndex={0} role="region" aria-label={t("sources.table")}>
      <table class="table cards-s even sources-table">
        <caption class="vh">{t("sources.table")}</caption>
        <thead><tr>{head(t("sources.source"), false)}{head(t("books.Seen"))}{head(t("books.Stored"))}{head(t("books.Duplicates"))}{head(t("books.Refused"))}{head(t("books.Pending"))}{head(t("sources.last"), false)}{head(t("sources.state"), false)}</tr></thead>
        <tbody>{items.map((one) => <Row one={one} key={one.id} />)}</tbody>
        <tfoot class="hide-s"><tr><td>{t("sources.total")}</td>{(["seen", "stored", "duplicates", "refused", "pending"] as (keyof Sums)[]).map((name) => <td class="n num" key={name}>{num(total[name] ?? 0)}</td>)}<td colSpan={2} /></tr></tfoot>
      </table>
    </div>
  );
}

function Import() {
  return (
    <Frame crumbs={[{ text: t("room.sources"), href: "/sources" }, { text: t("sources.add") }]}>
      <PageHead title={t("start.bring.title")} lede={t("start.bring.text")} />
      <div class="stack"><DropZone /><Progress />{running.value.length > 0 && <p class="sm faint">{t("start.bring.goes_on")}</p>}</div>
    </Frame>
  );
}

export function SourcesRoom() {
  if (importing.value || !may("sources_view")) return <Import />;
  const now = valueOf(books.value);
  const fits = now ? balanced(now.total) && now.items.every((one) => one.balanced) : true;
  const checked = valueOf(archive.value)?.integrity.checked_at;
  return (
    <Frame crumbs={[{ text: t("room.sources") }]}>
      <PageHead title={now && now.items.length > 0 ? t(fits ? "sources.title.fits" : "sources.title.broken") : t("room.sources")} lede={t("sources.lede")}>
        {may("import_messages") && <Button kind="main" icon="plus" onClick={() => go("/sources/import")}>{t("sources.add")}</Button>}
      </PageHead>
      <div class="stack">
        <Progress short />
        <Load of={books.value} retry={reload} rows={6}>
          {(all) => all.items.length === 0 ? <Empty title={t("sources.none")} action={<Button icon="upload" href="/sources/import">{t("sources.add")}</Button>}>{t("sources.none.text")}</Empty> : (
            <>
              <Card><div class="row wrap sources-sum"><div class="grow"><Equation sums={all.total} label={t("sources.balance")} /></div>{checked && <p class="sm soft hide-s">{t("sources.checked", { time: saidTime(checked) })}</p>}</div></Card>
              <Table {...all} />
            </>
          )}
        </Load>
      </div>
    </Frame>
  );
}
