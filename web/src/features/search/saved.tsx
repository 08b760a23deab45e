// SPDX-License-Identifier: AGPL-3.0-or-later
import { useSignal } from "@preact/signals";
import { t } from "../../lib/i18n";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { complain, Dialog, Popover, toast } from "../../ui/float";
import { Empty, Load } from "../../ui/state";
import { forget, linkTo, query, refreshSaved, save, saved } from "./state";

export function SaveDialog({ onClose }: { onClose: () => void }) {
  const name = useSignal(query.value.slice(0, 60));
  const busy = useSignal(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    busy.value = true;
    await save(name.value.trim() || query.value).then(() => { toast(t("search.saved")); onClose(); }, complain);
    busy.value = false;
  };
  return (
    <Dialog title={t("search.save.title")} onClose={onClose}>
      <form class="form" onSubmit={(event) => void submit(event)}>
        <p class="mono sm soft">{query.value}</p>
        <Field label={t("search.save.name")} value={name.value} onInput={(v) => (name.value = v)} autofocus required />
        <div class="row dialog-acts"><Button onClick={onClose}>{t("action.cancel")}</Button><Button kind="main" type="submit" busy={busy.value}>{t("search.save")}</Button></div>
      </form>
    </Dialog>
  );
}

export function SavedList() {
  return (
    <Popover text={<span class="hide-s">{t("search.saved.title")}</span>} label={t("search.saved.title")} icon="bookmark" class="btn quiet saved-open" onOpen={() => void refreshSaved()}>
      <Load of={saved.value} retry={() => void refreshSaved()} rows={2}>
        {(items) => items.length === 0 ? <Empty title={t("search.saved.none")}>{t("search.saved.none.text")}</Empty> : (
          <ul class="list">
            {items.map((one) => (
              <li class="row" key={one.id}>
                <div class="grow"><a href={linkTo(one.query, one.order ?? "newest")}>{one.name}</a>{one.name !== one.query && <p class="xs faint mono clip">{one.query}</p>}</div>
                <Button kind="quiet" small icon="x" label={t("search.saved.forget", { name: one.name })} onClick={() => void forget(one).catch(complain)} />
              </li>
            ))}
          </ul>
        )}
      </Load>
    </Popover>
  );
}
