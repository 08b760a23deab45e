// SPDX-License-Identifier: AGPL-3.0-or-later
// One-letter keys. The physical key counts, so J is О on a Russian layout. No field has the focus, and the person has not switched them off.
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

export const keysOn = signal(true);
export type Keys = Record<string, (event: KeyboardEvent) => void>;

const rooms: Keys[] = [];
let lead = "";
let leadTimer: ReturnType<typeof setTimeout> | undefined;

export function writing(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null;
  if (!element?.tagName) return false;
  return element.isContentEditable || ["TEXTAREA", "SELECT"].includes(element.tagName) || (element.tagName === "INPUT" && !["checkbox", "radio", "range", "button"].includes((element as HTMLInputElement).type));
}

// "KeyJ", "Shift+KeyX", "Ctrl+KeyK", "KeyG KeyS"
export function nameOf(event: KeyboardEvent): string {
  const before = `${event.ctrlKey || event.metaKey ? "Ctrl+" : ""}${event.altKey ? "Alt+" : ""}${event.shiftKey ? "Shift+" : ""}`;
  return before + event.code;
}

function pressed(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  const name = nameOf(event);
  const inText = writing(event.target);
  const plain = !name.startsWith("Ctrl+") && !name.startsWith("Alt+");
  if (plain && (inText || (!keysOn.value && /Key[A-Z]|Slash|Bracket|Period/.test(name)))) return;
  if (document.querySelector(".room[hidden]")) return;
  if (document.querySelector("dialog[open]") && name !== "Ctrl+KeyK") return;
  const chord = lead ? `${lead} ${name}` : "";
  for (const map of [...rooms].reverse()) {
    const act = (chord && map[chord]) || (!lead && map[name]);
    if (!act) continue;
    lead = "";
    const control = (event.target as HTMLElement | null)?.closest?.("button,summary,a,input");
    if ((event.code === "Enter" || event.code === "Space") && control && !control.hasAttribute("data-row")) return;
    event.preventDefault();
    act(event);
    return;
  }
  clearTimeout(leadTimer);
  lead = !lead && name === "KeyG" ? "KeyG" : "";
  if (lead) leadTimer = setTimeout(() => (lead = ""), 1200);
}

export function startKeys(): void {
  document.addEventListener("keydown", pressed);
}

export function useKeys(keys: Keys): void {
  const held = useRef<Keys>({});
  Object.keys(held.current).forEach((name) => delete held.current[name]);
  Object.assign(held.current, keys);
  useEffect(() => {
    const mine = held.current;
    rooms.push(mine);
    return () => void rooms.splice(rooms.indexOf(mine), 1);
  }, []);
}
