// SPDX-License-Identifier: AGPL-3.0-or-later
// Who is "us": the company's own domains and addresses. Their messages stand on the company's side, and they are no clients.
import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api } from "../../api/client";
import { Problem } from "../../api/problem";
import type { Own } from "../../api/types";
import { t } from "../../lib/i18n";
import { loader, type Loadable } from "../../lib/loadable";
import { Button } from "../../ui/button";
import { Area } from "../../ui/field";
import { toast } from "../../ui/float";
import { Card, PageHead } from "../../ui/page";
import { explain, Load, Note } from "../../ui/state";

const own = signal<Loadable<Own>>({ kind: "idle" });
const run = loader(own);
const load = () => void run((stop) => api.get<Own>("/own", {}, stop));

// A domain in letters of any alphabet, as the mail writes it: the browser knows the form.
export function ascii(entry: string): string {
  const at = entry.lastIndexOf("@");
  const domain = entry.slice(at + 1);
  if (/^[\x21-\x7e]*$/.test(domain) || /[\s/]/.test(entry)) return entry;
  try {
    return entry.slice(0, at + 1) + new URL(`http://${domain}`).hostname;
  } catch {
    return entry;
  }
}
export const entries = (text: string): string[] => text.split(/[\n,;]/).map((one) => ascii(one.trim())).filter(Boolean);

function Form({ from }: { from: Own }) {
  const text = useSignal(from.items.join("\n"));
  const problem = useSignal<Problem | undefined>(undefined);
  const busy = useSignal(false);
  const listed = new Set(entries(text.value));
  const proposed = from.proposed.filter((one) => !listed.has(one));
  const save = (event: Event) => {
    event.preventDefault();
    busy.value = true;
    problem.value = undefined;
    void api.put<Own>("/own", { items: entries(text.value) }).then((now) => {
      own.value = { kind: "ready", value: now };
      text.value = now.items.join("\n");
      toast(t("own.saved"));
    }, (error: unknown) => (problem.value = Problem.from(error))).finally(() => (busy.value = false));
  };
  return (
    <form class="form stack" onSubmit={save}>
      <Card><div class="form">
        {!from.set && from.items.length > 0 && <Note tone="info">{t("own.proposed.now")}</Note>}
        <Area label={t("own.field")} hint={t("own.hint")} value={text.value} onInput={(value) => (text.value = value)} />
        {proposed.length > 0 && <div class="row wrap"><span class="sm soft">{t("own.proposed")}</span>{proposed.map((one) => <Button key={one} small icon="plus" onClick={() => (text.value = [text.value.trim(), one].filter(Boolean).join("\n"))}>{one}</Button>)}</div>}
        {from.known.length > 0 && <p class="sm soft break">{t("own.known", { list: from.known.slice(0, 20).join(", ") })}{from.known.length > 20 && " …"}</p>}
      </div></Card>
      {problem.value && <Note tone="alert">{explain(problem.value)}</Note>}
      <div class="row wrap"><Button kind="main" type="submit" busy={busy.value}>{t("own.save")}</Button></div>
    </form>
  );
}

export function OwnSection() {
  useEffect(load, []);
  return (
    <>
      <PageHead title={t("admin.own")} lede={t("own.lede")} />
      <Load of={own.value} retry={load}>{(from) => <Form from={from} />}</Load>
    </>
  );
}
