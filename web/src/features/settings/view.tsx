// SPDX-License-Identifier: AGPL-3.0-or-later
// One's own settings: language, look, keys, sessions, and who looked at one's messages.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api } from "../../api/client";
import type { OwnAuditPage } from "../../api/types";
import { locale, t, type Locale } from "../../lib/i18n";
import { keysOn } from "../../lib/keys";
import { loader, type Loadable } from "../../lib/loadable";
import { go, steps } from "../../router";
import { Button, Segments } from "../../ui/button";
import { Check } from "../../ui/field";
import { complain, toast } from "../../ui/float";
import { Card, PageHead } from "../../ui/page";
import { Empty, Load } from "../../ui/state";
import { SessionTable } from "../admin/access";
import { roleName } from "../admin/names";
import { AuditTable } from "../admin/audit";
import { change, theme, type Look, type Theme } from "../session/look";
import { session, signOut } from "../session/state";
import { Frame } from "../shell/view";
import { AccountCard } from "./account";
import { endOthers, reloadSessions, sessions } from "./state";
import "../admin/admin.css";

const seen = signal<Loadable<OwnAuditPage>>({ kind: "idle" });
const loadSeen = loader(seen);
const reloadSeen = () => void loadSeen((stop) => api.get<OwnAuditPage>("/audit/mine", {}, stop));
async function moreSeen(now: OwnAuditPage): Promise<void> {
  const page = await api.get<OwnAuditPage>("/audit/mine", { cursor: now.cursor });
  seen.value = { kind: "ready", value: { ...page, items: [...now.items, ...page.items] } };
}
const keep = (wanted: Partial<Look>) => void change(wanted).catch(complain);

function Seen() {
  useEffect(reloadSeen, []);
  return (
    <>
      <PageHead title={t("settings.seen")} lede={t("settings.seen.lede")} />
      <Load of={seen.value} retry={reloadSeen}>
        {(now) => now.addresses.length === 0 ? <Empty title={t("settings.seen.unlinked")}>{t("settings.seen.unlinked.text")}</Empty> : (
          <>
            <p class="sm soft break">{t("settings.seen.addresses", { list: now.addresses.join(", ") })}</p>
            {now.items.length === 0 ? <Empty title={t("settings.seen.none")} /> : <AuditTable items={now.items} />}
            {now.cursor && <p class="gap-above"><Button onClick={() => void moreSeen(now).catch(complain)}>{t("conversation.earlier")}</Button></p>}
          </>
        )}
      </Load>
    </>
  );
}

function Own() {
  const me = session.value;
  useEffect(reloadSessions, []);
  return (
    <>
      <PageHead title={t("settings.title")} lede={me && `${me.user.name}, ${me.roles.map(roleName).join(", ")}`}><Button icon="leave" onClick={() => void signOut()}>{t("session.leave")}</Button></PageHead>
      <div class="stack">
        <Card title={t("settings.look")}>
          <div class="stack">
            <div class="row wrap"><span class="setting">{t("language")}</span><Segments<Locale> label={t("language")} value={locale.value} onPick={(next) => keep({ locale: next })} options={[{ value: "ru", text: "Русский", lang: "ru" }, { value: "en", text: "English", lang: "en" }]} /></div>
            <div class="row wrap"><span class="setting">{t("settings.theme")}</span><Segments<Theme> label={t("settings.theme")} value={theme.value} onPick={(next) => keep({ theme: next })} options={[{ value: "auto", text: t("theme.auto") }, { value: "light", text: t("theme.light.short") }, { value: "dark", text: t("theme.dark.short") }]} /></div>
            <Check label={t("settings.keys")} checked={keysOn.value} onChange={(on) => keep({ keys: on })} />
          </div>
        </Card>
        <AccountCard />
        <section>
          <div class="row wrap sessions-head"><h2 class="section-head grow">{t("admin.sessions")}</h2><Button small onClick={() => void endOthers().then((yes) => yes && toast(t("account.sessions.ended")))}>{t("account.sessions.others")}</Button></div>
          <Load of={sessions.value} retry={reloadSessions} rows={2}>{(items) => <SessionTable items={items} reload={reloadSessions} />}</Load>
        </section>
        <Card title={t("settings.seen")}><p class="soft">{t("settings.seen.lede")}</p><p class="gap-above"><Button icon="eye" onClick={() => go("/settings/seen")}>{t("action.open")}</Button></p></Card>
      </div>
    </>
  );
}

export function SettingsRoom() {
  const inside = steps.value[1] === "seen";
  return (
    <Frame crumbs={inside ? [{ text: t("settings.title"), href: "/settings" }, { text: t("settings.seen") }] : [{ text: t("settings.title") }]}>
      {inside ? <Seen key="seen" /> : <Own key="own" />}
    </Frame>
  );
}
