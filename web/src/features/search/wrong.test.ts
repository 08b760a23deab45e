// SPDX-License-Identifier: AGPL-3.0-or-later
import { beforeEach, expect, it } from "vitest";
import { speak } from "../../lib/i18n";
import { wrongHint, wrongText } from "./wrong";

beforeEach(() => speak("ru"));

it("what is wrong with a query is said in the reader's language", async () => {
  expect(wrongText('there is no field "form"')).toBe("Поля «form» нет");
  expect(wrongHint("did you mean from: ?")).toBe("Может быть, from: ?");
  expect(wrongText("the field from: has no value")).toBe("У поля from: нет значения");
  expect(wrongText("the field has no value")).toBe("У поля нет значения");
  await speak("en");
  expect(wrongText("a closing quote is missing")).toBe("A closing quote is missing here");
});
it("what is new stays as it came", () => {
  expect([wrongText("the moon is full"), wrongHint("")]).toEqual(["the moon is full", ""]);
});
