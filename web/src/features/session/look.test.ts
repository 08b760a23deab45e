// SPDX-License-Identifier: AGPL-3.0-or-later
// @vitest-environment node
import { beforeEach, expect, it, vi } from "vitest";
import { locale, speak } from "../../lib/i18n";
import { keysOn } from "../../lib/keys";
import { change, remembered, theme, wearOf } from "./look";

const kept = new Map<string, string>();
const dataset: Record<string, string> = {};
let asked: { url: string; body: unknown }[] = [];
beforeEach(async () => {
  kept.clear();
  asked = [];
  vi.stubGlobal("localStorage", { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) });
  vi.stubGlobal("location", { search: "" });
  vi.stubGlobal("document", { documentElement: { dataset, lang: "" } });
  vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
    asked.push({ url, body: JSON.parse(String(init.body)) });
    return Promise.resolve(new Response("{}"));
  });
  await speak("ru");
});

it("what the server says of a person is worn, and copied for the next first sight", async () => {
  await wearOf({ locale: "en", theme: "dark", keys: false });
  expect([theme.value, keysOn.value, locale.value, dataset["theme"]]).toEqual(["dark", false, "en", "dark"]);
  expect(remembered()).toEqual({ locale: "en", theme: "dark", keys: false });
  expect(asked).toEqual([]);
});
it("a language for one link is not kept", async () => {
  vi.stubGlobal("location", { search: "?lang=ru" });
  await wearOf({ locale: "en", theme: "light", keys: true });
  expect([locale.value, theme.value, kept.size]).toEqual(["ru", "light", 0]);
});
it("a change is seen at once and told to the server", async () => {
  await wearOf({ locale: "ru", theme: "auto", keys: true });
  await change({ keys: false });
  await change({ theme: "light" });
  expect([keysOn.value, theme.value]).toEqual([false, "light"]);
  expect(asked.map((one) => one.body)).toEqual([{ keys: false }, { theme: "light" }]);
  expect(remembered()).toEqual({ locale: "ru", theme: "light", keys: false });
});
it("a copy that is not ours is nothing", () => {
  for (const text of ["", "{", "null", "7", '{"theme":"pink","keys":"no","locale":5}']) {
    kept.set("letopis.look", text);
    expect(remembered()).toMatchObject({ theme: "auto", keys: true });
  }
});
