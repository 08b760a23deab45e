// SPDX-License-Identifier: AGPL-3.0-or-later
import { beforeAll, describe, expect, it } from "vitest";
import { dayTitle, duration, initials, listTime, monthYear, percent, shortMonthYear, sinceMonth, size } from "./format";
import { speak } from "./i18n";

const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, " ");
const now = new Date(2026, 10, 19, 14, 32);
const at = (...parts: [number, number, number, number, number]) => new Date(...parts).toISOString();

describe("in Russian", () => {
  beforeAll(() => speak("ru"));
  it("a list's time is short and stops being relative after yesterday", () => {
    expect(plain(listTime(at(2026, 10, 19, 14, 5), now))).toBe("14:05");
    expect(plain(listTime(at(2026, 10, 18, 16, 48), now))).toBe("вчера, 16:48");
    expect(plain(listTime(at(2026, 10, 13, 16, 20), now))).toBe("13 ноя, 16:20");
    expect(plain(listTime(at(2025, 9, 30, 10, 0), now))).toBe("30 окт 2025");
  });
  it("the day of a thread has its weekday", () => {
    expect(plain(dayTitle(at(2026, 10, 12, 10, 0), now))).toBe("Четверг, 12 ноября");
    expect(plain(dayTitle(at(2026, 10, 19, 10, 0), now))).toBe("Сегодня, 19 ноября");
  });
  it("months stand in their cases", () => {
    expect(monthYear("2026-11")).toBe("ноябрь 2026");
    expect(sinceMonth("2023-03")).toBe("марта 2023");
    expect([shortMonthYear("2026-11"), shortMonthYear("2026-05")]).toEqual(["ноя 2026", "май 2026"]);
  });
  it("durations, sizes and shares have the units of the table", () => {
    expect([38 * 60, 5 * 3600 + 360, 3 * 86400].map((s) => plain(duration(s)))).toEqual(["38 мин", "5 ч 06 мин", "3 дня"]);
    expect([840_000, 1_200_000, 5_300_000_000].map((b) => plain(size(b)))).toEqual(["840 КБ", "1,2 МБ", "5,3 ГБ"]);
    expect(plain(percent(0.974))).toBe("97,4 %");
  });
});

describe("in English", () => {
  beforeAll(() => speak("en"));
  it("says the same its own way", () => {
    expect(plain(listTime(at(2026, 10, 18, 16, 48), now))).toBe("yesterday, 16:48");
    expect(plain(listTime(at(2025, 9, 30, 10, 0), now))).toBe("30 Oct 2025");
    expect(plain(size(840_000))).toBe("840 kB");
    expect(percent(0.974)).toBe("97.4%");
  });
});

it("initials are taken from names and addresses", () => {
  expect([initials("Марина Белова"), initials("zakaz@teply.example"), initials("Лев")]).toEqual(["МБ", "ZT", "ЛЕ"]);
});
