// SPDX-License-Identifier: AGPL-3.0-or-later
// What is known of a thing that comes from the server.
import type { Signal } from "@preact/signals";
import { Problem } from "../api/problem";

export type Loadable<T> =
  | { kind: "idle" }
  | { kind: "loading"; before?: T }
  | { kind: "ready"; value: T }
  | { kind: "failed"; problem: Problem; before?: T };

export const idle = { kind: "idle" } as const;

export function valueOf<T>(loadable: Loadable<T>): T | undefined {
  if (loadable.kind === "ready") return loadable.value;
  return loadable.kind === "idle" ? undefined : loadable.before;
}

// Fills `target`; a newer call aborts the one before it, and an aborted one changes nothing.
export function loader<T>(target: Signal<Loadable<T>>): (work: (signal: AbortSignal) => Promise<T>, fresh?: boolean) => Promise<void> {
  let running: AbortController | undefined;
  return async (work, fresh = false) => {
    running?.abort();
    const mine = (running = new AbortController());
    const before = fresh ? undefined : valueOf(target.peek());
    target.value = before === undefined ? { kind: "loading" } : { kind: "loading", before };
    try {
      const value = await work(mine.signal);
      if (!mine.signal.aborted) target.value = { kind: "ready", value };
    } catch (error) {
      if (mine.signal.aborted) return;
      const problem = Problem.from(error);
      target.value = before === undefined ? { kind: "failed", problem } : { kind: "failed", problem, before };
    }
  };
}
