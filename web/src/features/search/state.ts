// SPDX-License-Identifier: AGPL-3.0-or-later
// What is searched, what was found, what is selected. The address holds the query, the order and the selected hit.
import { computed, effect, signal } from "@preact/signals";
import { api } from "../../api/client";
import { Problem } from "../../api/problem";
import type { Conversation, Facets, Hit, Items, Order, SavedSearch, SearchPage, Suggestion } from "../../api/types";
import { locale } from "../../lib/i18n";
import { loader, valueOf, type Loadable } from "../../lib/loadable";
import { setValues, spelled, valuesOf } from "../../lib/query";
import { go, params, steps, withParams } from "../../router";
import { where } from "../session/state";

export const query = computed(() => params.value.get("q") ?? "");
export const order = computed<Order>(() => (params.value.get("order") === "relevance" ? "relevance" : "newest"));
export const selected = computed(() => Number(/^m-(\d+)$/.exec(params.value.get("at") ?? "")?.[1] ?? 0));
const inRoom = computed(() => where.value === "in" && steps.value[0] === "search");

export interface Found extends SearchPage { hits: Hit[] }
export const found = signal<Loadable<Found>>({ kind: "idle" });
export const growing = signal(false);
export const growProblem = signal<Problem | undefined>(undefined);
const load = loader(found);
let asked = "";

export function reload(): void {
  const [q, by] = [query.peek(), order.peek()];
  asked = `${by} ${q}`;
  growProblem.value = undefined;
  void load((stop) => api.get<SearchPage>("/search", { q, order: by, limit: 20, facets: 1 }, stop));
}

effect(() => {
  if (where.value !== "in") asked = "";  // what was asked before is asked again after the sign-in
  if (inRoom.value && asked !== `${order.value} ${query.value}`) reload();
});

export async function more(): Promise<void> {
  const now = found.peek();
  if (now.kind !== "ready" || !now.value.cursor || growing.peek()) return;
  growing.value = true;
  growProblem.value = undefined;
  try {
    const page = await api.get<SearchPage>("/search", { q: query.peek(), order: order.peek(), limit: 20, cursor: now.value.cursor });
    if (found.peek() !== now) return;
    const known = new Set(now.value.hits.map((hit) => hit.id));
    found.value = { kind: "ready", value: { ...now.value, cursor: page.cursor, hits: [...now.value.hits, ...page.hits.filter((hit) => !known.has(hit.id))] } };
  } catch (error) {
    growProblem.value = Problem.from(error);
  } finally {
    growing.value = false;
  }
}

export function ask(text: string): void {
  go(withParams({ q: text.trim() || undefined, at: undefined }), { quiet: true });
}
export function sort(by: Order): void {
  go(withParams({ order: by === "newest" ? undefined : by, at: undefined }), { quiet: true });
}
export function select(id: number | undefined): void {
  go(withParams({ at: id ? `m-${id}` : undefined }), { replace: true, quiet: true });
}
export function step(by: 1 | -1): Hit | undefined {
  const hits = valueOf(found.peek())?.hits ?? [];
  const at = hits.findIndex((hit) => hit.id === selected.peek());
  const next = hits[at < 0 ? (by > 0 ? 0 : hits.length - 1) : Math.max(0, Math.min(hits.length - 1, at + by))];
  if (next) select(next.id);
  if (by > 0 && at >= hits.length - 4) void more();
  return next;
}

// Facets
export type FacetField = "channel" | "from" | "lang" | "on" | "has";
export const chosen = (field: FacetField): string[] => valuesOf(query.value, field);
export function toggle(field: FacetField, value: string): void {
  const now = valuesOf(query.peek(), field);
  const next = now.includes(value) ? now.filter((one) => one !== value) : field === "on" ? [value] : [...now, value];
  ask(setValues(query.peek(), field, next, locale.peek()));
}
export const facets = computed<Facets>(() => valueOf(found.value)?.facets ?? {});

// The preview: what was said around the selected hit.
export const previewOn = signal(true);
export const preview = signal<Loadable<Conversation>>({ kind: "idle" });
const loadPreview = loader(preview);
let timer: ReturnType<typeof setTimeout> | undefined;
effect(() => {
  const id = selected.value;
  const hit = valueOf(found.value)?.hits.find((one) => one.id === id);
  const wide = typeof matchMedia === "undefined" || matchMedia("(min-width: 768px)").matches;
  clearTimeout(timer);
  if (!inRoom.value || !hit || !previewOn.value || !wide) return;
  const shown = preview.peek();
  if (shown.kind === "ready" && shown.value.id === hit.conversation && shown.value.items.some((item) => item.id === id)) return;
  timer = setTimeout(() => void loadPreview((stop) => api.get<Conversation>(`/conversations/${encodeURIComponent(hit.conversation)}`, { around: id, limit: 7 }, stop), true), 120);
});

// Suggestions
export const suggestions = signal<Suggestion[]>([]);
let suggesting: AbortController | undefined;
export async function suggest(text: string, at: number): Promise<void> {
  suggesting?.abort();
  const mine = (suggesting = new AbortController());
  if (!text.trim()) {
    suggestions.value = [];
    return;
  }
  try {
    const { items } = await api.get<Items<Suggestion>>("/suggest", { q: text, lang: locale.peek(), at: new TextEncoder().encode(text.slice(0, at)).length }, mine.signal);
    const said = items.map((one) => (one.kind === "past" ? one : { ...one, text: spelled(one.text, locale.peek()), insert: spelled(one.insert, locale.peek()) }));
    if (!mine.signal.aborted) suggestions.value = said;
  } catch {
    if (!mine.signal.aborted) suggestions.value = [];
  }
}

// Saved searches
export const saved = signal<Loadable<SavedSearch[]>>({ kind: "idle" });
const loadSaved = loader(saved);
export const refreshSaved = () => loadSaved(async (stop) => (await api.get<Items<SavedSearch>>("/saved-searches", {}, stop)).items);
export async function save(name: string): Promise<void> {
  await api.post("/saved-searches", { name, query: query.peek(), order: order.peek() });
  await refreshSaved();
}
export async function forget(one: SavedSearch): Promise<void> {
  await api.delete(`/saved-searches/${one.id}`);
  await refreshSaved();
}
export const linkTo = (q: string, by: Order): string => `/search?q=${encodeURIComponent(q)}${by === "relevance" ? "&order=relevance" : ""}`;
