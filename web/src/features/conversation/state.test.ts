// SPDX-License-Identifier: AGPL-3.0-or-later
import { expect, it } from "vitest";
import { session } from "../session/state";
import { moment, moments, ours, talk } from "./state";

it("the server's word on who is ours wins; without it the reader's mail domain decides", () => {
  session.value = { user: { id: "u", login: "m", name: "Марина Белова", locale: "ru", theme: "auto", keys: true, email: "m@ours.example" }, roles: [], rights: [], sees_all: true, second_factor: null, idle_until: "", company: "", demo: false };
  expect(ours({ from: { name: "x", address: "x@ours.example", kind: "email" } })).toBe(true);
  expect(ours({ from: { name: "x", address: "x@theirs.example", kind: "email" } })).toBe(false);
  expect(ours({ from: { name: "Марина Белова", address: "tg:1", kind: "email" } })).toBe(true);
  expect(ours({ own: false, from: { name: "x", address: "x@ours.example", kind: "email" } })).toBe(false);
});
it("a replay steps over the days on which something was said", () => {
  talk.value = { kind: "ready", value: { id: "t", title: "", channels: [], parties: [], total: 2, first: "", last: "", items: [], begin: 0, more_before: false, more_after: false, density: [{ at: "2026-11-12", count: 2 }, { at: "2026-11-17", count: 1 }] } };
  expect(moments.value.map((one) => one.at)).toEqual(["2026-11-12T23:59:59Z", "2026-11-17T23:59:59Z"]);
  expect(moment.value).toBe(2);
});
