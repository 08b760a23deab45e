// SPDX-License-Identifier: AGPL-3.0-or-later
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useKeys } from "../../lib/keys";
import { t } from "../../lib/i18n";
import { initials, num, saidTime } from "../../lib/format";
import { go, steps } from "../../router";
import { Button } from "../../ui/button";
import { Dialog, Toasts } from "../../ui/float";
import { Brand, Icon } from "../../ui/icon";
import { valueOf } from "../../lib/loadable";
import { position } from "../../api/events";
import { archive, may, session, signOut } from "../session/state";
import { EndWarning, StepUp } from "../session/view";
import { helpOpen, KeysHelp, Palette, paletteOpen } from "./palette";
import { rooms, type Room } from "./rooms";
import "./shell.css";

const moreOpen = signal(false);
const here = (room: Room) => room.paths.includes(steps.value[0] ?? "search");
const shown = () => rooms.filter((room) => may(...room.rights));

function RoomLink({ room }: { room: Room }) {
  return (
    <li>
      <a href={room.href} aria-current={here(room) ? "page" : undefined} title={t(room.name)}>
        <Icon name={room.icon} />
        <span>{t(room.name)}</span>
      </a>
    </li>
  );
}

export function IntegrityLight() {
  const known = valueOf(archive.value);
  if (!known) return null;
  const { state, checked_at, records } = known.integrity;
  const count = position.value?.records ?? known.records;
  // Whoever sees a part of the archive is not told how large it is.
  const time = checked_at ? saidTime(checked_at) : "";
  const line = checked_at ? (!records ? t("integrity.line.part", { time }) : count && count > records ? t("integrity.line.of", { n: records, all: count, time }) : t("integrity.line", { n: records, time })) : count ? t("integrity.line.never", { n: num(count) }) : t("integrity.never");
  const tone = state === "ok" ? "" : state === "fault" ? "alert" : "warn";
  return (
    <a class={`integrity ${tone}`} href={may("integrity_view") ? "/admin/integrity" : "/sources"} title={t(`integrity.${state}`)}>
      <Icon name={state === "ok" ? "seal" : "alert"} />
      <b>{t(`integrity.${state}`)}</b>
      <span>{state === "fault" ? t("integrity.fault.do") : line}</span>
    </a>
  );
}

function Rail() {
  const visible = shown();
  return (
    <nav class="rail" aria-label={t("shell.rooms")}>
      <a class="brand" href="/search"><Brand /><span>{t("brand")}</span></a>
      {([1, 2] as const).map((group) => {
        const some = visible.filter((room) => room.group === group);
        return some.length > 0 && <ul key={group}>{some.map((room) => <RoomLink room={room} key={room.id} />)}</ul>;
      })}
      <IntegrityLight />
    </nav>
  );
}

function TabBar() {
  const visible = shown().slice(0, 4);
  return (
    <nav class="tabbar" aria-label={t("shell.main")}>
      {visible.map((room) => (
        <a href={room.href} key={room.id} aria-current={here(room) ? "page" : undefined}><Icon name={room.icon} />{t(room.name)}</a>
      ))}
      <button type="button" onClick={() => (moreOpen.value = true)}><Icon name="menu" />{t("shell.more")}</button>
    </nav>
  );
}

function MoreSheet() {
  if (!moreOpen.value) return null;
  const close = () => (moreOpen.value = false);
  return (
    <Dialog title={t("shell.more")} onClose={close} sheet>
      <div class="more stack">
        <IntegrityLight />
        <a class="btn" href="/settings" onClick={close}><Icon name="settings" />{t("settings.title")}</a>
        <Button icon="leave" onClick={() => void signOut()}>{t("session.leave")}</Button>
      </div>
    </Dialog>
  );
}

export interface Crumb { text: string; href?: string }

export function Frame({ crumbs, children, bare }: { crumbs: Crumb[]; children: ComponentChildren; bare?: boolean }) {
  const name = session.value?.user.name ?? "";
  useKeys({
    Slash: () => document.querySelector<HTMLInputElement>("[data-search-field]")?.focus() ?? go("/search"),
    "Shift+Slash": () => (helpOpen.value = true),
    "Ctrl+KeyK": () => (paletteOpen.value = !paletteOpen.value),
    ...Object.fromEntries(shown().map((room) => [`KeyG ${room.key}`, () => go(room.href)])),
    "KeyG KeyY": () => go("/settings"),
  });
  return (
    <div class="app">
      <a class="skip" href="#main">{t("shell.skip")}</a>
      <Rail />
      <header class="topbar">
        <div class="crumbs">
          {crumbs.map((crumb, index) => (
            <>
              {index > 0 && <Icon name="right" size="s" />}
              {crumb.href ? <a href={crumb.href} class={index < crumbs.length - 2 ? "hide-s" : ""}>{crumb.text}</a> : <b>{crumb.text}</b>}
            </>
          ))}
        </div>
        {may("search") && steps.value[0] !== "search" && steps.value.length > 0 ? (
          <a class="find" href="/search" aria-label={t("search.title")}><Icon name="search" /><span>{t("search.title")}</span><kbd class="push">/</kbd></a>
        ) : <span class="push" />}
        <Button kind="quiet" icon="keyboard" label={t("keys.title")} class="hide-s" onClick={() => (helpOpen.value = true)} />
        <a href="/settings" class="ava c me" aria-label={`${initials(name || "?")}, ${t("shell.me", { name })}`} title={t("shell.me", { name })}>{initials(name || "?")}</a>
      </header>
      <main id="main" tabIndex={-1} class={bare ? "" : "page"}>
        {session.value?.demo && <p class="demo-note"><Icon name="info" size="s" />{t("shell.demo")}</p>}
        {children}
      </main>
      <TabBar />
      <MoreSheet />
      <Palette />
      <KeysHelp />
      <StepUp />
      <EndWarning />
      <Toasts />
    </div>
  );
}
