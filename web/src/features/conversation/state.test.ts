// SPDX-License-Identifier: AGPL-3.0-or-later
import { expect, it, vi } from "vitest";
import { gather, moment, moments, talk } from "./state";

it("a replay steps over the days on which something was said", () => {
  talk.value = { kind: "ready", value: { id: "t", title: "", channels: [], parties: [], total: 2, first: "", last: "", items: [], begin: 0, more_before: false, more_after: false, density: [{ at: "2026-11-12", count: 2 }, { at: "2026-11-17", count: 1 }] } };
  expect(moments.value.map((one) => one.at)).toEqual(["2026-11-12T23:59:59Z", "2026-11-17T23:59:59Z"]);
  expect(moment.value).toBe(2);
});
it("for paper all pages are fetched, and shown at once", async () => {
  const of = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => ({ id: from + n })) as never[];
  const base = { id: "t", title: "", channels: [], parties: [], total: 500, first: "", last: "", density: [] };
  const asked: string[] = [];
  vi.stubGlobal("fetch", (url: string) => {
    asked.push(url.replace(/.*\?/, ""));
    const query = new URLSearchParams(url.replace(/.*\?/, ""));
    const before = Number(query.get("before"));
    const after = Number(query.get("after"));
    const [from, to] = before ? [Math.max(1, before - 200), before] : [after + 1, Math.min(501, after + 201)];
    return Promise.resolve(new Response(JSON.stringify({ ...base, items: of(from, to), begin: from - 1, more_before: from > 1, more_after: to < 501 })));
  });
  let shown = 0;
  talk.value = { kind: "ready", value: { ...base, items: of(240, 290), begin: 239, more_before: true, more_after: true } };
  const stop = talk.subscribe(() => shown++);
  expect(await gather()).toBe("whole");
  stop();
  const now = talk.value.kind === "ready" ? talk.value.value : undefined;
  expect([now?.items.length, now?.items[0]?.id, now?.items[499]?.id, now?.begin, now?.more_before, now?.more_after]).toEqual([500, 1, 500, 0, false, false]);
  expect([asked.length, shown]).toEqual([4, 2]);
  talk.value = { kind: "ready", value: { ...base, items: of(240, 290), begin: 239, more_before: true, more_after: true } };
  expect(await gather(100)).toBe("part");
  vi.unstubAllGlobals();
});
