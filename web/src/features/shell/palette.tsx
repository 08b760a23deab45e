// SPDX-License-Identifier: AGPL-3.0-or-later
// Ctrl K: any room, client, action. ? shows the keys.
import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api } from "../../api/client";
import type { ClientRow, Items } from "../../api/types";
import { t, type Key } from "../../lib/i18n";
import { go } from "../../router";
import { complain, Dialog } from "../../ui/float";
import { Icon, type IconName } from "../../ui/icon";
import { may, signOut } from "../session/state";
import { change } from "../session/look";
import { rooms } from "./rooms";

export const paletteOpen = signal(false);
export const helpOpen = signal(false);

interface Entry { icon: IconName; text: string; aside?: string; run: () => void }

function fixed(): Entry[] {
  const to = (href: string) => () => go(href);
  return [
    ...rooms.filter((room) => may(...room.rights)).map((room) => ({ icon: room.icon, text: t(room.name), run: to(room.href) })),
    ...(may("import_messages") ? [{ icon: "upload" as const, text: t("sources.add"), run: to("/sources/import") }] : []),
    { icon: "settings", text: t("settings.title"), run: to("/settings") },
    { icon: "eye", text: t("settings.seen"), run: to("/settings/seen") },
    { icon: "screen", text: t("theme.dark"), run: () => void change({ theme: "dark" }).catch(complain) },
    { icon: "screen", text: t("theme.light"), run: () => void change({ theme: "light" }).catch(complain) },
    { icon: "keyboard", text: t("keys.title"), run: () => (helpOpen.value = true) },
    { icon: "leave", text: t("session.leave"), run: () => void signOut() },
  ];
}

function Inside({ close }: { close: () => void }) {
  const text = useSignal("");
  const at = useSignal(0);
  const clients = useSignal<ClientRow[]>([]);
  const word = text.value.trim();
  useEffect(() => {
    if (!word || !may("read")) {
      clients.value = [];
      return;
    }
    const stop = new AbortController();
    const timer = setTimeout(() => void api.get<Items<ClientRow>>("/clients", { q: word, limit: 5 }, stop.signal).then((found) => (clients.value = found.items), () => undefined), 120);
    return () => { clearTimeout(timer); stop.abort(); };
  }, [word]);
  const entries: Entry[] = [
    ...(word && may("search") ? [{ icon: "search" as const, text: t("palette.search", { text: word }), run: () => go(`/search?q=${encodeURIComponent(word)}`) }] : []),
    ...fixed().filter((entry) => entry.text.toLowerCase().includes(word.toLowerCase())),
    ...clients.value.map((client) => ({ icon: "users" as const, text: client.name, aside: client.addresses[0]?.address ?? "", run: () => go(`/client/${client.id}`) })),
  ];
  const current = Math.min(at.value, entries.length - 1);
  const run = (entry: Entry | undefined) => {
    close();
    entry?.run();
  };
  return (
    <div class="palette">
      <div class="input">
        <Icon name="search" />
        <input
          autofocus role="combobox" aria-expanded="true" aria-controls="palette-list" aria-activedescendant={`palette-${current}`} aria-label={t("palette.label")} placeholder={t("palette.label")} value={text.value}
          onInput={(event) => { text.value = event.currentTarget.value; at.value = 0; }}
          onKeyDown={(event) => {
            if (event.key === "ArrowDown") at.value = Math.min(current + 1, entries.length - 1);
            else if (event.key === "ArrowUp") at.value = Math.max(current - 1, 0);
            else if (event.key === "Enter") run(entries[current]);
            else return;
            event.preventDefault();
          }}
        />
      </div>
      <ul id="palette-list" role="listbox" aria-label={t("palette.label")}>
        {entries.map((entry, index) => (
          <li key={entry.text + index} id={`palette-${index}`} role="option" aria-selected={index === current} onClick={() => run(entry)} onMouseMove={() => (at.value = index)}>
            <Icon name={entry.icon} /><span class="clip">{entry.text}</span>{entry.aside && <span class="push xs faint clip">{entry.aside}</span>}
          </li>
        ))}
      </ul>
    </div>
  );
}

export function Palette() {
  if (!paletteOpen.value) return null;
  const close = () => (paletteOpen.value = false);
  return <Dialog title={t("palette.title")} onClose={close}><Inside close={close} /></Dialog>;
}

const table: [string[], Key][] = [
  [["/"], "keys.search"], [["Ctrl", "K"], "keys.palette"], [["G", "S"], "keys.go.search"], [["G", "C"], "keys.go.clients"], [["G", "B"], "keys.go.sources"], [["G", "M"], "keys.go.admin"],
  [["J"], "keys.next"], [["K"], "keys.previous"], [["Enter"], "keys.open"], [["Space"], "keys.preview"], [["U"], "keys.back"], [["C"], "keys.copy"],
  [["P"], "keys.proof"], [["V"], "keys.versions"], [["T"], "keys.tag"], [["."], "keys.more"], [["["], "keys.replay.back"], [["]"], "keys.replay.on"], [["F"], "keys.filter"], [["?"], "keys.help"],
];

export function KeysHelp() {
  if (!helpOpen.value) return null;
  return (
    <Dialog title={t("keys.title")} onClose={() => (helpOpen.value = false)} wide>
      <dl class="keys">
        {table.map(([keys, text]) => (
          <div key={text}><dt>{keys.map((key) => <kbd key={key}>{key}</kbd>)}</dt><dd>{t(text)}</dd></div>
        ))}
      </dl>
      <p class="sm faint gap-above">{t("keys.layout")} <a href="/settings" onClick={() => (helpOpen.value = false)}>{t("keys.settings")}</a></p>
    </Dialog>
  );
}
