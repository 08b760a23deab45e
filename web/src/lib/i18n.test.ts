// SPDX-License-Identifier: AGPL-3.0-or-later
import { describe, expect, it } from "vitest";
import { en } from "../i18n/en";
import { ru } from "../i18n/ru";
import { pseudo, speak, t, wanted, type Key } from "./i18n";
import { format } from "./icu";

describe("messages", () => {
  it("choose the Russian plural of one, few and many", () => {
    const text = "{n, plural, one{# сообщение} few{# сообщения} many{# сообщений} other{# сообщения}}";
    const said = [1, 2, 5, 11, 21, 104].map((n) => format(text, { n }, "ru-RU"));
    expect(said).toEqual(["1 сообщение", "2 сообщения", "5 сообщений", "11 сообщений", "21 сообщение", "104 сообщения"]);
  });
  it("choose an exact number before a plural form", () => {
    expect(format("{n, plural, =2{both} other{all}}", { n: 2 }, "en-GB")).toBe("both");
  });
  it("write large numbers with a narrow blank in Russian and a comma in English", () => {
    expect(format("{n}", { n: 184302 }, "ru-RU")).toBe("184\u202f302");
    expect(format("{n}", { n: 184302 }, "en-GB")).toBe("184,302");
  });
  it("put a parameter's braces into the text as they are", () => {
    expect(format("«{text}»", { text: "{n}" }, "ru-RU")).toBe("«{n}»");
  });
});

describe("the two languages", () => {
  it("have the same keys", () => {
    expect(Object.keys(en).sort()).toEqual(Object.keys(ru).sort());
  });
  it("use the same parameters under every key", () => {
    const names = (text: string) => [...new Set([...text.matchAll(/\{(\w+)(?=[,}])/g)].map((match) => match[1]))].sort();
    const differing = (Object.keys(ru) as Key[]).filter((key) => names(ru[key]).join() !== names(en[key]).join());
    expect(differing).toEqual([]);
  });
  it("give every Russian plural its four forms", () => {
    const without = (Object.keys(ru) as Key[]).filter((key) => /plural,/.test(ru[key]) && !/=\d/.test(ru[key]) && !(/one\{/.test(ru[key]) && /few\{/.test(ru[key]) && /many\{/.test(ru[key])));
    expect(without).toEqual([]);
  });
  it("do without exclamation marks and the words that the house avoids", () => {
    const found = (Object.keys(ru) as Key[]).filter((key) => /!|успешно|пожалуйста|данн(ый|ая|ое|ого)\b|осуществ|упс/i.test(ru[key]) || /!|successfully|please|oops/i.test(en[key]));
    expect(found).toEqual([]);
  });
  it("can be spoken one after the other", async () => {
    await speak("en");
    expect(t("search.title")).toBe("Search the archive");
    await speak("ru");
    expect(t("search.title")).toBe("Поиск по архиву");
  });
  it("become 40 % longer with their parameters whole", () => {
    const longer = pseudo(en["search.count.in"]);
    expect(format(longer, { n: 3 }, "en-GB")).toContain("in 3 conversations");
    expect(pseudo("Search the archive").length).toBeGreaterThanOrEqual(Math.round("Search the archive".length * 1.4));
  });
});

describe("the language of the page", () => {
  it("is the link's, else the user's, else the browser's", () => {
    expect(wanted("?lang=en", ["ru-RU"], "ru")).toBe("en");
    expect(wanted("", ["en-US"], "ru")).toBe("ru");
    expect(wanted("", ["de-DE", "ru-RU"])).toBe("ru");
    expect(wanted("", ["de-DE"])).toBe("en");
  });
});
