// SPDX-License-Identifier: AGPL-3.0-or-later
import { beforeEach, describe, expect, it, vi } from "vitest";
import { go } from "../../router";
import { where } from "../session/state";
import { ask, found, more, order, query, reload, select, selected, sort, step, toggle } from "./state";

const hit = (id: number) => ({ id, conversation: "t-1", snippet: [], to: [], from: { name: "", address: "" } });
const asked: string[] = [];
function serve(pages: object[]): void {
  vi.stubGlobal("fetch", (url: string) => {
    asked.push(url);
    const page = pages.shift() ?? { total: 0, hits: [], cursor: null };
    return Promise.resolve(new Response(JSON.stringify(page), { status: "status" in page ? Number(page.status) : 200 }));
  });
}
const settled = () => new Promise((done) => setTimeout(done, 5));

describe("the search room", () => {
  beforeEach(() => {
    where.value = "out";
    go("/search?q=скидка");
    asked.length = 0;
    found.value = { kind: "idle" };
  });

  it("asks what the address says", async () => {
    serve([{ total: 2, hits: [hit(1), hit(2)], cursor: null }]);
    expect(query.value).toBe("скидка");
    reload();
    await settled();
    expect(decodeURIComponent(asked[0] ?? "")).toContain("/api/v1/search?q=скидка&order=newest");
    expect(found.value).toMatchObject({ kind: "ready", value: { total: 2 } });
  });

  it("puts the query, the order and the selected hit into the address", () => {
    ask('скидка от:"Анна Ветрова"');
    sort("relevance");
    select(184207);
    expect(order.value).toBe("relevance");
    expect(selected.value).toBe(184207);
    expect(decodeURIComponent(location.search)).toBe('?q=скидка от:"Анна Ветрова"&order=relevance&at=m-184207');
  });

  it("appends the next page once and never a hit twice", async () => {
    serve([{ total: 3, hits: [hit(1), hit(2)], cursor: "c" }, { total: 3, hits: [hit(2), hit(3)], cursor: null }]);
    reload();
    await settled();
    await Promise.all([more(), more()]);
    expect(found.value.kind === "ready" && found.value.value.hits.map((one) => one.id)).toEqual([1, 2, 3]);
    expect(asked.filter((url) => url.includes("cursor=c"))).toHaveLength(1);
  });

  it("steps through the hits and stays inside", async () => {
    serve([{ total: 2, hits: [hit(1), hit(2)], cursor: null }]);
    reload();
    await settled();
    expect([step(1)?.id, step(1)?.id, step(1)?.id, step(-1)?.id, step(-1)?.id]).toEqual([1, 2, 2, 1, 1]);
  });

  it("keeps the answer to a wrong query as a problem with its place", async () => {
    serve([{ status: 400, code: "invalid", at: 4, detail: "no field" }]);
    reload();
    await settled();
    expect(found.value).toMatchObject({ kind: "failed", problem: { code: "invalid", body: { at: 4 } } });
  });

  it("writes a facet into the query and takes it out again", () => {
    toggle("channel", "email");
    expect(query.value).toBe("канал:email скидка");
    toggle("channel", "telegram");
    expect(query.value).toBe("канал:(email ИЛИ telegram) скидка");
    toggle("channel", "email");
    toggle("channel", "telegram");
    expect(query.value).toBe("скидка");
  });
});
