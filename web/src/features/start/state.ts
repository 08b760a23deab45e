// SPDX-License-Identifier: AGPL-3.0-or-later
// The first run: one decision a step, what is done stays done, and the page may be left and come back to.
import { computed, signal } from "@preact/signals";
import { api } from "../../api/client";
import { Problem } from "../../api/problem";
import type { Session, Setup, Sheet, Totp } from "../../api/types";
import { locale } from "../../lib/i18n";
import { go, steps } from "../../router";
import { entered, session, where } from "../session/state";

export type StepId = 1 | 2 | 3 | 4 | 5 | 6;
const store = "letopis-setup";

export const token = signal("");
export const setup = signal<Setup | undefined>(undefined);
export const problem = signal<Problem | undefined>(undefined);
export const refused = signal(false);
export const busy = signal(false);
export const company = signal("");
export const keyKind = signal<"passphrase" | "file">("passphrase");
export const sheet = signal<Sheet | undefined>(undefined);
export const totp = signal<Totp | undefined>(undefined);
export const login = signal("");
export const codes = signal<string[]>([]);

export function reached(state: Setup["state"] | undefined, asked: number): StepId {
  const most = { new: 2, sheet: 3, user: 4, confirm: 4, done: 6 }[state ?? "new"];
  const least = { new: 1, sheet: 3, user: 4, confirm: 4, done: 5 }[state ?? "new"];
  return Math.max(least, Math.min(most, asked || least)) as StepId;
}
export const step = computed<StepId>(() => {
  const asked = Number(steps.value[1] ?? 1);
  if (codes.value.length) return 4;
  return reached(session.value ? "done" : setup.value?.state, asked);
});

export async function open(): Promise<void> {
  const given = new URLSearchParams(location.search).get("token");
  if (given) {
    sessionStorage.setItem(store, given);
    go(location.pathname === "/start" ? "/start/1" : location.pathname, { replace: true, quiet: true });
  }
  token.value = given ?? sessionStorage.getItem(store) ?? "";
  try {
    if (!session.peek()) {
      const mine = await api.get<Session>("/session").catch(() => undefined);
      if (mine) entered(mine);
    }
    if (session.peek()) setup.value = { state: "done" };
    else {
      setup.value = await api.get<Setup>("/setup", { token: token.value });
      company.value = setup.value.company ?? "";
      login.value = setup.value.login ?? "";
      if (setup.value.state === "done") {
        where.value = "out";
        go("/search", { replace: true });
      }
    }
  } catch (error) {
    const found = Problem.from(error);
    refused.value = found.status === 403 || found.status === 404;
    problem.value = found;
    setup.value = undefined;
  }
}

async function act(work: () => Promise<void>): Promise<void> {
  if (busy.peek()) return;
  busy.value = true;
  problem.value = undefined;
  try {
    await work();
  } catch (error) {
    problem.value = Problem.from(error);
  } finally {
    busy.value = false;
  }
}
const to = (number: StepId) => go(`/start/${number}`);

export const named = () => to(2);

export const makeArchive = (passphrase: string) => act(async () => {
  const body = { token: token.peek(), language: locale.peek(), company: company.peek().trim(), ...(passphrase && { passphrase }) };
  sheet.value = await api.post<Sheet>("/setup/archive", body);
  setup.value = { state: "sheet", company: company.peek() };
  to(3);
});

export const checkSheet = (code: string) => act(async () => {
  await api.post("/setup/sheet", { token: token.peek(), code });
  setup.value = { state: "user", company: company.peek() };
  sheet.value = undefined;
  to(4);
});

export const makeUser = (user: { login: string; name: string; password: string }) => act(async () => {
  totp.value = (await api.post<{ totp: Totp }>("/setup/user", { token: token.peek(), ...user })).totp;
  setup.value = { state: "confirm", company: company.peek(), login: user.login };
});

export const confirm = (code: string) => act(async () => {
  codes.value = (await api.post<{ recovery_codes: string[] }>("/setup/confirm", { token: token.peek(), code })).recovery_codes;
  totp.value = undefined;
  setup.value = { state: "done" };
  sessionStorage.removeItem(store);
  entered(await api.get<Session>("/session"));
});

export function codesKept(): void {
  codes.value = [];
  to(5);
}

export const openDemo = () => act(async () => {
  await api.post("/setup/demo", { token: token.peek() });
  await api.patch("/session/settings", { locale: locale.peek() });
  sessionStorage.removeItem(store);
  entered(await api.get<Session>("/session"));
  go("/search");
});
