// SPDX-License-Identifier: AGPL-3.0-or-later
import { expect, it } from "vitest";
import { nameOf, writing } from "./keys";

it("the physical key counts, whatever the layout writes", () => {
  expect(nameOf(new KeyboardEvent("keydown", { key: "о", code: "KeyJ" }))).toBe("KeyJ");
  expect(nameOf(new KeyboardEvent("keydown", { key: "K", code: "KeyK", ctrlKey: true }))).toBe("Ctrl+KeyK");
});
it("letters in a text field are letters", () => {
  const field = document.createElement("input");
  const box = Object.assign(document.createElement("input"), { type: "checkbox" });
  expect([writing(field), writing(box), writing(document.createElement("a"))]).toEqual([true, false, false]);
});
