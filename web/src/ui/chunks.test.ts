// SPDX-License-Identifier: AGPL-3.0-or-later
import { expect, it } from "vitest";
import { groupsOf } from "./chunks";

it("groups hold their items and stay when earlier ones come", () => {
  expect(groupsOf(5, 0, 2)).toEqual([{ id: 0, from: 0, to: 2 }, { id: 1, from: 2, to: 4 }, { id: 2, from: 4, to: 5 }]);
  expect(groupsOf(3, 5, 2)).toEqual([{ id: 2, from: 0, to: 1 }, { id: 3, from: 1, to: 3 }]);
  expect(groupsOf(5, 3, 2)).toEqual([{ id: 1, from: 0, to: 1 }, { id: 2, from: 1, to: 3 }, { id: 3, from: 3, to: 5 }]);
  expect(groupsOf(0, 7, 2)).toEqual([]);
});
