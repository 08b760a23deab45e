// SPDX-License-Identifier: AGPL-3.0-or-later
import { useEffect, useRef } from "preact/hooks";
import type { Hit } from "../../api/types";
import { t } from "../../lib/i18n";
import { Button } from "../../ui/button";
import { Load } from "../../ui/state";
import { Thread } from "../conversation/thread";
import { absolute, copy } from "../../ui/copy";
import { preview, reload, selected } from "./state";

export function Preview({ forms, hit }: { forms: string[]; hit: Hit | undefined }) {
  const box = useRef<HTMLDivElement>(null);
  const shown = preview.value;
  useEffect(() => {
    const pane = box.current;
    const row = pane?.querySelector<HTMLElement>(`#m-${selected.value}`);
    if (pane && row) pane.scrollTop = Math.max(0, row.offsetTop - 60);
  }, [shown, selected.value]);
  const words = [...forms, ...(hit?.snippet.filter((piece) => piece.hit).map((piece) => piece.text) ?? [])];
  return (
    <section class="card pane" aria-label={t("search.preview")}>
      <Load of={shown} retry={reload}>
        {(talk) => {
          const href = `/conversation/${encodeURIComponent(talk.id)}#m-${selected.value}`;
          return (
            <>
              <header>
                <div class="grow">
                  <h2 class="serif clip">{talk.title || t("conversation.untitled")}</h2>
                  <p class="sm soft clip">{talk.parties.slice(0, 2).map((one) => one.name || one.address).join(" · ")} · {t("conversation.count", { n: talk.total })}</p>
                </div>
                <Button kind="quiet" small icon="link" label={t("link.copy")} onClick={() => void copy(absolute(href))} />
                <Button small href={href} hint="↵">{t("action.open")}</Button>
              </header>
              <div class="scroll" ref={box} tabIndex={0} role="region" aria-label={t("search.preview.around")}>
                <Thread name={`preview ${talk.id}`} items={talk.items} words={words} current={selected.value} compact />
              </div>
              <footer>
                <span class="row faint xs wrap hide-s"><span><kbd>J</kbd> <kbd>K</kbd> {t("search.keys.list")}</span><span><kbd>C</kbd> {t("search.keys.link")}</span></span>
                <span class="push xs faint">{t("access.noted")}</span>
              </footer>
            </>
          );
        }}
      </Load>
    </section>
  );
}
