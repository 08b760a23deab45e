// SPDX-License-Identifier: AGPL-3.0-or-later
// Which language, and the words in it. A language for one link (?lang=) wins over the user's own, that over the browser's.
import { computed, signal } from "@preact/signals";
import { format, type Params } from "./icu";
import type { ru } from "../i18n/ru";

export type Key = keyof typeof ru;
export type Table = Record<Key, string>;
export type Locale = "ru" | "en";

export const locale = signal<Locale>("ru");
export const table = signal<Partial<Table>>({});
export const tag = computed(() => (locale.value === "ru" ? "ru-RU" : "en-GB"));

export function t(key: Key, params: Params = {}): string {
  const text = table.value[key];
  return text === undefined ? key : format(text, params, tag.value);
}

// Makes every text 40 % longer and leaves its parameters alone; finds what would not fit and what never went through t().
export function pseudo(text: string): string {
  const words = text.replace(/\{[^{}]*(\{[^{}]*\}[^{}]*)*\}/g, "").length;
  return `⟦${text}${"·".repeat(Math.max(1, Math.round(words * 0.4)))}⟧`;
}

export function asLocale(text: string | null | undefined): Locale | undefined {
  const short = text?.slice(0, 2).toLowerCase();
  return short === "ru" || short === "en" ? short : undefined;
}

export function wanted(search: string, browser: readonly string[], own?: string): Locale {
  const link = asLocale(new URLSearchParams(search).get("lang"));
  return link ?? asLocale(own) ?? browser.map(asLocale).find((one) => one !== undefined) ?? "en";
}

export async function speak(next: Locale): Promise<void> {
  const words: Table = next === "ru" ? (await import("../i18n/ru")).ru : (await import("../i18n/en")).en;
  const longer = new URLSearchParams(location.search).has("pseudo");
  table.value = longer ? (Object.fromEntries(Object.entries(words).map(([key, text]) => [key, pseudo(text)])) as Table) : words;
  locale.value = next;
  document.documentElement.lang = next;
}
