// SPDX-License-Identifier: AGPL-3.0-or-later
// Numbers, dates, times and sizes as people of each language write them. The server speaks UTC; the zone is the reader's.
import { locale, t, tag } from "./i18n";
import { number } from "./icu";

export const num = (value: number): string => number(value, tag.value);

export function percent(share: number): string {
  return locale.value === "ru" ? `${num(Math.round(share * 1000) / 10)}\u00a0%` : `${num(Math.round(share * 1000) / 10)}%`;
}

const dayKey = (date: Date): string => `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}`;

// One is slow to make and quick to use: a thousand messages have some thousand times.
const forms = new Map<string, Intl.DateTimeFormat>();
function form(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const name = `${tag.value} ${JSON.stringify(options)}`;
  let made = forms.get(name);
  if (!made) forms.set(name, (made = new Intl.DateTimeFormat(tag.value, options)));
  return made;
}
const part = (date: Date, options: Intl.DateTimeFormatOptions): string => form(options).format(date);

export function clock(iso: string): string {
  return part(new Date(iso), { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

const shortMonth = (date: Date): string => t("time.months").split(" ")[date.getMonth()] ?? "";

// 14:32 · yesterday, 16:48 · 13 Nov, 16:20 · 30 Oct 2025
export function listTime(iso: string, now: Date = new Date()): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return "—";
  if (dayKey(date) === dayKey(now)) return clock(iso);
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  if (dayKey(date) === dayKey(yesterday)) return t("time.yesterday", { time: clock(iso) });
  const day = `${date.getDate()}\u00a0${shortMonth(date)}`;
  return date.getFullYear() === now.getFullYear() ? `${day}, ${clock(iso)}` : `${day} ${date.getFullYear()}`;
}

export function shortDate(iso: string, now: Date = new Date()): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return "—";
  const day = `${date.getDate()}\u00a0${shortMonth(date)}`;
  return date.getFullYear() === now.getFullYear() ? day : `${day} ${date.getFullYear()}`;
}

export function longDate(iso: string): string {
  return part(new Date(iso), { day: "numeric", month: "long", year: "numeric" }).replace(/\sг\.$/, "");
}

export function monthYear(iso: string): string {
  const text = part(new Date(iso.length === 7 ? `${iso}-15T12:00:00Z` : iso), { month: "long", year: "numeric" });
  return text.replace(/\sг\.$/, "");
}

// «с марта 2023»: a month after a preposition stands in the genitive, as it does behind a day.
export function sinceMonth(iso: string): string {
  const date = new Date(iso.length === 7 ? `${iso}-15T12:00:00Z` : iso);
  return locale.value === "ru" ? part(date, { day: "numeric", month: "long", year: "numeric" }).replace(/^\d+\s/, "").replace(/\sг\.$/, "") : monthYear(iso);
}

// In a sentence: «в 14:20», «13 ноя, 16:20».
export function saidTime(iso: string, now: Date = new Date()): string {
  return dayKey(new Date(iso)) === dayKey(now) ? t("time.at", { time: clock(iso) }) : listTime(iso, now);
}

// Without a day before it a month stands in the nominative: «май 2026», though «5 мая».
export function shortMonthYear(month: string): string {
  const date = new Date(`${month}-15T12:00:00Z`);
  return `${shortMonth(date).replace(/^мая$/, "май")} ${date.getFullYear()}`;
}

// The head of a day in a thread: «Сегодня, 19 ноября», «Четверг, 12 ноября», with the year when it is another one.
export function dayTitle(iso: string, now: Date = new Date()): string {
  const date = new Date(iso);
  const sameYear = date.getFullYear() === now.getFullYear();
  const day = part(date, sameYear ? { day: "numeric", month: "long" } : { day: "numeric", month: "long", year: "numeric" }).replace(/\sг\.$/, "");
  if (dayKey(date) === dayKey(now)) return t("time.today", { day });
  const week = part(date, { weekday: "long" });
  return `${week.charAt(0).toUpperCase()}${week.slice(1)}, ${day}`;
}

// 13 November 2026, 16:48:07 (Europe/Moscow, UTC+3)
export function fullTime(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return "—";
  const zone = form({ timeZoneName: "shortGeneric" }).formatToParts(date).find((one) => one.type === "timeZoneName")?.value ?? "";
  const minutes = -date.getTimezoneOffset();
  const hours = Math.trunc(Math.abs(minutes) / 60);
  const rest = Math.abs(minutes) % 60;
  const shift = minutes === 0 ? "UTC" : `UTC${minutes < 0 ? "−" : "+"}${hours}${rest ? `:${String(rest).padStart(2, "0")}` : ""}`;
  const time = part(date, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  return `${longDate(iso)}, ${time} (${/^(GMT|UTC|$)/.test(zone) ? shift : `${zone}, ${shift}`})`;
}

// 38 min · 5 h 06 min · 3 days
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return t("duration.seconds", { n: whole });
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return t("duration.minutes", { n: minutes });
  if (minutes < 48 * 60) return t("duration.hours", { h: Math.floor(minutes / 60), m: String(minutes % 60).padStart(2, "0") });
  return t("duration.days", { n: Math.floor(minutes / 1440) });
}

// Decimal: 840 kB, 1.2 MB, 5.3 GB
export function size(bytes: number): string {
  const units = ["unit.b", "unit.kb", "unit.mb", "unit.gb", "unit.tb"] as const;
  let value = bytes;
  let step = 0;
  while (value >= 1000 && step < units.length - 1) {
    value /= 1000;
    step++;
  }
  const shown = step < 2 || value >= 100 ? Math.round(value) : Math.round(value * 10) / 10;
  return `${num(shown)}\u00a0${t(units[step] ?? "unit.b")}`;
}

export function initials(name: string): string {
  const words = name.replace(/[«»"'()]/g, "").split(/[\s@.]+/).filter((word) => /^\p{L}/u.test(word));
  const letters = words.length > 1 ? `${words[0]?.[0] ?? ""}${words[1]?.[0] ?? ""}` : (words[0] ?? name).slice(0, 2);
  return letters.toUpperCase();
}
