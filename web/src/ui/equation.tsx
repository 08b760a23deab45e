// SPDX-License-Identifier: AGPL-3.0-or-later
// The equation of the books: seen = stored + duplicates + refused + pending. Figures that do not add up are an alarm.
import type { ComponentChildren } from "preact";
import type { Sums } from "../api/types";
import { num } from "../lib/format";
import { t } from "../lib/i18n";
import { Mark } from "./mark";

export const balanced = (sums: Sums): boolean => sums.seen === sums.stored + sums.duplicates + sums.refused + sums.pending;

export function add(many: Sums[]): Sums {
  const total: Sums = { seen: 0, stored: 0, duplicates: 0, refused: 0, pending: 0 };
  for (const one of many) {
    total.seen += one.seen;
    total.stored += one.stored;
    total.duplicates += one.duplicates;
    total.refused += one.refused;
    total.pending += one.pending;
  }
  return total;
}

export function Equation({ sums, label, refused }: { sums: Sums; label: string; refused?: ComponentChildren }) {
  const fits = balanced(sums);
  const term = (value: number, text: ComponentChildren, tone = "") => (
    <div>
      <b class={tone}>{num(value)}</b>
      <span>{text}</span>
    </div>
  );
  const sign = (text: string) => <span class="op" aria-hidden="true">{text}</span>;
  return (
    <div class="balance" role="group" aria-label={label}>
      {term(sums.seen, t("books.seen"))}
      {sign(fits ? "=" : "≠")}
      {term(sums.stored, t("books.stored"), "ok")}
      {sign("+")}
      {term(sums.duplicates, t("books.duplicates"))}
      {sign("+")}
      {term(sums.refused, refused ?? t("books.refused"), sums.refused ? "warn" : "")}
      {sign("+")}
      {term(sums.pending, t("books.pending"))}
      <span class="push">{fits ? <Mark tone="ok" icon="check">{t("books.fits")}</Mark> : <Mark tone="alert" icon="alert">{t("books.broken")}</Mark>}</span>
    </div>
  );
}
