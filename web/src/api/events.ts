// SPDX-License-Identifier: AGPL-3.0-or-later
// What the server tells by itself. One connection for the whole page, opened while somebody is signed in.
import { signal } from "@preact/signals";
import { base } from "./client";
import type { Import } from "./types";

export interface Position { messages: number; records: number; position: number }
type Listener = (job: Import) => void;

export const position = signal<Position | undefined>(undefined);
export const live = signal(false);
const listeners = new Set<Listener>();
let source: EventSource | undefined;

export function onImport(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function listen(sessionChanged: () => void): void {
  if (source || typeof EventSource === "undefined") return;
  source = new EventSource(`${base}/events`);
  source.onopen = () => (live.value = true);
  source.onerror = () => (live.value = false);
  source.addEventListener("import", (event) => {
    const job = JSON.parse((event as MessageEvent<string>).data) as Import;
    for (const listener of listeners) listener(job);
  });
  source.addEventListener("archive", (event) => (position.value = JSON.parse((event as MessageEvent<string>).data) as Position));
  source.addEventListener("session", sessionChanged);
}

export function hush(): void {
  source?.close();
  source = undefined;
  live.value = false;
}
