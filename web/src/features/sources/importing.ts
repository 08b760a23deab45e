// SPDX-License-Identifier: AGPL-3.0-or-later
// Bringing files in: uploads in pieces, then imports whose figures the server keeps. It goes on when the page is closed.
import { computed, signal } from "@preact/signals";
import { api } from "../../api/client";
import { live, onImport } from "../../api/events";
import { Problem } from "../../api/problem";
import type { Import, Items, Sums, Upload } from "../../api/types";
import { upload, type Found, type Sink } from "../../lib/upload";
import { add } from "../../ui/equation";

export interface Sending { key: number; name: string; size: number; sent: number; state: "waiting" | "sending" | "sent" | "failed"; problem?: Problem }

export const sendings = signal<Sending[]>([]);
export const imports = signal<Import[]>([]);
const over = (job: Import) => ["done", "stopped", "failed"].includes(job.state);
export const running = computed(() => imports.value.filter((job) => !over(job)));
export const sums = computed<Sums>(() => add(imports.value));
export const rate = computed(() => running.value.reduce((sum, job) => sum + (job.rate ?? 0), 0));
export const leftSeconds = computed(() => Math.max(0, ...running.value.map((job) => job.left_s ?? 0)));
export const searchable = computed(() => imports.value.reduce((sum, job) => sum + (job.searchable ?? (job.state === "done" ? job.stored : 0)), 0));
export const uploading = computed(() => sendings.value.some((one) => one.state === "waiting" || one.state === "sending"));
export const verified = computed(() => imports.value.filter((job) => job.verified));

// What an earlier page began of the same file. It is not taken twice in one drop.
let begun: Upload[] = [];
const same = (one: Upload, name: string, size: number, modified?: string) =>
  one.name === name && one.size === size && modified !== undefined && one.modified != null && Date.parse(one.modified) === Date.parse(modified);

const sink: Sink = {
  open: async (name, size, modified) => {
    const known = begun.find((one) => same(one, name, size, modified));
    begun = begun.filter((one) => one !== known);
    return known ?? api.post<Upload>("/uploads", { name, size, modified });
  },
  offset: async (id) => (await api.get<{ offset: number }>(`/uploads/${id}`)).offset,
  send: async (id, offset, bytes) => (await api.bytes<{ offset: number }>(`/uploads/${id}`, { offset }, bytes)).offset,
};

let keys = 1;
function change(key: number, next: Partial<Sending>): void {
  sendings.value = sendings.value.map((one) => (one.key === key ? { ...one, ...next } : one));
}

export function take(job: Import): void {
  const known = imports.peek().some((one) => one.id === job.id);
  imports.value = known ? imports.peek().map((one) => (one.id === job.id ? job : one)) : [...imports.peek(), job];
}
onImport(take);

// What one drop brings is one import: parts of an export belong together.
export async function bring(files: Found[]): Promise<void> {
  const batch = files.filter((one) => one.file.size > 0).map((one) => ({ ...one, key: keys++ }));
  sendings.value = [...sendings.peek(), ...batch.map(({ key, name, file }): Sending => ({ key, name, size: file.size, sent: 0, state: "waiting" }))];
  const uploads: string[] = [];
  begun = await api.get<Items<Upload>>("/uploads").then(({ items }) => items, () => []);
  for (const { key, name, file } of batch) {
    change(key, { state: "sending" });
    try {
      uploads.push(await upload(sink, file, name, (sent) => change(key, { sent })));
      change(key, { state: "sent", sent: file.size });
    } catch (error) {
      change(key, { state: "failed", problem: Problem.from(error) });
    }
  }
  if (uploads.length === 0) return;
  const { id } = await api.post<{ id: string }>("/imports", { uploads, zone: Intl.DateTimeFormat().resolvedOptions().timeZone });
  take(await api.get<Import>(`/imports/${id}`));
  const mine = new Set(batch.map((one) => one.key));
  sendings.value = sendings.peek().filter((one) => !mine.has(one.key) || one.state === "failed");
  watch();
}

let timer: ReturnType<typeof setTimeout> | undefined;
// The figures come by themselves; where they do not, the page asks once a second.
export function watch(): void {
  clearTimeout(timer);
  if (running.peek().length === 0) return;
  timer = setTimeout(() => {
    const wanted = live.peek() ? [] : running.peek();
    void Promise.all(wanted.map((job) => api.get<Import>(`/imports/${job.id}`).then(take, () => undefined))).then(watch);
  }, 1000);
}

export async function loadImports(): Promise<void> {
  const { items } = await api.get<Items<Import>>("/imports");
  imports.value = items;
  watch();
}

// What a source refused, once more.
export async function retry(source: string): Promise<void> {
  const { id } = await api.post<{ id: string }>(`/sources/${source}/retry`, {});
  take(await api.get<Import>(`/imports/${id}`));
  watch();
}

export async function stop(job: Import): Promise<void> {
  await api.delete(`/imports/${job.id}`);
  take(await api.get<Import>(`/imports/${job.id}`));
}
