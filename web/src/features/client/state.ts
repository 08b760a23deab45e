// SPDX-License-Identifier: AGPL-3.0-or-later
import { computed, effect, signal } from "@preact/signals";
import { api } from "../../api/client";
import type { Client, ClientRow, Items, TimelineRow } from "../../api/types";
import { loader, type Loadable } from "../../lib/loadable";
import { go, params, steps, withParams } from "../../router";
import { where } from "../session/state";
import { complain } from "../../ui/float";

export const filter = computed(() => params.value.get("q") ?? "");
export const rows = signal<Loadable<ClientRow[]>>({ kind: "idle" });
const loadRows = loader(rows);
export const reloadRows = () => void loadRows(async (stop) => (await api.get<Items<ClientRow>>("/clients", { q: filter.peek(), limit: 200 }, stop)).items);
effect(() => {
  if (where.value === "in" && steps.value[0] === "clients") {
    void filter.value;
    reloadRows();
  }
});

let timer: ReturnType<typeof setTimeout> | undefined;
export function narrow(text: string): void {
  clearTimeout(timer);
  timer = setTimeout(() => go(withParams({ q: text.trim() || undefined }), { replace: true, quiet: true }), 150);
}

export const id = computed(() => (steps.value[0] === "client" ? (steps.value[1] ?? "") : ""));
export type Tab = "timeline" | "conversations";
export const tab = computed<Tab>(() => (steps.value[2] === "conversations" ? "conversations" : "timeline"));
interface TimelinePage { items: TimelineRow[]; cursor: string | null }
export const client = signal<Loadable<Client>>({ kind: "idle" });
export const timeline = signal<Loadable<TimelinePage>>({ kind: "idle" });
const loadClient = loader(client);
const loadTimeline = loader(timeline);
let asked = "";

export function reload(): void {
  const path = `/clients/${encodeURIComponent(id.peek())}`;
  asked = id.peek();
  void loadClient((stop) => api.get<Client>(path, {}, stop), true);
  void loadTimeline((stop) => api.get(`${path}/timeline`, { limit: 30 }, stop), true);
}
effect(() => {
  if (where.value !== "in") asked = "";
  if (where.value === "in" && id.value && id.value !== asked) reload();
});

export const growing = signal(false);
export async function older(): Promise<void> {
  const now = timeline.peek();
  if (now.kind !== "ready" || !now.value.cursor || growing.peek()) return;
  growing.value = true;
  try {
    const page = await api.get<TimelinePage>(`/clients/${encodeURIComponent(id.peek())}/timeline`, { cursor: now.value.cursor, limit: 30 });
    const known = new Set(now.value.items.map((item) => item.id));
    const fresh = page.items.filter((item) => !known.has(item.id));
    if (timeline.peek() === now) timeline.value = { kind: "ready", value: { items: [...now.value.items, ...fresh], cursor: fresh.length > 0 ? page.cursor : null } };
  } catch (error) {
    complain(error);
  } finally {
    growing.value = false;
  }
}
