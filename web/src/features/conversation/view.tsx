// SPDX-License-Identifier: AGPL-3.0-or-later
import { useEffect, useRef } from "preact/hooks";
import type { Conversation } from "../../api/types";
import { fullTime, longDate, num, shortDate } from "../../lib/format";
import { t } from "../../lib/i18n";
import { useKeys } from "../../lib/keys";
import { valueOf } from "../../lib/loadable";
import { go, place, withParams } from "../../router";
import { Button } from "../../ui/button";
import { printAll } from "../../ui/chunks";
import { Avatar, ChannelIcon, channelName } from "../../ui/mark";
import { toast } from "../../ui/float";
import { Card, Title } from "../../ui/page";
import { Bones, Failed } from "../../ui/state";
import { may, session } from "../session/state";
import { absolute, copy } from "../../ui/copy";
import { Frame } from "../shell/view";
import { Replay } from "./replay";
import { asOf, gather, gathering, grow, growing, id, moment, reload, replayOn, replayTo, talk, target } from "./state";
import { Earlier, Thread } from "./thread";
import { walk } from "./walk";

const channelsOf = (one: Conversation) => one.channels;

// Printing takes the whole of it, not what happens to be loaded.
function printWhole(): void {
  void gather().then((got) => {
    if (got === "part") toast(t("print.part"));
    if (got !== "failed") printAll();
  });
}

const inMessage = (selector: string) => document.activeElement?.closest("[data-message]")?.querySelector<HTMLElement>(selector);

function Side({ one }: { one: Conversation }) {
  const others = one.parties.filter((party) => !party.own);
  const us = one.parties.filter((party) => party.own);
  const list = (people: typeof one.parties) => (
    <ul class="list">
      {people.map((party) => (
        <li class="row" key={party.address + party.name}>
          <Avatar name={party.name || party.address} />
          <div class="grow"><b class="strong">{party.name || party.address}</b>{party.name && <p class="xs faint clip">{party.address}</p>}</div>
          <span class="sm faint num" title={t("conversation.count", { n: party.messages })}>{num(party.messages)}</span>
        </li>
      ))}
    </ul>
  );
  return (
    <aside class="conv-side" aria-label={t("conversation.side")}>
      {others.length > 0 && <Card title={t("conversation.clients")} aside={may("read") && others[0] ? <a class="xs" href={`/clients?q=${encodeURIComponent(others[0].address)}`}>{t("conversation.client.card")}</a> : undefined}>{list(others)}</Card>}
      {us.length > 0 && <Card title={t("conversation.us")}>{list(us)}</Card>}
      <Card title={t("conversation.facts")}>
        <dl class="facts">
          <dt>{t("conversation.messages")}</dt><dd>{num(one.total)}</dd>
          <dt>{t("conversation.from")}</dt><dd>{longDate(one.first)}</dd>
          <dt>{t("conversation.to")}</dt><dd>{longDate(one.last)}</dd>
          <dt>{t("conversation.channels")}</dt><dd>{channelsOf(one).map(channelName).join(", ")}</dd>
        </dl>
        {may("search") && <p class="gap-above"><a class="sm" href={`/search?q=${encodeURIComponent(`conversation:${one.id}`)}`}>{t("conversation.search")}</a></p>}
      </Card>
      <p class="xs faint side-foot">{t("access.noted")}</p>
    </aside>
  );
}

export function ConversationRoom() {
  const now = talk.value;
  const loaded = valueOf(now);
  const one = loaded?.id === id.value ? loaded : undefined;
  const placed = useRef("");
  useEffect(() => {
    if (!one || now.kind !== "ready") return;
    const mark = `${one.id} ${target.value}`;
    if (placed.current === mark) return;
    placed.current = mark;
    const row = target.value ? document.getElementById(`m-${target.value}`) : null;
    row?.scrollIntoView({ block: "center" });
    row?.focus({ preventScroll: true });
  }, [one, now.kind, target.value]);
  useKeys({
    KeyJ: () => walk(1), KeyK: () => walk(-1), KeyU: () => history.back(),
    KeyC: () => void copy(absolute(place.value.path + place.value.search + place.value.hash)),
    KeyP: () => inMessage(".seal-button")?.click(),
    KeyV: () => inMessage(".versions")?.toggleAttribute("open"),
    KeyT: () => inMessage(".tag-act")?.click(),
    "Ctrl+KeyP": printWhole,
    Period: () => inMessage(".more")?.click(),
    BracketLeft: () => { replayOn.value = true; replayTo(Math.max(1, moment.value - 1)); },
    BracketRight: () => { replayOn.value = true; replayTo(moment.value + 1); },
  });
  const title = one?.title || t("conversation.untitled");
  return (
    <Frame bare crumbs={[{ text: t("room.search"), href: "/search" }, { text: title }]}>
      {!one && (now.kind === "failed" ? <div class="page"><Title text={t("conversation.untitled")} hidden /><Failed problem={now.problem} retry={reload} /></div> : <div class="page"><Bones rows={6} /></div>)}
      {one && (
        <div class={`conv ${asOf.value ? "replaying" : ""}`}>
          <div class="conv-main">
            <div class="conv-head row top wrap">
              <div class="grow conv-title">
                <Title text={title} quote />
                <p class="row wrap sm soft">
                  <span class="row channels">{channelsOf(one).map((channel) => <ChannelIcon channel={channel} key={channel} />)}</span>
                  <span>{t("conversation.since", { n: one.total, date: shortDate(one.first) })}</span>
                </p>
                <p class="print-only">{t("print.foot", { who: session.value?.user.name ?? "", when: fullTime(new Date().toISOString()), first: longDate(one.first), last: longDate(one.last) })}</p>
                {(one.more_before || one.more_after) && <p class="print-only">{t("print.some", { n: one.items.length, all: one.total })}</p>}
              </div>
              <div class="row conv-acts">
                {one.density && one.density.length > 1 && <Button icon="history" label={t("replay.title")} pressed={replayOn.value || Boolean(asOf.value)} onClick={() => { replayOn.value = !replayOn.value; if (!replayOn.value && asOf.value) go(withParams({ "as-of": undefined }), { replace: true }); }} />}
                <Button icon="link" label={t("link.copy")} onClick={() => void copy(absolute(place.value.path + place.value.search))} />
                <Button icon="print" label={t("action.print")} busy={gathering.value} onClick={printWhole} />
              </div>
            </div>
            {(replayOn.value || asOf.value) && <Replay />}
            {asOf.value && <div class="replay-line row wrap"><span class="grow">{t("replay.note")}</span><Button small onClick={() => go(withParams({ "as-of": undefined }), { replace: true })}>{t("replay.today")}</Button></div>}
            {one.more_before && <Earlier text={t("conversation.earlier")} busy={growing.value === "before"} onClick={() => void grow("before")} />}
            <div aria-busy={now.kind === "loading"}><Thread name={`${one.id} ${asOf.value}`} items={one.items} begin={one.begin} total={one.total} current={target.value} /></div>
            {one.more_after && <Earlier text={t("conversation.later")} busy={growing.value === "after"} onClick={() => void grow("after")} near />}
            {now.kind === "failed" && <Failed problem={now.problem} retry={reload} />}
          </div>
          <Side one={one} />
        </div>
      )}
    </Frame>
  );
}
