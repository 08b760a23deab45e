// SPDX-License-Identifier: AGPL-3.0-or-later
// Facts one can read: marks, channels, people.
import type { ComponentChildren } from "preact";
import { t, type Key } from "../lib/i18n";
import { initials, fullTime, listTime } from "../lib/format";
import { Icon, type IconName } from "./icon";

export type Tone = "plain" | "info" | "ok" | "warn" | "alert";

export function Mark({ tone = "plain", icon, children }: { tone?: Tone; icon?: IconName; children: ComponentChildren }) {
  return (
    <span class={`mark ${tone === "plain" ? "" : tone}`}>
      {icon && <Icon name={icon} />}
      {children}
    </span>
  );
}

interface Look { tone: string; icon: IconName; key: Key }
const looks: Record<string, Look> = {
  email: { tone: "mail", icon: "mail", key: "channel.email" },
  telegram: { tone: "tg", icon: "send", key: "channel.telegram" },
  whatsapp: { tone: "wa", icon: "messenger", key: "channel.whatsapp" },
  site: { tone: "site", icon: "site", key: "channel.site" },
  call: { tone: "call", icon: "phone", key: "channel.call" },
};
const alike: Record<string, string> = { mail: "email", "e-mail": "email", "site-chat": "site", site_chat: "site", sitechat: "site", web: "site", chat: "site", note: "call", phone: "call", calls: "call" };

export function channelLook(channel: string): Look | undefined {
  return looks[channel] ?? looks[alike[channel] ?? ""];
}
export function channelName(channel: string): string {
  const look = channelLook(channel);
  return look ? t(look.key) : channel && channel !== "other" ? channel : t("channel.unknown");
}
export function ChannelIcon({ channel, silent }: { channel: string; silent?: boolean }) {
  const look = channelLook(channel);
  const name = channelName(channel);
  return (
    <span class={`ch ${look?.tone ?? ""}`} role={silent ? undefined : "img"} aria-label={silent ? undefined : name} aria-hidden={silent ? "true" : undefined} title={name}>
      <Icon name={look?.icon ?? "site"} />
    </span>
  );
}

export function Avatar({ name, size }: { name: string; size?: "big" | "tiny" }) {
  let sum = 0;
  for (const letter of name) sum = (sum * 33 + letter.codePointAt(0)!) % 9973;
  return (
    <span class={`ava ${"abcde"[sum % 5]} ${size ?? ""}`} aria-hidden="true">
      {initials(name)}
    </span>
  );
}

export function Time({ at, form = listTime }: { at: string; form?: (iso: string) => string }) {
  return (
    <time dateTime={at} title={fullTime(at)}>
      {form(at)}
    </time>
  );
}
