// SPDX-License-Identifier: AGPL-3.0-or-later
// The query bar. Recognised fields stand as chips and turn back to text on ⌫; an error underlines its character.
import { useSignal, useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { Problem } from "../../api/problem";
import type { Suggestion } from "../../api/types";
import { t, type Key } from "../../lib/i18n";
import { asChip, join, letterAt, parse, pieces, type Chip } from "../../lib/query";
import { channelName } from "../../ui/mark";
import { Button } from "../../ui/button";
import { Icon } from "../../ui/icon";
import { ask, query, suggest, suggestions } from "./state";
import { wrongHint, wrongText } from "./wrong";

export function chipValue(chip: Chip): string {
  if (chip.field === "channel") return chip.value.replace(/^\(|\)$/g, "").split(/\s+(?:OR|ИЛИ|\|)\s+/).map(channelName).join(", ");
  if (chip.field === "has" && /^(вложение|attachment)$/.test(chip.value)) return t("search.chip.attachment");
  return chip.value.replace(/^\(|\)$/g, "");
}

function Wrong({ text, problem }: { text: string; problem: Problem }) {
  const at = problem.body.at;
  const from = at === undefined ? text.length : letterAt(text, at);
  const end = Math.max(from + 1, from + (/^[^\s:]+/.exec(text.slice(from))?.[0].length ?? 1));
  return (
    <div class="query-wrong" role="alert">
      {at !== undefined && <p class="mono"><span>{text.slice(0, from)}</span><u>{text.slice(from, end) || "\u00a0"}</u><span>{text.slice(end)}</span></p>}
      <p class="row top alert"><Icon name="alert" /><span>{wrongText(problem.body.detail ?? "")}{problem.body.hint && <b class="medium block">{wrongHint(problem.body.hint)}</b>}</span></p>
    </div>
  );
}

export function QueryBar({ problem }: { problem?: Problem | undefined }) {
  const chips = useSignal<Chip[]>([]);
  const rest = useSignal("");
  const at = useSignal(-1);
  const open = useSignal(false);
  const input = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>();
  useSignalEffect(() => {
    const parsed = parse(query.value);
    chips.value = parsed.chips;
    rest.value = parsed.rest;
  });
  const submit = (text = join(chips.value, rest.value)) => {
    clearTimeout(timer.current);
    open.value = false;
    suggestions.value = [];
    ask(text);
  };
  const typed = (text: string) => {
    // A field that has just been finished with a blank becomes a chip, unless the query is more than a list of conditions.
    const words = pieces(text);
    const finished = /\s$/.test(text) ? asChip(words[words.length - 1] ?? "") : undefined;
    if (finished && parse(join(chips.value, text)).chips.length) {
      chips.value = [...chips.value, finished];
      rest.value = words.slice(0, -1).join(" ");
      if (rest.value) rest.value += " ";
    } else rest.value = text;
    at.value = -1;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      open.value = true;
      void suggest(rest.value, input.current?.selectionStart ?? rest.value.length);
    }, 80);
  };
  const accept = (one: Suggestion) => {
    if (one.kind === "past") return submit(one.insert);
    const caret = input.current?.selectionStart ?? rest.value.length;
    const before = rest.value.slice(0, caret).replace(/[^\s]*$/, "");
    const more = one.insert.endsWith(":") ? one.insert : `${one.insert} `;
    typed(before + more + rest.value.slice(caret).trimStart());
    input.current?.focus();
    return undefined;
  };
  const list = open.value ? suggestions.value : [];
  return (
    <div class="query-box">
      <form role="search" class={`query ${problem ? "bad" : ""}`} onSubmit={(event) => { event.preventDefault(); const one = list[at.value]; if (one) accept(one); else submit(); }}>
        <Icon name="search" size="l" />
        {chips.value.map((chip, index) => (
          <span class="tok" key={chip.text}>
            <span>{t(`field.${chip.field}` as Key)}:</span> <b>{chipValue(chip)}</b>
            <button type="button" aria-label={t("search.chip.remove", { what: `${t(`field.${chip.field}` as Key)} ${chipValue(chip)}` })}
              onClick={() => submit(join(chips.value.filter((_, other) => other !== index), rest.value))}><Icon name="x" size="s" /></button>
          </span>
        ))}
        <input
          ref={input} data-search-field aria-label={t("search.field")} value={rest.value} placeholder={chips.value.length ? "" : t("search.placeholder")} autocomplete="off" spellcheck={false} enterkeyhint="search"
          role="combobox" aria-expanded={list.length > 0} aria-controls="suggest-list" aria-autocomplete="list" aria-activedescendant={at.value >= 0 ? `suggest-${at.value}` : undefined}
          onInput={(event) => typed(event.currentTarget.value)} onBlur={() => setTimeout(() => (open.value = false), 150)}
          onKeyDown={(event) => {
            const field = event.currentTarget;
            if (event.key === "Backspace" && field.selectionStart === 0 && field.selectionEnd === 0 && chips.value.length) {
              const last = chips.value[chips.value.length - 1]!;
              chips.value = chips.value.slice(0, -1);
              rest.value = last.text + (rest.value ? ` ${rest.value}` : "");
              requestAnimationFrame(() => field.setSelectionRange(last.text.length, last.text.length));
            } else if (event.key === "ArrowDown" && list.length) at.value = (at.value + 1) % list.length;
            else if (event.key === "ArrowUp" && list.length) at.value = (at.value + list.length - 1) % list.length;
            else if (event.key === "Escape") { if (list.length) open.value = false; else field.blur(); }
            else return;
            event.preventDefault();
          }}
        />
        {(rest.value || chips.value.length > 0) && <Button kind="quiet" small icon="x" label={t("search.clear")} onClick={() => { submit(""); input.current?.focus(); }} />}
        <Button kind="main" small type="submit" hint="↵">{t("search.go")}</Button>
      </form>
      <ul class="suggest" id="suggest-list" role="listbox" aria-label={t("search.suggestions")} hidden={list.length === 0}>
        {list.map((one, index) => (
          <li key={one.kind + one.insert} id={`suggest-${index}`} role="option" aria-selected={index === at.value} onMouseDown={(event) => { event.preventDefault(); accept(one); }}>
            {one.kind !== list[index - 1]?.kind && <small>{t(`suggest.${one.kind}` as Key)}</small>}
            <span class="row"><span class="mono">{one.text}</span>{one.label && <span class="faint sm clip">{one.label}</span>}</span>
          </li>
        ))}
      </ul>
      {problem && <Wrong text={query.value} problem={problem} />}
    </div>
  );
}
