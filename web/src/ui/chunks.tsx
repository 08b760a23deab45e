// SPDX-License-Identifier: AGPL-3.0-or-later
// A long list of which only what is near the eye is in the document: groups of rows, each drawn or held open by its measured height. Where the
// focus is, where an address points, and a page that is being printed are always drawn.
import { signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

export const printing = signal(false);
addEventListener("beforeprint", () => (printing.value = true));
addEventListener("afterprint", () => (printing.value = false));

const all = 120;  // a list up to this is simply there
const heights = new Map<string, number>();  // so that coming back finds everything where it was

export interface Group { id: number; from: number; to: number }
// `begin` is the place of the first item in the whole list, so that the groups stay when earlier items come.
export function groupsOf(count: number, begin: number, size: number): Group[] {
  const groups: Group[] = [];
  for (let from = 0; from < count;) {
    const id = Math.floor((begin + from) / size);
    const to = Math.min(count, (id + 1) * size - begin);
    groups.push({ id, from, to });
    from = to;
  }
  return groups;
}

interface GroupProps { name: string; count: number; estimate: number; drawn: boolean; pinned: boolean; children: () => ComponentChildren }

function Chunk({ name, count, estimate, drawn, pinned, children }: GroupProps) {
  const box = useRef<HTMLDivElement>(null);
  const near = useSignal(drawn);
  const shown = near.value || pinned || printing.value;
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const watch = new IntersectionObserver((seen) => {
      const one = seen[seen.length - 1];
      if (!one) return;
      if (!one.isIntersecting && (element.contains(document.activeElement) || element.querySelector(":popover-open, dialog[open]"))) return;
      if (!one.isIntersecting && near.peek()) heights.set(name, element.offsetHeight);
      near.value = one.isIntersecting;
    }, { rootMargin: "1600px 0px" });
    watch.observe(element);
    return () => watch.disconnect();
  }, [name]);
  return <div ref={box} class="chunk" style={shown ? { height: "" } : { height: `${heights.get(name) ?? count * estimate}px` }}>{shown && children()}</div>;
}

interface Props<T> {
  name: string;  // of this list, for the memory of heights
  items: T[];
  begin?: number;
  size?: number;
  estimate: number;  // pixels of a row that was not seen yet
  pinned?: (item: T) => boolean;
  row: (item: T, index: number) => ComponentChildren;
}

export function Chunks<T>({ name, items, begin = 0, size = 20, estimate, pinned, row }: Props<T>) {
  const groups = groupsOf(items.length, begin, size);
  return (
    <>
      {groups.map(({ id, from, to }) => {
        const mine = items.slice(from, to);
        const held = pinned !== undefined && mine.some(pinned);
        return (
          <Chunk key={id} name={`${name} ${id}`} count={to - from} estimate={estimate} drawn={items.length <= all} pinned={held}>
            {() => mine.map((item, index) => row(item, from + index))}
          </Chunk>
        );
      })}
    </>
  );
}

// Draws everything, then opens the browser's dialog.
export function printAll(): void {
  printing.value = true;
  setTimeout(() => print(), 50);
}
