// SPDX-License-Identifier: AGPL-3.0-or-later
// What can be done with one message.
import { useSignal } from "@preact/signals";
import { address } from "../../api/client";
import type { Message } from "../../api/types";
import { t } from "../../lib/i18n";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { complain, Dialog, Popover } from "../../ui/float";
import { SeenBy } from "../admin/audit";
import { may } from "../session/state";
import { absolute, copy } from "../../ui/copy";
import { tag } from "./state";

function TagDialog({ message, onClose }: { message: number; onClose: () => void }) {
  const name = useSignal("");
  const submit = (event: Event) => {
    event.preventDefault();
    const text = name.value.trim();
    if (text) void tag(message, text, true).then(onClose, complain);
  };
  return (
    <Dialog title={t("message.tag.add")} onClose={onClose}>
      <form class="form" onSubmit={submit}>
        <Field label={t("message.tag")} value={name.value} onInput={(v) => (name.value = v)} autofocus required />
        <div class="row dialog-acts"><Button onClick={onClose}>{t("action.cancel")}</Button><Button kind="main" type="submit">{t("action.add")}</Button></div>
      </form>
    </Dialog>
  );
}

export function MessageMenu({ message }: { message: Message }) {
  const seen = useSignal(false);
  const tagging = useSignal(false);
  const walk = (event: KeyboardEvent) => {
    const items = [...(event.currentTarget as Element).querySelectorAll<HTMLElement>(".btn")];
    const at = items.indexOf(document.activeElement as HTMLElement);
    const to: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1 + items.length, Home: 0, End: items.length - 1 };
    const next = to[event.key];
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    items[next % items.length]?.focus();
  };
  const hide = (event: { currentTarget: Element }) => (event.currentTarget.closest("[popover]") as HTMLElement | null)?.hidePopover();
  return (
    <>
      <Popover text="" icon="dots" label={t("message.more")} class="btn quiet small icon more" focusFirst>
        <div class="menu" onKeyDown={walk}>
          <Button kind="quiet" icon="link" onClick={(event) => { hide(event); void copy(absolute(`/conversation/${encodeURIComponent(message.conversation)}#m-${message.id}`)); }}>{t("link.copy")}</Button>
          <Button kind="quiet" icon="tag" class="tag-act" onClick={(event) => { hide(event); tagging.value = true; }}>{t("message.tag.add")}</Button>
          <Button kind="quiet" icon="code" href={`/message/m-${message.id}/source`}>{t("message.source")}</Button>
          {may("take_out") && <Button kind="quiet" icon="download" href={address(`/messages/${message.id}/source`, { download: 1 })} download>{t("message.source.download")}</Button>}
          {may("audit_view") && <Button kind="quiet" icon="eye" onClick={(event) => { hide(event); seen.value = true; }}>{t("access.title")}</Button>}
        </div>
      </Popover>
      {seen.value && <SeenBy path={`/messages/${message.id}/access`} onClose={() => (seen.value = false)} />}
      {tagging.value && <TagDialog message={message.id} onClose={() => (tagging.value = false)} />}
    </>
  );
}
