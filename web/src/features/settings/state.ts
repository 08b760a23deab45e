// SPDX-License-Identifier: AGPL-3.0-or-later
// How oneself signs in.
import { signal } from "@preact/signals";
import { api } from "../../api/client";
import { Problem } from "../../api/problem";
import type { Account, Items, RecoveryCodes, SessionRow, Totp } from "../../api/types";
import { loader, type Loadable } from "../../lib/loadable";
import { registration, turnedAway, type MakeOptions } from "../session/passkey";

export const account = signal<Loadable<Account>>({ kind: "idle" });
export const sessions = signal<Loadable<SessionRow[]>>({ kind: "idle" });
const loadAccount = loader(account);
const loadSessions = loader(sessions);
export const reloadAccount = () => void loadAccount((stop) => api.get<Account>("/account", {}, stop));
export const reloadSessions = () => void loadSessions(async (stop) => (await api.get<Items<SessionRow>>("/sessions", {}, stop)).items);

export const problem = signal<Problem | undefined>(undefined);
export const busy = signal(false);
// What a dialog is about, if one is open.
export type Open = { kind: "password" } | { kind: "passkey" } | { kind: "phone"; totp: Totp } | { kind: "codes"; list: string[] };
export const opened = signal<Open | undefined>(undefined);

export function close(): void {
  opened.value = undefined;
  problem.value = undefined;
  reloadAccount();
}

// True when it was done; what went wrong is in `problem`.
async function act(work: () => Promise<void>): Promise<boolean> {
  if (busy.value) return false;
  busy.value = true;
  problem.value = undefined;
  try {
    await work();
    reloadSessions();
    return true;
  } catch (error) {
    if (!turnedAway(error)) problem.value = Problem.from(error);
    return false;
  } finally {
    busy.value = false;
  }
}

export const changePassword = (old: string, fresh: string) => act(() => api.post("/account/password", { old, new: fresh }));
export const newCodes = () => act(async () => {
  opened.value = { kind: "codes", list: (await api.post<RecoveryCodes>("/account/recovery-codes")).recovery_codes };
});
export const newPhone = () => act(async () => {
  opened.value = { kind: "phone", totp: (await api.post<{ totp: Totp }>("/account/totp")).totp };
});
export const phoneShown = (code: string) => act(async () => {
  opened.value = { kind: "codes", list: (await api.post<RecoveryCodes>("/account/totp/confirm", { code })).recovery_codes };
});
export const noPhone = () => act(() => api.delete("/account/totp"));
export const addPasskey = (name: string) => act(async () => {
  const passkey = await registration(await api.post<MakeOptions>("/account/passkeys/options"));
  await api.post("/account/passkeys", { name, passkey });
});
export const dropPasskey = (id: string) => act(() => api.delete(`/account/passkeys/${id}`));
export const endOthers = () => act(() => api.delete("/sessions"));
