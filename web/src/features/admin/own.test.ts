// SPDX-License-Identifier: AGPL-3.0-or-later
import { expect, it } from "vitest";
import { ascii, entries } from "./own";

it("a domain of other letters is written as the mail writes it", () => {
  expect(ascii("фирма.рф")).toBe("xn--80apmps.xn--p1ai");
  expect(ascii("анна@фирма.рф")).toBe("анна@xn--80apmps.xn--p1ai");
  expect(ascii("Firm.example")).toBe("Firm.example");
  expect(ascii("Чат с Анной/Пётр")).toBe("Чат с Анной/Пётр");
});
it("entries stand on lines or between commas", () => {
  expect(entries(" firm.example\n\nsales@partner.example, +7 916 123-45-67;")).toEqual(["firm.example", "sales@partner.example", "+7 916 123-45-67"]);
});
