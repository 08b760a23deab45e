// SPDX-License-Identifier: AGPL-3.0-or-later
// One room: its title in the window, its heading, and the focus on the heading after a change of room.
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { moved } from "../router";
import { t } from "../lib/i18n";

export function Title({ text, hidden, quote }: { text: string; hidden?: boolean; quote?: boolean }) {
  const head = useRef<HTMLHeadingElement>(null);
  const seen = useRef(0);
  useEffect(() => {
    document.title = `${text} · ${t("brand")}`;
  }, [text]);
  const turn = moved.value;
  useEffect(() => {
    if (turn > 0 && turn !== seen.current && !location.hash) head.current?.focus({ preventScroll: true });
    seen.current = turn;
  }, [turn]);
  return <h1 ref={head} tabIndex={-1} class={`${hidden ? "vh" : ""} ${quote ? "serif" : ""}`}>{text}</h1>;
}

export function PageHead({ title, lede, children }: { title: string; lede?: ComponentChildren; children?: ComponentChildren }) {
  return (
    <div class="page-head">
      <div class="grow">
        <Title text={title} />
        {lede && <p class="lede">{lede}</p>}
      </div>
      {children && <div class="row wrap">{children}</div>}
    </div>
  );
}

export function Card({ title, aside, children, class: look }: { title?: string; aside?: ComponentChildren; children: ComponentChildren; class?: string }) {
  return (
    <section class={`card ${look ?? ""}`}>
      {title && <header><h2>{title}</h2>{aside && <span class="push row wrap">{aside}</span>}</header>}
      <div class="body">{children}</div>
    </section>
  );
}
