// SPDX-License-Identifier: AGPL-3.0-or-later
import { useSignal } from "@preact/signals";
import type { FacetValue } from "../../api/types";
import { locale, t, tag } from "../../lib/i18n";
import { num, monthYear, shortMonthYear } from "../../lib/format";
import { channelName } from "../../ui/mark";
import { chosen, facets, toggle, type FacetField } from "./state";

const languageName = (code: string): string => {
  try {
    const name = new Intl.DisplayNames([tag.value], { type: "language" }).of(code) ?? code;
    return locale.value === "ru" ? name.charAt(0).toUpperCase() + name.slice(1) : name;
  } catch {
    return code || "—";
  }
};

function List({ field, title, values, name }: { field: FacetField; title: string; values: FacetValue[]; name: (one: FacetValue) => string }) {
  const all = useSignal(false);
  const on = chosen(field);
  // A chosen value stays when its count is zero.
  const missing = on.filter((value) => !values.some((one) => one.value === value)).map((value) => ({ value, count: 0 }));
  const rows = [...values, ...missing];
  if (rows.length === 0) return null;
  const shown = all.value ? rows : rows.filter((one, index) => index < 5 || on.includes(one.value));
  return (
    <fieldset class="facet">
      <legend>{title}</legend>
      {shown.map((one) => (
        <label key={one.value}>
          <input type="checkbox" checked={on.includes(one.value)} onChange={() => toggle(field, one.value)} />
          <span class="clip" title={name(one)}>{name(one)}</span>
          <span class="n">{num(one.count)}</span>
        </label>
      ))}
      {rows.length > shown.length && <button type="button" class="facet-more" onClick={() => (all.value = true)}>{t("search.facet.more", { n: rows.length - shown.length })}</button>}
    </fieldset>
  );
}

function Months({ values }: { values: FacetValue[] }) {
  const months = [...values].sort((a, b) => a.value.localeCompare(b.value)).slice(-24);
  const [first, last] = [months[0], months[months.length - 1]];
  if (!first || !last) return null;
  const top = months.reduce((best, one) => (one.count > best.count ? one : best), first);
  const on = chosen("on");
  const at = (event: MouseEvent) => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const one = months[Math.floor(((event.clientX - box.left) / box.width) * months.length)];
    if (one) toggle("on", one.value);
  };
  const picked = months.find((one) => on.includes(one.value))?.value ?? "";
  return (
    <div class="facet">
      <h2>{t("search.facet.when")}</h2>
      <div class="hist" role="img" aria-label={t("search.facet.hist", { month: monthYear(top.value) })}>
        <span class="hist-bars" onClick={at}>
          {months.map((one) => (
            <span key={one.value} title={t("search.facet.month", { month: monthYear(one.value), n: one.count })}>
              <i class={on.includes(one.value) ? "on" : ""} style={{ height: `${one.count ? Math.max(5, Math.round((one.count / Math.max(1, top.count)) * 100)) : 0}%` }} />
            </span>
          ))}
        </span>
      </div>
      <div class="row xs faint hist-scale"><span>{shortMonthYear(first.value)}</span>{months.length > 1 && <span class="push">{shortMonthYear(last.value)}</span>}</div>
      <select class="select month" aria-label={t("search.facet.when")} value={picked} onChange={(event) => toggle("on", event.currentTarget.value || picked)}>
        <option value="">{t("search.facet.any")}</option>
        {[...months].reverse().map((one) => <option key={one.value} value={one.value}>{t("search.facet.month", { month: monthYear(one.value), n: one.count })}</option>)}
      </select>
    </div>
  );
}

export function FacetList() {
  const now = facets.value;
  const has = chosen("has");
  const files = locale.value === "ru" ? "вложение" : "attachment";
  const filesOn = has.some((one) => /^(вложение|attachment)$/.test(one));
  return (
    <>
      {now.month && <Months values={now.month} />}
      {now.channel && <List field="channel" title={t("search.facet.channel")} values={now.channel} name={(one) => channelName(one.value)} />}
      {now.from && <List field="from" title={t("search.facet.from")} values={now.from} name={(one) => one.label || one.value} />}
      {(now.has_attachment !== undefined || filesOn) && (
        <fieldset class="facet">
          <legend>{t("search.facet.files")}</legend>
          <label>
            <input type="checkbox" checked={filesOn} onChange={() => toggle("has", filesOn ? (has.find((one) => /^(вложение|attachment)$/.test(one)) ?? files) : files)} />
            <span class="clip">{t("search.facet.with_file")}</span>
            <span class="n">{num(now.has_attachment ?? 0)}</span>
          </label>
        </fieldset>
      )}
      {now.lang && now.lang.length > 1 && <List field="lang" title={t("search.facet.lang")} values={now.lang} name={(one) => languageName(one.value)} />}
    </>
  );
}
