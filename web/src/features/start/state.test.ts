// SPDX-License-Identifier: AGPL-3.0-or-later
import { expect, it } from "vitest";
import { reached } from "./state";

it("a step is reached only when those before it are done, and what is done is not done again", () => {
  expect([reached("new", 1), reached("new", 2), reached("new", 5)]).toEqual([1, 2, 2]);
  expect([reached("sheet", 1), reached("sheet", 6)]).toEqual([3, 3]);
  expect([reached("confirm", 1), reached("user", 9)]).toEqual([4, 4]);
  expect([reached("done", 1), reached("done", 6), reached(undefined, 0)]).toEqual([5, 6, 1]);
});
