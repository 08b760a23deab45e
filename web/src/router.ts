// SPDX-License-Identifier: AGPL-3.0-or-later
// The address is the state that can be shared. Links are plain <a href>; one listener takes those that stay inside.
import { computed, signal } from "@preact/signals";

export interface Place { path: string; search: string; hash: string }

const here = (): Place => ({ path: location.pathname, search: location.search, hash: location.hash });
export const place = signal<Place>(here());
export const params = computed(() => new URLSearchParams(place.value.search));
export const steps = computed(() => place.value.path.split("/").filter(Boolean).map(decodeURIComponent));
export const moved = signal(0);  // grows with every change of room, so that the new heading can take the focus

function remember(): void {
  history.replaceState({ ...(history.state as object | null), y: scrollY }, "");
}

export function go(to: string, { replace = false, quiet = false }: { replace?: boolean; quiet?: boolean } = {}): void {
  const next = new URL(to, location.href);
  const room = next.pathname !== location.pathname;
  if (replace) history.replaceState(history.state, "", next);
  else {
    remember();
    history.pushState({ y: 0 }, "", next);
  }
  place.value = here();
  if (room && !quiet) {
    moved.value++;
    if (!next.hash) scrollTo(0, 0);
  }
}

export function withParams(changes: Record<string, string | undefined>, from: Place = place.peek()): string {
  const next = new URLSearchParams(from.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === "") next.delete(name);
    else next.set(name, value);
  }
  const text = next.toString().replace(/\+/g, "%20").replace(/%3A/g, ":");
  return from.path + (text ? `?${text}` : "");
}

export function start(): void {
  history.scrollRestoration = "manual";
  addEventListener("popstate", (event) => {
    const before = place.peek().path;
    place.value = here();
    if (before !== place.peek().path) moved.value++;
    const y = (event.state as { y?: number } | null)?.y ?? 0;
    requestAnimationFrame(() => requestAnimationFrame(() => scrollTo(0, y)));
  });
  addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest?.("a");
    if (!link || link.origin !== location.origin || link.target || link.hasAttribute("download") || link.pathname.startsWith("/api/")) return;
    event.preventDefault();
    if (link.pathname === location.pathname && link.search === location.search && link.hash) {
      const target = document.getElementById(link.hash.slice(1));
      target?.focus();
      target?.scrollIntoView();
      if (link.hash.startsWith("#m-")) go(link.href);
      return;
    }
    go(link.href);
  });
}
