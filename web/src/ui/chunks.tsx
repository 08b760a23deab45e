// SPDX-License-Identifier: AGPL-3.0-or-later
// A long list of which only what is near the eye is in the document: groups of rows, each drawn or held open by its measured height. Where the
// focus is, where an address points, and a page that is being printed are always drawn.
import { signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef, type MutableRef } from "preact/hooks";

export const printing = signal(false);
addEventListener("beforeprint", () => (printing.value = true));
addEventListener("afterprint", () => (printing.value = false));

export const all = 120;  // a list up to this is simply there
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

// What holds a group: a block, rows of a table, entries of a list.
type Holder = "div" | "tbody" | "ol";
interface GroupProps { as: Holder; look: string; name: string; count: number; estimate: number; drawn: boolean; pinned: boolean; children: () => ComponentChildren }

function Chunk({ as, look, name, count, estimate, drawn, pinned, children }: GroupProps) {
  const box = useRef<HTMLElement>(null);
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
  const height = shown ? "" : `${heights.get(name) ?? count * estimate}px`;
  if (as === "tbody") {
    // A group of rows has no height of its own: one empty row has it.
    return <tbody ref={box as MutableRef<HTMLTableSectionElement | null>} class="chunk">{shown ? children() : <tr class="held" aria-hidden="true"><td colSpan={99} style={{ height }} /></tr>}</tbody>;
  }
  if (as === "ol") return <ol ref={box as MutableRef<HTMLOListElement | null>} class={`chunk ${look}`} style={{ height }}>{shown && children()}</ol>;
  return <div ref={box as MutableRef<HTMLDivElement | null>} class={`chunk ${look}`} style={{ height }}>{shown && children()}</div>;
}

interface Props<T> {
  name: string;  // of this list, for the memory of heights
  items: T[];
  begin?: number;
  size?: number;
  estimate: number;  // pixels of a row that was not seen yet
  pinned?: (item: T) => boolean;
  as?: Holder;
  look?: string;  // class of each group
  row: (item: T, index: number) => ComponentChildren;
}

export function Chunks<T>({ name, items, begin = 0, size = 20, estimate, pinned, as = "div", look = "", row }: Props<T>) {
  const groups = groupsOf(items.length, begin, size);
  return (
    <>
      {groups.map(({ id, from, to }) => {
        const mine = items.slice(from, to);
        const held = pinned !== undefined && mine.some(pinned);
        return (
          <Chunk key={id} as={as} look={look} name={`${name} ${id}`} count={to - from} estimate={estimate} drawn={items.length <= all || (as !== "div" && from === 0)} pinned={held}>
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
