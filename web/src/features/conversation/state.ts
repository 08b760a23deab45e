// SPDX-License-Identifier: AGPL-3.0-or-later
import { computed, effect, signal } from "@preact/signals";
import { api } from "../../api/client";
import type { Conversation, Proof } from "../../api/types";
import { loader, valueOf, type Loadable } from "../../lib/loadable";
import { go, params, place, steps, withParams } from "../../router";
import { where } from "../session/state";
import { complain } from "../../ui/float";

export const id = computed(() => (steps.value[0] === "conversation" ? (steps.value[1] ?? "") : ""));
export const target = computed(() => Number(/^#m-(\d+)$/.exec(place.value.hash)?.[1] ?? 0));
export const asOf = computed(() => params.value.get("as-of") ?? "");

export const talk = signal<Loadable<Conversation>>({ kind: "idle" });
const load = loader(talk);
let asked = "";
const path = () => `/conversations/${encodeURIComponent(id.peek())}`;

export function reload(): void {
  const around = target.peek();
  void load((stop) => api.get<Conversation>(path(), { around: around || undefined, limit: 50, as_of: asOf.peek() || undefined }, stop), !asked.startsWith(`${id.peek()} `));
  asked = `${id.peek()} ${asOf.peek()}`;
}

effect(() => {
  const wanted = `${id.value} ${asOf.value}`;
  if (where.value !== "in") asked = "";
  if (where.value !== "in" || !id.value) return;
  const known = valueOf(talk.peek());
  const missing = target.value && known?.id === id.value && !asOf.value && !known.items.some((item) => item.id === target.value);
  if (asked !== wanted || missing) reload();
});

// What is read stays where it is while something is put above it.
function held(): () => void {
  const row = [...document.querySelectorAll<HTMLElement>("[data-message]")].find((one) => one.getBoundingClientRect().bottom > 100);
  const top = row?.getBoundingClientRect().top ?? 0;
  return () => requestAnimationFrame(() => row?.isConnected && scrollBy(0, row.getBoundingClientRect().top - top));
}

type Side = "before" | "after";
// What is known, and one page more on that side.
async function longer(one: Conversation, side: Side, limit: number): Promise<Conversation> {
  const edge = side === "before" ? one.items[0] : one.items[one.items.length - 1];
  if (!edge) return one;
  const page = await api.get<Conversation>(path(), { [side]: edge.id, limit, as_of: asOf.peek() || undefined });
  const items = side === "before" ? [...page.items, ...one.items] : [...one.items, ...page.items];
  const known = new Set<number>();
  const unique = items.filter((item) => !known.has(item.id) && known.add(item.id));
  return { ...one, items: unique, ...(side === "before" ? { more_before: page.more_before, begin: page.begin } : { more_after: page.more_after }) };
}

export const growing = signal<"" | Side>("");
export async function grow(side: Side): Promise<void> {
  const now = talk.peek();
  if (now.kind !== "ready" || growing.peek()) return;
  growing.value = side;
  try {
    const value = await longer(now.value, side, 50);
    if (talk.peek() !== now) return;
    const stay = side === "before" ? held() : undefined;
    talk.value = { kind: "ready", value };
    stay?.();
  } catch (error) {
    complain(error);
  } finally {
    growing.value = "";
  }
}

// All of it, for paper; a part where there is more than paper should hold. Shown at once, not page by page.
export const gathering = signal(false);
export async function gather(max = 5000): Promise<"whole" | "part" | "failed"> {
  const now = talk.peek();
  if (now.kind !== "ready" || gathering.peek()) return "failed";
  gathering.value = true;
  try {
    let value = now.value;
    while ((value.more_before || value.more_after) && value.items.length < max) {
      const next = await longer(value, value.more_before ? "before" : "after", 200);
      if (next.items.length === value.items.length) break;
      value = next;
    }
    if (talk.peek() !== now) return "failed";
    if (value !== now.value) talk.value = { kind: "ready", value };
    return value.more_before || value.more_after ? "part" : "whole";
  } catch (error) {
    complain(error);
    return "failed";
  } finally {
    gathering.value = false;
  }
}

// Replay: what was known at a moment. The steps are the days on which something was said.
export interface Moment { at: string; count: number }
const endOf = (day: string) => new Date(`${day}T23:59:59`).toISOString().replace(".000Z", "Z");  // in the reader's zone
export const moments = computed<Moment[]>(() => (valueOf(talk.value)?.density ?? []).map((day) => ({ at: day.at.length === 10 ? endOf(day.at) : day.at, count: day.count })));
export const replayOn = signal(false);
export const moment = computed(() => {
  const all = moments.value;
  if (!asOf.value) return all.length;
  const at = all.findIndex((one) => one.at >= asOf.value);
  return at < 0 ? all.length : at + 1;
});
export function replayTo(index: number): void {
  const all = moments.peek();
  const at = index >= all.length || index < 1 ? undefined : all[index - 1]?.at;
  go(withParams({ "as-of": index < 1 ? all[0]?.at : at }), { replace: true, quiet: true });
}


// Proofs are asked for one by one, when somebody wants to see one.
export const proofs = signal<Record<number, Loadable<Proof>>>({});
export async function prove(message: number): Promise<void> {
  if (proofs.peek()[message]?.kind === "ready") return;
  const one = signal<Loadable<Proof>>({ kind: "idle" });
  const stop = one.subscribe((value) => (proofs.value = { ...proofs.peek(), [message]: value }));
  await loader(one)((abort) => api.get<Proof>(`/messages/${message}/proof`, {}, abort));
  stop();
}

export async function tag(message: number, name: string, on: boolean): Promise<void> {
  const at = `/messages/${message}/tags/${encodeURIComponent(name)}`;
  await (on ? api.put(at) : api.delete(at));
  const now = talk.peek();
  if (now.kind !== "ready") return;
  const items = now.value.items.map((item) => (item.id === message ? { ...item, tags: on ? [...(item.tags ?? []), name] : (item.tags ?? []).filter((other) => other !== name) } : item));
  talk.value = { kind: "ready", value: { ...now.value, items } };
}
