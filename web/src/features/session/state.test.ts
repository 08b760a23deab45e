// SPDX-License-Identifier: AGPL-3.0-or-later
import { beforeEach, expect, it, vi } from "vitest";
import { api, hooks } from "../../api/client";
import { second, session, signIn, stage, where, wrong } from "./state";

const answers: Record<string, [number, object]> = {};
const sent: { url: string; init: RequestInit }[] = [];
beforeEach(() => {
  sent.length = 0;
  where.value = "out";
  session.value = undefined;
  stage.value = { kind: "password" };
  vi.stubGlobal("EventSource", undefined);
  vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
    sent.push({ url, init });
    const [status, body] = answers[`${init.method ?? "GET"} ${url.replace("/api/v1", "")}`] ?? [404, {}];
    return Promise.resolve(new Response(JSON.stringify(body), { status }));
  });
});

it("a password leads to the second factor, the code to the archive", async () => {
  answers["POST /session"] = [200, { next: "totp", methods: ["totp", "recovery"] }];
  answers["POST /session/second"] = [200, { user: { id: "u", login: "m", name: "M", locale: "ru" }, roles: ["owner"], rights: ["search"] }];
  await signIn("m", "p");
  expect(stage.value).toMatchObject({ kind: "second", with: "totp" });
  await second({ code: "123456" });
  expect([where.value, session.value?.user.name]).toEqual(["in", "M"]);
});
it("a wrong password says so and stays", async () => {
  answers["POST /session"] = [401, { code: "unauthenticated" }];
  await signIn("m", "p");
  expect([wrong.value?.status, stage.value.kind, where.value]).toEqual([401, "password", "out"]);
});
it("every write carries the header and a key against doubling", async () => {
  answers["POST /imports"] = [200, {}];
  await api.post("/imports", {});
  const headers = sent[0]?.init.headers as Record<string, string>;
  expect(headers["X-Letopis"]).toBe("1");
  expect(headers["Idempotency-Key"]).toBeTruthy();
});
it("an ended session is noticed wherever it shows", async () => {
  let ended = 0;
  hooks.ended = () => ended++;
  answers["GET /clients"] = [401, { code: "unauthenticated" }];
  await expect(api.get("/clients")).rejects.toMatchObject({ status: 401 });
  expect(ended).toBe(1);
});
it("a dangerous act asks for a fresh code and is tried again", async () => {
  let asked = 0;
  hooks.stepUp = () => { asked++; answers["DELETE /tokens/1"] = [200, {}]; return Promise.resolve(true); };
  answers["DELETE /tokens/1"] = [403, { code: "step_up_required" }];
  await api.delete("/tokens/1");
  expect([asked, sent.length]).toEqual([1, 2]);
});
