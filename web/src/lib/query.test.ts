// SPDX-License-Identifier: AGPL-3.0-or-later
import { describe, expect, it } from "vitest";
import { join, letterAt, parse, pieces, setValues, valuesOf, spelled } from "./query";

describe("a query", () => {
  it("is cut at blanks, but not inside quotes and brackets", () => {
    expect(pieces('скидка клиент:"Северный берег" от:(анна ИЛИ борис)')).toEqual(["скидка", 'клиент:"Северный берег"', "от:(анна ИЛИ борис)"]);
  });
  it("shows recognised fields as chips and keeps the words", () => {
    const { chips, rest } = parse('клиент:"Северный берег" скидка before:20.11.2026');
    expect(chips.map((chip) => [chip.field, chip.value])).toEqual([["client", "Северный берег"], ["before", "20.11.2026"]]);
    expect(rest).toBe("скидка");
    expect(join(chips, rest)).toBe('клиент:"Северный берег" before:20.11.2026 скидка');
  });
  it("stays text when its order may matter", () => {
    for (const text of ["договор ИЛИ счёт от:анна", "(а б) до:2026", "a OR from:b", "-(черновик копия) тег:x"]) expect(parse(text)).toEqual({ chips: [], rest: text });
  });
  it("does not take an unknown field, an address or an open quote for a chip", () => {
    expect(parse('form:anna http://x.example клиент:"Сев').chips).toEqual([]);
  });
});

describe("a facet", () => {
  it("reads its values in any spelling of the field", () => {
    expect(valuesOf("канал:(email ИЛИ telegram) скидка", "channel")).toEqual(["email", "telegram"]);
    expect(valuesOf("channel:email", "channel")).toEqual(["email"]);
  });
  it("writes them back in the reader's language and leaves the rest alone", () => {
    expect(setValues("скидка", "channel", ["email"], "ru")).toBe("канал:email скидка");
    expect(setValues("channel:email скидка", "channel", ["email", "telegram"], "en")).toBe("channel:(email OR telegram) скидка");
    expect(setValues("канал:email скидка", "channel", [], "ru")).toBe("скидка");
    expect(setValues("", "from", ["Анна Ветрова"], "ru")).toBe('от:"Анна Ветрова"');
  });
});

it("the server's bytes are found among the letters", () => {
  const text = "договор form:anna";
  expect(text.slice(letterAt(text, "договор ".length))).toBe("form:anna");
  expect(letterAt(text, 999)).toBe(text.length);
  expect(letterAt("😀😀 x", 3)).toBe(5);
});
it("a suggestion speaks the reader's language and keeps its value together", () => {
  expect(spelled("from:Anna Petrova", "ru")).toBe('от:"Anna Petrova"');
  expect(spelled("from:anna@x.example", "en")).toBe("from:anna@x.example");
  expect(spelled('from:"Anna P"', "en")).toBe('from:"Anna P"');
  expect(spelled("from:", "ru")).toBe("от:");
  expect(spelled("скидка", "ru")).toBe("скидка");
});
