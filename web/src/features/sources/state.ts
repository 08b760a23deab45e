// SPDX-License-Identifier: AGPL-3.0-or-later
import { computed, effect, signal } from "@preact/signals";
import { api } from "../../api/client";
import type { Items, Refusal, Source, Sums } from "../../api/types";
import { loader, type Loadable } from "../../lib/loadable";
import { steps } from "../../router";
import { may, where } from "../session/state";
import { imports, loadImports, running } from "./importing";

export interface Books { items: Source[]; total: Sums }
export const books = signal<Loadable<Books>>({ kind: "idle" });
const load = loader(books);
export const reload = () => void load((stop) => api.get<Books>("/sources", {}, stop));

export const open = computed(() => (steps.value[0] === "sources" && steps.value[1] && steps.value[1] !== "import" ? steps.value[1] : ""));
export const importing = computed(() => steps.value[0] === "sources" && steps.value[1] === "import");
export const refusals = signal<Loadable<Refusal[]>>({ kind: "idle" });
const loadRefusals = loader(refusals);
export const reloadRefusals = () => void loadRefusals(async (stop) => (await api.get<Items<Refusal>>(`/sources/${encodeURIComponent(open.peek())}/refusals`, {}, stop)).items, true);

effect(() => {
  if (where.value === "in" && open.value) reloadRefusals();
});
effect(() => {
  if (where.value === "in" && steps.value[0] === "sources") {
    if (may("sources_view")) reload();
    if (may("import_messages")) void loadImports().catch(() => undefined);
  }
});
// When an import has ended the books have changed.
let before = 0;
effect(() => {
  const now = running.value.length;
  if (now < before && imports.value.length && steps.peek()[0] === "sources") reload();
  before = now;
});
