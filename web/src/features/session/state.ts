// SPDX-License-Identifier: AGPL-3.0-or-later
import { computed, signal } from "@preact/signals";
import { api, hooks } from "../../api/client";
import { hush, listen } from "../../api/events";
import { Problem } from "../../api/problem";
import type { Archive, EnrolStep, Health, RecoveryCodes, SecondStep, Session, SignIn, Totp, Ways } from "../../api/types";
import { speak, wanted } from "../../lib/i18n";
import type { Loadable } from "../../lib/loadable";
import { has, type Right } from "../../lib/rights";
import { go, params, place } from "../../router";
import { remembered, wear, wearOf } from "./look";
import { assertion, turnedAway, type AskOptions } from "./passkey";

export type Where = "starting" | "setup" | "locked" | "out" | "in" | "unreachable";
export const where = signal<Where>("starting");
export const session = signal<Session | undefined>(undefined);
export const archive = signal<Loadable<Archive>>({ kind: "idle" });
export const ended = signal(false);
export const rights = computed(() => session.value?.rights ?? []);
export const may = (...any: Right[]): boolean => has(rights.value, ...any);

export type Stage =
  | { kind: "password" }
  | { kind: "second"; methods: SecondStep["methods"]; with: "totp" | "recovery" | "passkey" }
  | { kind: "enrol"; totp: Totp }
  | { kind: "codes"; list: string[] };
// What a provider's answer came to, when it led nowhere.
export type Refusal = "refused" | "nobody" | "wait" | "unavailable";
export const refusal = signal<Refusal | undefined>(undefined);
export const ways = signal<Ways>({ passkey: false, provider: null, directory: null });
export const stage = signal<Stage>({ kind: "password" });
export const busy = signal(false);
export const wrong = signal<Problem | undefined>(undefined);
export const stepUpAsked = signal<((yes: boolean) => void) | undefined>(undefined);

let warner: ReturnType<typeof setTimeout> | undefined;
export const warnEnd = signal(false);

// Two minutes before an idle session ends the page says so; any request prolongs it.
function watchIdle(until: string | undefined): void {
  clearTimeout(warner);
  warnEnd.value = false;
  const left = until ? new Date(until).getTime() - Date.now() - 120_000 : Infinity;
  if (left < 2 ** 31) warner = setTimeout(() => (warnEnd.value = true), Math.max(0, left));
}

let before = "";

export function entered(value: Session): void {
  if (before && before !== value.user.id) {
    location.reload();  // somebody else: nothing of the one before stays in memory
    return;
  }
  before = value.user.id;
  session.value = value;
  where.value = "in";
  ended.value = false;
  stage.value = { kind: "password" };
  void wearOf(value.user);
  watchIdle(value.idle_until);
  listen(() => void refresh());
  void loadArchive();
}

export async function refresh(): Promise<void> {
  try {
    entered(await api.get<Session>("/session"));
  } catch (error) {
    if (Problem.from(error).status === 401) left(true);
  }
}

export async function loadArchive(): Promise<void> {
  try {
    archive.value = { kind: "ready", value: await api.get<Archive>("/archive") };
  } catch (error) {
    archive.value = { kind: "failed", problem: Problem.from(error) };
  }
}

function left(byItself: boolean): void {
  if (where.peek() === "out") return;
  hush();
  clearTimeout(warner);
  if (!byItself) session.value = undefined;
  ended.value = byItself && where.peek() === "in";
  where.value = "out";
  stepUpAsked.peek()?.(false);
  void lookForWays();
}

async function lookForWays(): Promise<void> {
  ways.value = await api.get<Ways>("/session/ways").catch(() => ways.peek());
}

// Back from a provider: the server knows how far this browser is.
async function fromProvider(): Promise<void> {
  const came = params.peek().get("provider");
  if (!came) return;
  go(place.peek().path, { replace: true, quiet: true });
  if (came === "second") {
    const next = await api.get<SecondStep>("/session/second").catch(() => undefined);
    if (next) stage.value = { kind: "second", methods: next.methods, with: next.next };
  } else if (came === "enrol") {
    const next = await api.get<EnrolStep>("/session/enrol").catch(() => undefined);
    if (next) stage.value = { kind: "enrol", totp: next.totp };
  } else refusal.value = came === "nobody" || came === "wait" || came === "unavailable" ? came : "refused";
}

export async function boot(): Promise<void> {
  const look = remembered();
  wear(look);
  await speak(wanted(location.search, navigator.languages, look.locale));
  hooks.ended = () => left(true);
  hooks.stepUp = () => new Promise<boolean>((done) => {
    stepUpAsked.value = (yes) => {
      stepUpAsked.value = undefined;
      done(yes);
    };
  });
  if (/^\/(start|join)/.test(place.peek().path)) {
    where.value = "setup";
    return;
  }
  try {
    entered(await api.get<Session>("/session"));
  } catch (error) {
    const problem = Problem.from(error);
    if (problem.code === "offline") {
      where.value = "unreachable";
      return;
    }
    const health = await api.get<Health>("/health").catch(() => undefined);
    if (problem.code === "setup_required" || health?.state === "setup") {
      go("/start/1", { replace: true });
      where.value = "setup";
    } else if (problem.code === "locked" || health?.state === "locked") where.value = "locked";
    else {
      await Promise.all([lookForWays(), fromProvider()]);
      where.value = "out";
    }
  }
}

async function attempt(work: () => Promise<void>): Promise<void> {
  if (busy.value) return;
  busy.value = true;
  wrong.value = undefined;
  refusal.value = undefined;
  try {
    await work();
  } catch (error) {
    if (!turnedAway(error)) wrong.value = Problem.from(error);
  } finally {
    busy.value = false;
  }
}

export const signIn = (login: string, password: string) => attempt(async () => {
  const step = await api.post<SignIn>("/session", { login, password });
  stage.value = step.next === "enrol" ? { kind: "enrol", totp: step.totp } : { kind: "second", methods: step.methods, with: step.next };
});

export const second = (body: { code: string } | { recovery: string; lost: boolean }) => attempt(async () => {
  const answer = await api.post<Session | EnrolStep>("/session/second", body);
  if ("next" in answer) stage.value = { kind: "enrol", totp: answer.totp };
  else entered(answer);
});

export const enrol = (code: string) => attempt(async () => {
  stage.value = { kind: "codes", list: (await api.post<RecoveryCodes>("/session/enrol", { code })).recovery_codes };
});

export const codesKept = () => attempt(async () => entered(await api.get<Session>("/session")));

export const withPasskey = () => attempt(async () => {
  const passkey = await assertion(await api.post<AskOptions>("/session/passkey/options"));
  entered(await api.post<Session>("/session/second", { passkey }));
});

export const passkeyAlone = () => attempt(async () => {
  const passkey = await assertion(await api.post<AskOptions>("/session/passkey/options"));
  entered(await api.post<Session>("/session/passkey", { passkey }));
});

export const toProvider = () => attempt(async () => {
  location.assign((await api.post<{ url: string }>("/session/provider")).url);
});

export const stepUp = (shown: { code: string } | { recovery: string }) => attempt(async () => {
  await api.post("/session/step-up", shown);
  stepUpAsked.value?.(true);
});

export const stepUpByPasskey = () => attempt(async () => {
  const passkey = await assertion(await api.post<AskOptions>("/session/step-up/options"));
  await api.post("/session/step-up", { passkey });
  stepUpAsked.value?.(true);
});

export async function signOut(): Promise<void> {
  await api.delete("/session").catch(() => undefined);
  left(false);
  location.assign("/");
}
