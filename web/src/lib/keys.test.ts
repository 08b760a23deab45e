// SPDX-License-Identifier: AGPL-3.0-or-later
import { h, render } from "preact";
import { act } from "preact/test-utils";
import { expect, it } from "vitest";
import { keysOn, nameOf, startKeys, useKeys, writing } from "./keys";

it("the physical key counts, whatever the layout writes", () => {
  expect(nameOf(new KeyboardEvent("keydown", { key: "о", code: "KeyJ" }))).toBe("KeyJ");
  expect(nameOf(new KeyboardEvent("keydown", { key: "K", code: "KeyK", ctrlKey: true }))).toBe("Ctrl+KeyK");
});
it("letters in a text field are letters", () => {
  const field = document.createElement("input");
  const box = Object.assign(document.createElement("input"), { type: "checkbox" });
  expect([writing(field), writing(box), writing(document.createElement("a"))]).toEqual([true, false, false]);
});
it("a room hears its keys from its first sight on, the newest room first, and is silent when it is gone", async () => {
  startKeys();
  const heard: string[] = [];
  const Room = ({ name }: { name: string }) => {
    useKeys({ KeyJ: () => heard.push(name), ...(name === "inner" && { "KeyG KeyS": () => heard.push("chord") }) });
    return null;
  };
  const root = document.createElement("div");
  const press = (code: string) => document.dispatchEvent(new KeyboardEvent("keydown", { code, bubbles: true, cancelable: true }));
  await act(() => render([h(Room, { name: "outer", key: "o" }), h(Room, { name: "inner", key: "i" })], root));
  press("KeyJ");
  press("KeyG");
  press("KeyS");
  await act(() => render([h(Room, { name: "outer", key: "o" })], root));
  press("KeyJ");
  keysOn.value = false;
  press("KeyJ");
  expect(heard).toEqual(["inner", "chord", "outer"]);
});
