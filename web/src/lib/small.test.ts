// SPDX-License-Identifier: AGPL-3.0-or-later
import { signal } from "@preact/signals";
import { describe, expect, it } from "vitest";
import { Problem } from "../api/problem";
import { diff } from "./diff";
import { loader, type Loadable } from "./loadable";
import { drawing } from "./qr";
import { has } from "./rights";
import { upload, type Sink } from "./upload";

describe("versions", () => {
  it("differ word by word", () => {
    const changes = diff("приедет 26 ноября к 9:00", "приедет 27 ноября к 9:00");
    expect(changes.filter((change) => change.kind !== "same")).toEqual([{ text: "26", kind: "del" }, { text: "27", kind: "ins" }]);
  });
  it("join to what they were", () => {
    const [a, b] = ["Скидка 7 %, до пятницы.", "Скидка 5 %, до среды; и доставка."];
    const changes = diff(a, b);
    expect(changes.filter((change) => change.kind !== "ins").map((change) => change.text).join("")).toBe(a);
    expect(changes.filter((change) => change.kind !== "del").map((change) => change.text).join("")).toBe(b);
  });
});

describe("the picture of a QR code", () => {
  it("is taken as numbers out of paths and squares, without the white ground", () => {
    expect(drawing('<svg viewBox="0 0 3 3"><rect width="3" height="3" fill="#fff"/><path d="M0 0h1v1h-1z"/></svg>')).toEqual({ box: "0 0 3 3", path: "M0 0h1v1h-1z" });
    expect(drawing('<svg width="9" height="9"><rect x="1" y="2" width="1" height="1"/></svg>')).toEqual({ box: "0 0 9 9", path: "M1 2h1v1h-1z" });
  });
  it("lets nothing but a drawing through", () => {
    expect(drawing('<svg viewBox="0 0 3 3" onload="x()"><script>x()</script><path d="M0 0\\"onload=x"/></svg>')).toBeUndefined();
    expect(drawing("<p>")).toBeUndefined();
  });
});

describe("what comes from the server", () => {
  it("is loading, then ready; a newer question silences the older one", async () => {
    const target = signal<Loadable<string>>({ kind: "idle" });
    const load = loader(target);
    let slow: (text: string) => void = () => undefined;
    const first = load(() => new Promise<string>((done) => (slow = done)));
    const second = load(() => Promise.resolve("new"));
    slow("old");
    await Promise.all([first, second]);
    expect(target.value).toEqual({ kind: "ready", value: "new" });
  });
  it("keeps what was there before while it loads and when it fails", async () => {
    const target = signal<Loadable<string>>({ kind: "ready", value: "before" });
    await loader(target)(() => Promise.reject(new Problem(503, { code: "unavailable" })));
    expect(target.value).toMatchObject({ kind: "failed", before: "before", problem: { code: "unavailable" } });
  });
});

describe("an upload", () => {
  const file = new Blob([new Uint8Array(10 * 1024 * 1024)]);
  const instant = () => Promise.resolve();
  it("goes in pieces of 4 MiB", async () => {
    const sent: number[] = [];
    const sink: Sink = { open: () => Promise.resolve({ id: "u", offset: 0 }), offset: () => Promise.resolve(0), send: (_, at, bytes) => { sent.push(bytes.size); return Promise.resolve(at + bytes.size); } };
    expect(await upload(sink, file, "a.mbox", () => undefined)).toBe("u");
    expect(sent).toEqual([4194304, 4194304, 2097152]);
  });
  it("goes on where the server stands after a failure", async () => {
    let failures = 2;
    let stored = 0;
    const seen: number[] = [];
    const sink: Sink = {
      open: () => Promise.resolve({ id: "u", offset: 0 }), offset: () => Promise.resolve(stored),
      send: (_, at, bytes) => {
        if (at !== stored) return Promise.reject(new Problem(409, { code: "conflict" }));
        stored += bytes.size;
        if (stored > 5_000_000 && failures-- > 0) return Promise.reject(new TypeError("network"));
        return Promise.resolve(stored);
      },
    };
    await upload(sink, file, "a", (at) => seen.push(at), undefined, instant);
    expect(seen[seen.length - 1]).toBe(file.size);
    expect(stored).toBe(file.size);
  });
  it("gives up at once when the server refuses", async () => {
    const sink: Sink = { open: () => Promise.resolve({ id: "u", offset: 0 }), offset: () => Promise.resolve(0), send: () => Promise.reject(new Problem(403, { code: "forbidden" })) };
    await expect(upload(sink, file, "a", () => undefined, undefined, instant)).rejects.toMatchObject({ code: "forbidden" });
  });
});

it("a room is shown for any of its rights", () => {
  expect(has(["audit_view"], "people_view", "audit_view")).toBe(true);
  expect(has(undefined, "search")).toBe(false);
});
