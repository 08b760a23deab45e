// SPDX-License-Identifier: AGPL-3.0-or-later
import { beforeEach, expect, it } from "vitest";
import type { Import } from "../../api/types";
import { balanced } from "../../ui/equation";
import { imports, leftSeconds, rate, running, sums, take } from "./importing";

const job = (id: string, more: Partial<Import>): Import => ({ id, state: "running", files: [], marked: 0, input: "", rate: 0, left_s: 0, searchable: 0, refusals: [], error: "", error_code: "", verified: null, seen: 0, stored: 0, duplicates: 0, refused: 0, pending: 0, bytes: 0, bytes_all: 0, ...more });
beforeEach(() => (imports.value = []));

it("what the server tells of an import replaces what was known of it", () => {
  take(job("a", { seen: 1, pending: 1 }));
  take(job("a", { seen: 2, stored: 2, state: "done" }));
  expect(imports.value).toHaveLength(1);
  expect(running.value).toHaveLength(0);
});
it("the equation is the sum of all imports", () => {
  take(job("a", { seen: 10, stored: 7, duplicates: 2, refused: 1, rate: 100, left_s: 5 }));
  take(job("b", { seen: 5, stored: 1, pending: 4, rate: 20, left_s: 9 }));
  expect(sums.value).toMatchObject({ seen: 15, stored: 8, duplicates: 2, refused: 1, pending: 4 });
  expect(balanced(sums.value)).toBe(true);
  expect([rate.value, leftSeconds.value]).toEqual([120, 9]);
});
it("figures that do not add up are seen", () => {
  expect(balanced({ seen: 3, stored: 1, duplicates: 0, refused: 1, pending: 0 })).toBe(false);
});
