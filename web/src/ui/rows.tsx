// SPDX-License-Identifier: AGPL-3.0-or-later
// A table as every room has it: below 900 px its rows are cards; of a long one only the rows near the eye are in the document.
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { all, Chunks } from "./chunks";

export interface Column { text: string; number?: boolean; hidden?: boolean }
interface Props<T> {
  name: string;  // of this list, for the memory of heights
  caption: string;
  columns: Column[];
  items: T[];
  estimate?: number;
  row: (item: T, place: { "aria-rowindex": number | undefined }) => ComponentChildren;
}

export function Rows<T>({ name, caption, columns, items, estimate = 56, row }: Props<T>) {
  const table = useRef<HTMLTableElement>(null);
  const long = items.length > all;
  // Columns take the widths of the first rows and keep them, whatever rows come by.
  useLayoutEffect(() => {
    const element = table.current;
    if (!element) return undefined;
    const heads = [...element.querySelectorAll<HTMLElement>("thead th")];
    const measure = () => {
      element.style.tableLayout = "";
      heads.forEach((head) => (head.style.width = ""));
      if (!long) return;
      const sum = heads.reduce((wide, head) => wide + head.offsetWidth, 0);
      const widths = heads.map((head) => `${(head.offsetWidth / sum) * 100}%`);
      heads.forEach((head, index) => (head.style.width = widths[index] ?? ""));
      element.style.tableLayout = "fixed";
    };
    measure();
    addEventListener("resize", measure);
    return () => removeEventListener("resize", measure);
  }, [long, columns.length]);
  return (
    <div class="table-wrap">
      <table ref={table} class="table cards-s" aria-rowcount={long ? items.length + 1 : undefined}>
        <caption class="vh">{caption}</caption>
        <thead><tr aria-rowindex={long ? 1 : undefined}>{columns.map((one) => <th scope="col" key={one.text} class={one.number ? "n" : ""}>{one.hidden ? <span class="vh">{one.text}</span> : one.text}</th>)}</tr></thead>
        <Chunks as="tbody" name={name} items={items} estimate={estimate} row={(item, index) => row(item, { "aria-rowindex": long ? index + 2 : undefined })} />
      </table>
    </div>
  );
}
