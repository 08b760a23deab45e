// SPDX-License-Identifier: AGPL-3.0-or-later
// One message by its own address: the exact bytes, or the proof.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { address, api } from "../../api/client";
import type { Message } from "../../api/types";
import { t } from "../../lib/i18n";
import { loader, type Loadable } from "../../lib/loadable";
import { go, steps } from "../../router";
import { Button } from "../../ui/button";
import { PageHead } from "../../ui/page";
import { Load } from "../../ui/state";
import { Frame } from "../shell/view";

export function MessagePage() {
  const id = Number(/^m-(\d+)$/.exec(steps.value[1] ?? "")?.[1] ?? 0);
  const source = steps.value[2] === "source";
  const text = useSignal<Loadable<string>>({ kind: "idle" });
  const head = useSignal<Loadable<Message>>({ kind: "idle" });
  const loadAll = () => {
    if (source) void loader(text)((stop) => api.text(`/messages/${id}/source`, stop));
    void loader(head)((stop) => api.get<Message>(`/messages/${id}`, {}, stop));
  };
  useEffect(loadAll, [id, source]);
  const message = head.value.kind === "ready" ? head.value.value : undefined;
  const back = message ? `/conversation/${encodeURIComponent(message.conversation)}#m-${id}` : undefined;
  useEffect(() => {
    if (message && !source && back) go(back, { replace: true });
  }, [message, source]);
  return (
    <Frame crumbs={[{ text: t("room.search"), href: "/search" }, { text: t("message.source") }]}>
      <PageHead title={t("message.source.title", { n: id })} lede={t("message.source.lede")}>
        {back && <Button icon="arrow" href={back}>{t("message.in_thread")}</Button>}
        <Button icon="download" href={address(`/messages/${id}/source`, { download: 1 })} download>{t("action.download")}</Button>
      </PageHead>
      <Load of={text.value} retry={loadAll}>{(raw) => <pre class="card source" tabIndex={0}>{raw}</pre>}</Load>
    </Frame>
  );
}
