// SPDX-License-Identifier: AGPL-3.0-or-later
// The chronicle: a spine, the channels on it, bubbles for chats, sheets for letters.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { address } from "../../api/client";
import type { Message, Person } from "../../api/types";
import { clock, dayTitle, fullTime, listTime } from "../../lib/format";
import { locale, t } from "../../lib/i18n";
import { Icon } from "../../ui/icon";
import { ChannelIcon, channelName, Mark } from "../../ui/mark";
import { Button, Segments } from "../../ui/button";
import { Chunks, printing } from "../../ui/chunks";
import { Files } from "./files";
import { ProofBadge } from "./proof";
import { tag } from "./state";
import { serviceText } from "./service";
import { Diff, Paragraphs, Words } from "./text";
import { MessageMenu } from "./menu";
import "./conversation.css";

const people = (some: Person[] | undefined) => (some ?? []).map((one) => one.address || one.name).join(", ");
const lines = (text: string) => text.trim().split("\n").length;
export const isLetter = (message: Message) => ["email", "mail", "e-mail"].includes(message.channel);
const isCall = (message: Message) => ["call", "note", "calls"].includes(message.channel);

interface Shown { message: Message; words: string[]; compact: boolean }

function Fold({ message }: { message: Message }) {
  const folded = (message.parts ?? []).filter((part) => part.kind !== "text" && part.text.trim());
  if (folded.length === 0) return null;
  const kinds = new Set(folded.map((part) => part.kind));
  const key = kinds.size === 2 ? "message.fold.both" : kinds.has("quote") ? "message.fold.quote" : "message.fold.signature";
  return (
    <details class="fold">
      <summary><Icon name="dots" size="s" />{t(key, { n: folded.reduce((sum, part) => sum + lines(part.text), 0) })}</summary>
      {folded.map((part, index) => <div class={`fold-text ${part.kind}`} key={index}><Words text={part.text.trim()} /></div>)}
    </details>
  );
}

function spoken(message: Message): string {
  const parts = (message.parts ?? []).filter((part) => part.kind === "text" && part.text.trim());
  return parts.length ? parts.map((part) => part.text).join("\n\n") : message.parts?.length ? "" : message.text;
}

function Versions({ message }: { message: Message }) {
  if (message.versions.length < 2) return null;
  const all = message.versions;
  return (
    <details class="versions">
      <summary><Icon name="right" size="s" turn />{t("message.versions", { n: all.length })}</summary>
      <ol>
        {all.map((version, index) => {
          const next = all[index + 1];
          const before = all[index - 1];
          return (
            <li key={version.id}>
              <time dateTime={version.date} title={fullTime(version.date)}>{clock(version.date)}</time>
              <span>{next ? <Diff before={version.text} after={next.text} show="before" /> : before ? <Diff before={before.text} after={version.text} show="after" /> : version.text}</span>
            </li>
          );
        })}
      </ol>
    </details>
  );
}

function Html({ message }: { message: Message }) {
  const tall = useSignal(false);
  const guess = Math.min(520, Math.max(240, 90 + Math.ceil(message.text.length / 70 + lines(message.text) * 0.6) * 20));
  return (
    <div class="html-letter">
      <div class="remote"><Icon name="image" size="s" /><span class="grow">{t("message.remote")}</span>
        <button type="button" class="chip" aria-pressed={tall.value} onClick={() => (tall.value = !tall.value)}>{t(tall.value ? "message.html.less" : "message.html.more")}</button></div>
      <iframe
        sandbox="allow-popups allow-popups-to-escape-sandbox" src={address(`/messages/${message.id}/html`)} title={t("message.html.title", { subject: message.subject || t("message.no_subject") })} loading="lazy" referrerpolicy="no-referrer"
        style={{ height: tall.value ? "80vh" : `${guess}px` }}
      />
      <div class="print-only text"><Paragraphs text={message.text} /></div>
    </div>
  );
}

function Letter({ message, words, compact }: Shown) {
  const Head = compact ? "h3" : "h2";
  const way = useSignal<"html" | "text">(message.has_html && words.length === 0 ? "html" : "text");
  return (
    <div class="letter">
      <header>
        <div class="row top wrap">
          <Head class="subject serif grow">{message.subject || t("message.no_subject")}</Head>
          {message.has_html && !compact && <Segments label={t("message.view")} value={way.value} onPick={(next) => (way.value = next)} options={[{ value: "html", text: t("message.view.html") }, { value: "text", text: t("message.view.text") }]} />}
        </div>
        {!compact && (
          <dl class="addr">
            <dt>{t("message.from")}</dt><dd>{message.from.address}</dd>
            <dt>{t("message.to")}</dt><dd>{people(message.to) || "—"}{message.cc?.length ? `, ${t("message.cc")}: ${people(message.cc)}` : ""}{message.bcc?.length ? `, ${t("message.bcc")}: ${people(message.bcc)}` : ""}</dd>
          </dl>
        )}
      </header>
      {message.has_html && way.value === "html" && !compact ? <Html message={message} /> : (
        <>
          {spoken(message).trim() && <div class={`text ${compact ? "shorter" : ""}`}><Paragraphs text={spoken(message)} words={words} /></div>}
          {!compact && <Fold message={message} />}
        </>
      )}
      <Files message={message.id} files={message.attachments} />
    </div>
  );
}

function Note({ message, words }: Shown) {
  return <div class="callnote"><Paragraphs text={message.text} words={words} /></div>;
}

function Bubble({ message, words, compact }: Shown) {
  const previous = message.versions.length > 1 ? message.versions[message.versions.length - 2] : undefined;
  const text = spoken(message);
  return (
    <div class="bubble">
      {message.forwarded_from[0] ? <p class="xs faint">{t("message.forwarded")}: {message.forwarded_from[0].name || message.forwarded_from[0].address}</p> : null}
      {text && (previous && words.length === 0 ? <Diff before={previous.text} after={text} show="after" /> : <Words text={text} words={words} />)}
      {!compact && <Fold message={message} />}
      <Files message={message.id} files={message.attachments} />
      {!compact && <Versions message={message} />}
    </div>
  );
}

function Meta({ message, compact, head }: { message: Message; compact: boolean; head: boolean }) {
  const last = message.versions[message.versions.length - 1];
  return (
    <div class="meta">
      {head && <b>{message.from.name || message.from.address}</b>}
      <time dateTime={message.date} title={fullTime(message.date)}>{clock(message.date)}</time>
      <span class="print-only">{fullTime(message.date)}, {channelName(message.channel)}</span>
      {message.edited && <Mark icon="pencil">{t("message.edited.at", { time: last ? clock(last.date) : "" })}</Mark>}
      {message.deleted && <Mark icon="trash">{t("message.deleted.at", { who: message.deleted.by || (message.own ? t("message.by.us") : t("message.by.client")), time: clock(message.deleted.date) })}</Mark>}
      {message.marks?.includes("unparsed") && <Mark tone="warn" icon="alert">{t("message.unparsed")}</Mark>}
      {message.marks?.filter((mark) => mark !== "unparsed").map((mark) => <Mark key={mark}>{mark}</Mark>)}
      {!compact && !printing.value && <span class="push row meta-acts"><ProofBadge message={message.id} record={message.record} /><MessageMenu message={message} /></span>}
    </div>
  );
}

function State({ message }: { message: Message }) {
  const reactions = message.reactions ?? [];
  if (!message.deleted && !message.tags?.length && reactions.length === 0 && !message.marks?.includes("unparsed")) return null;
  return (
    <div class="state-line">
      {message.deleted && <span>{t(message.channel === "other" ? "message.deleted.kept.other" : "message.deleted.kept", { channel: channelName(message.channel), time: listTime(message.deleted.date) })}</span>}
      {reactions.map((one, index) => <span class="mark" key={index}>{typeof one === "string" ? one : `${one.emoji} ${one.count}`}</span>)}
      {message.tags?.map((name) => (
        <span class="tok small" key={name}><Icon name="tag" size="s" />&nbsp;{name}<button type="button" aria-label={t("message.tag.remove", { name })} onClick={() => void tag(message.id, name, false)}><Icon name="x" size="s" /></button></span>
      ))}
      {message.marks?.includes("unparsed") && <a href={`/message/m-${message.id}/source`}>{t("message.unparsed.raw")}</a>}
    </div>
  );
}

// Where a message stands: the first of its day, or soon after one of the same author.
function placeOf(message: Message, before: Message | undefined): { day?: string; near: boolean } {
  const day = dayTitle(message.date);
  if (!before || dayTitle(before.date) !== day) return { day, near: false };
  const same = before.from.address === message.from.address && before.from.name === message.from.name && before.channel === message.channel;
  return { near: same && !before.service && new Date(message.date).getTime() - new Date(before.date).getTime() < 300_000 && !isLetter(message) };
}

function Entry({ message, before, words, compact, current, place, of }: Shown & { before: Message | undefined; current: boolean; place?: number | undefined; of?: number | undefined }) {
  const { day, near } = placeOf(message, before);
  const letter = isLetter(message);
  const classes = ["msg", letter ? "mail" : isCall(message) ? "noted" : "chat", message.own ? "us" : "", message.deleted ? "gone" : "", near ? "near" : "", current ? "current" : ""].filter(Boolean).join(" ");
  return (
    <div class="entry">
      {day && <div class="day">{day}</div>}
      {message.service ? (
        <p class="service" id={`m-${message.id}`} tabIndex={-1}>{clock(message.date)} {serviceText(message)}</p>
      ) : (
        <article class={classes} id={`m-${message.id}`} tabIndex={-1} data-message={message.id} aria-posinset={place} aria-setsize={of} aria-label={t("message.label", { who: message.from.name || message.from.address, when: listTime(message.date), channel: channelName(message.channel) })}>
          {!near && <ChannelIcon channel={message.channel} />}
          <Meta message={message} compact={compact} head={!near} />
          {letter ? <Letter message={message} words={words} compact={compact} /> : isCall(message) ? <Note message={message} words={words} compact={compact} /> : <Bubble message={message} words={words} compact={compact} />}
          {!compact && <State message={message} />}
        </article>
      )}
    </div>
  );
}

interface Props { name: string; items: Message[]; begin?: number | undefined; total?: number; words?: string[]; current?: number; compact?: boolean }

export function Thread({ name, items, begin = 0, total, words = [], current = 0, compact = false }: Props) {
  return (
    <div class={`thread ${compact ? "compact" : ""}`} lang={locale.value}>
      <Chunks
        name={`thread ${name}`} items={items} begin={begin} estimate={120} pinned={(message) => message.id === current}
        row={(message, index) => <Entry key={message.id} message={message} before={items[index - 1]} words={words} compact={compact} current={message.id === current} place={total === undefined ? undefined : begin + index + 1} of={total} />}
      />
    </div>
  );
}

// A button that presses itself when the reader comes near.
export function Earlier({ text, busy, onClick, near = false }: { text: string; busy: boolean; onClick: () => void; near?: boolean }) {
  const box = useRef<HTMLDivElement>(null);
  const press = useRef(onClick);
  press.current = onClick;
  useEffect(() => {
    if (!near || !box.current) return;
    const watch = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && press.current(), { rootMargin: "1200px 0px" });
    watch.observe(box.current);
    return () => watch.disconnect();
  }, [near, busy]);
  return <div class="earlier" ref={box}><Button busy={busy} onClick={onClick}>{text}</Button></div>;
}
