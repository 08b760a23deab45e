// SPDX-License-Identifier: AGPL-3.0-or-later
// Language, theme and one-letter keys. The server keeps them for each person; the browser keeps a copy for the first sight, before anybody has answered.
import { signal } from "@preact/signals";
import { api } from "../../api/client";
import { asLocale, locale, speak, type Locale } from "../../lib/i18n";
import { keysOn } from "../../lib/keys";

export type Theme = "auto" | "light" | "dark";
export interface Look { locale?: Locale | undefined; theme: Theme; keys: boolean }
export const theme = signal<Theme>("auto");

const name = "letopis.look";
const asTheme = (text: unknown): Theme => (text === "light" || text === "dark" ? text : "auto");

export function remembered(): Look {
  try {
    const kept = JSON.parse(localStorage.getItem(name) ?? "{}") as Record<string, unknown> | null;
    return { locale: asLocale(typeof kept?.["locale"] === "string" ? kept["locale"] : undefined), theme: asTheme(kept?.["theme"]), keys: kept?.["keys"] !== false };
  } catch {
    return { theme: "auto", keys: true };  // no storage, or not ours
  }
}

function remember(): void {
  try {
    localStorage.setItem(name, JSON.stringify({ locale: locale.peek(), theme: theme.peek(), keys: keysOn.peek() }));
  } catch {
    // a browser that keeps nothing asks the server each time
  }
}

export function wear(look: { theme?: string; keys?: boolean }): void {
  theme.value = asTheme(look.theme);
  keysOn.value = look.keys !== false;
  if (theme.value === "auto") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme.value;
}

// What the server says of the person who came in. A language for one link goes before it and is not kept.
export async function wearOf(user: { locale: string; theme?: string; keys?: boolean }): Promise<void> {
  wear(user);
  const own = asLocale(user.locale);
  if (new URLSearchParams(location.search).has("lang")) return;
  if (own && own !== locale.peek()) await speak(own);
  remember();
}

// Seen at once, then kept; the promise fails where the server did not take it.
export async function change(wanted: Partial<Look>): Promise<void> {
  if (wanted.locale) await speak(wanted.locale);
  wear({ theme: wanted.theme ?? theme.peek(), keys: wanted.keys ?? keysOn.peek() });
  remember();
  await api.patch("/session/settings", wanted);
}
