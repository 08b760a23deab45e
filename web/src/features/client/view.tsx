// SPDX-License-Identifier: AGPL-3.0-or-later
import { useSignal } from "@preact/signals";
import type { Client, ClientRow, TimelineRow } from "../../api/types";
import { listTime, monthYear, num, saidTime, shortMonthYear, sinceMonth } from "../../lib/format";
import { locale, t } from "../../lib/i18n";
import { useKeys } from "../../lib/keys";
import { Button } from "../../ui/button";
import { Chunks } from "../../ui/chunks";
import { Icon } from "../../ui/icon";
import { Avatar, ChannelIcon, channelName, Mark, Time } from "../../ui/mark";
import { Card, PageHead, Title } from "../../ui/page";
import { Rows } from "../../ui/rows";
import { Bones, Empty, Failed, Load } from "../../ui/state";
import { SeenBy } from "../admin/audit";
import { may, session } from "../session/state";
import { Frame } from "../shell/view";
import { client, filter, growing, id, narrow, older, reload, reloadRows, rows, tab, timeline } from "./state";
import "./client.css";

const spelled = (one: ClientRow) => one.addresses.map(({ address }) => address);
const since = (one: Client) => (one.activity[0] ? sinceMonth(one.activity[0].month) : "");

function Row({ one, place }: { one: ClientRow; place: number | undefined }) {
  return (
    <tr aria-rowindex={place}>
      <td class="wide"><span class="row"><Avatar name={one.name} /><span class="grow"><a class="strong plain-link" href={`/client/${one.id}`}>{one.name}</a><span class="xs faint clip block">{spelled(one).join(", ")}</span></span></span></td>
      <td class="wide"><span class="row wrap channel-row">{one.channels.map((channel) => <ChannelIcon channel={channel} key={channel} />)}</span></td>
      <td class="n num" data-l={t("clients.messages.short")}>{num(one.messages)}</td>
      <td class="n num soft" data-l={t("clients.last.short")}><Time at={one.last} /></td>
    </tr>
  );
}

export function ClientsRoom() {
  const text = useSignal(filter.value);
  useKeys({ KeyF: () => document.getElementById("client-filter")?.focus() });
  return (
    <Frame crumbs={[{ text: t("room.clients") }]}>
      <PageHead title={t("room.clients")} lede={t("clients.lede")} />
      <div class="input filter-field"><Icon name="search" /><input id="client-filter" aria-label={t("clients.filter")} placeholder={t("clients.filter")} value={text.value} onInput={(event) => { text.value = event.currentTarget.value; narrow(text.value); }} /></div>
      <Load of={rows.value} retry={reloadRows} rows={6}>
        {(items) => items.length === 0 ? <Empty title={t(filter.value ? "clients.none.filter" : "clients.none")}>{!filter.value && t("clients.none.text")}</Empty> : (
          <Rows
            name="clients" caption={t("room.clients")} items={items} columns={[{ text: t("clients.name") }, { text: t("clients.channels") }, { text: t("clients.messages"), number: true }, { text: t("clients.last"), number: true }]}
            row={(one, place) => <Row one={one} key={one.id} place={place["aria-rowindex"]} />}
          />
        )}
      </Load>
    </Frame>
  );
}

function Activity({ months }: { months: Client["activity"] }) {
  const some = months.slice(-24);
  const first = some[0];
  const last = some[some.length - 1];
  if (!first || !last) return null;
  const most = Math.max(1, ...some.map((one) => one.count));
  const top = some.find((one) => one.count === most) ?? first;
  return (
    <Card title={t("client.activity")} aside={<span class="xs faint num">{t("client.activity.most", { n: most })}</span>}>
      <div class="columns" role="img" aria-label={t("client.activity.label", { from: sinceMonth(first.month), to: monthYear(last.month), top: monthYear(top.month), n: most })}>
        {some.map((one) => <span key={one.month} title={t("search.facet.month", { month: monthYear(one.month), n: one.count })}><i style={{ height: `${one.count ? Math.max(4, Math.round((one.count / most) * 100)) : 0}%` }} /></span>)}
      </div>
      <div class="row xs faint columns-scale"><span>{shortMonthYear(first.month)}</span><span class="push">{shortMonthYear(last.month)}</span></div>
      <details class="as-table"><summary class="xs">{t("client.activity.table")}</summary>
        <table class="table"><thead><tr><th scope="col">{t("client.month")}</th><th scope="col" class="n">{t("clients.messages")}</th></tr></thead><tbody>{[...some].reverse().map((one) => <tr key={one.month}><td>{monthYear(one.month)}</td><td class="n num">{num(one.count)}</td></tr>)}</tbody></table></details>
    </Card>
  );
}

function Entry({ row, place, of }: { row: TimelineRow; place: number; of: number }) {
  const text = row.text;
  return (
    <li aria-posinset={place} aria-setsize={of}>
      <ChannelIcon channel={row.channel} />
      <div class="row base"><a class="strong grow plain-link" href={`/conversation/${encodeURIComponent(row.conversation)}#m-${row.id}`}>{row.subject || t("client.wrote", { who: row.from.name || row.from.address })}</a><span class="when"><Time at={row.date} /></span></div>
      {row.subject && <p class="sm soft">{row.from.name || row.from.address}</p>}
      {text && <p class="quote soft three-lines">{t("quote", { text })}</p>}
      {(row.attachments > 0 || row.edited || row.deleted) && (
        <div class="row wrap gap-small">
          {row.attachments > 0 && <Mark icon="clip">{t("message.files", { n: row.attachments })}</Mark>}
          {row.edited && <Mark icon="pencil">{t("message.edited")}</Mark>}
          {row.deleted && <Mark icon="trash">{t("message.deleted")}</Mark>}
        </div>
      )}
    </li>
  );
}

function Timeline({ one }: { one: Client }) {
  return (
    <Card title={t("client.timeline")}>
      <Load of={timeline.value} retry={reload}>
        {({ items, cursor }) => items.length === 0 ? <Empty title={t("client.timeline.none")} /> : (
          <>
            <Chunks as="ol" look="tl" name={`timeline ${one.id}`} items={items} estimate={84} row={(row, index) => <Entry row={row} key={row.id} place={index + 1} of={one.messages} />} />
            {cursor && <Button class="full" busy={growing.value} onClick={() => void older()}>{t("client.older", { n: one.messages - items.length, date: since(one) })}</Button>}
          </>
        )}
      </Load>
    </Card>
  );
}

function Talks({ one, short }: { one: Client; short?: boolean }) {
  const some = short ? one.conversations.slice(0, 6) : one.conversations;
  return (
    <Card title={t("client.conversations")} aside={short && one.conversations.length > some.length ? <a class="xs" href={`/client/${one.id}/conversations`}>{t("client.all", { n: one.conversations.length })}</a> : undefined}>
      {some.length === 0 ? <Empty title={t("client.conversations.none")} /> : (
        <ul class="list">
          {some.map((talk) => (
            <li class="row top" key={talk.id}>
              <ChannelIcon channel={talk.channel} />
              <div class="grow"><a class="medium plain-link" href={`/conversation/${encodeURIComponent(talk.id)}`}>{talk.title || t("conversation.untitled")}</a><p class="xs faint">{t("conversation.count", { n: talk.messages })}, {listTime(talk.last)}</p></div>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function Body({ one }: { one: Client }) {
  const seen = useSignal(false);
  const email = spelled(one)[0] ?? one.name;
  return (
    <>
      <div class="page-head">
        <div class="row top grow client-head"><Avatar name={one.name} size="big" />
          <div class="grow"><Title text={one.name} quote /><p class="row wrap soft sm client-line"><span>{t("client.since", { date: since(one) })}</span><span>{t("conversation.count", { n: one.messages })}</span><span>{t("client.last", { time: saidTime(one.last) })}</span></p></div></div>
        {may("audit_view") && <Button icon="eye" onClick={() => (seen.value = true)}>{t("access.title")}</Button>}
        {may("search") && <Button icon="search" href={`/search?q=${encodeURIComponent(locale.value === "ru" ? `от:"${email}" ИЛИ кому:"${email}"` : `from:"${email}" OR to:"${email}"`)}`}>{t("client.search")}</Button>}
      </div>
      <nav class="tabs" aria-label={t("client.tabs")}>
        <a href={`/client/${one.id}/timeline`} aria-current={tab.value === "timeline" ? "page" : undefined}>{t("client.timeline")}</a>
        <a href={`/client/${one.id}/conversations`} aria-current={tab.value === "conversations" ? "page" : undefined}>{t("client.conversations")} <span class="faint num">{num(one.conversations.length)}</span></a>
      </nav>
      {seen.value && <SeenBy path={`/clients/${encodeURIComponent(one.id)}/access`} onClose={() => (seen.value = false)} />}
      {tab.value === "conversations" ? <Talks one={one} /> : (
        <div class="client-grid">
          <div class="stack">
            <Card title={t("client.facts")}>
              <dl class="facts">
                <dt>{t("clients.first")}</dt><dd>{one.activity[0] ? monthYear(one.activity[0].month) : "—"}</dd>
                <dt>{t("clients.last")}</dt><dd><Time at={one.last} /></dd>
                <dt>{t("clients.messages")}</dt><dd class="num">{num(one.messages)}</dd>
                <dt>{t("clients.channels")}</dt><dd>{one.channels.map(channelName).join(", ")}</dd>
              </dl>
            </Card>
            <Card title={t("client.addresses")}><ul class="list sm">{spelled(one).map((address) => <li class="break" key={address}>{address}</li>)}</ul></Card>
          </div>
          <div class="stack"><Activity months={one.activity} /><Timeline one={one} /></div>
          <div class="stack"><Talks one={one} short /></div>
        </div>
      )}
    </>
  );
}

export function ClientRoom() {
  const now = client.value;
  const one = now.kind === "ready" && now.value.id === id.value ? now.value : undefined;
  useKeys({ KeyU: () => history.back() });
  return (
    <Frame crumbs={[{ text: t("room.clients"), href: "/clients" }, { text: one?.name ?? t("clients.name") }]}>
      {one ? <Body one={one} /> : now.kind === "failed" ? <><Title text={t("clients.name")} hidden /><Failed problem={now.problem} retry={reload} /></> : <Bones rows={6} />}
      {one && session.value && <p class="xs faint gap-above">{t("access.noted")}</p>}
    </Frame>
  );
}
