// SPDX-License-Identifier: AGPL-3.0-or-later
// What was known at any moment: a slider over the days on which something was said.
import { listTime, longDate, shortDate } from "../../lib/format";
import { t } from "../../lib/i18n";
import { Icon } from "../../ui/icon";
import { asOf, moment, moments, replayTo } from "./state";

export function Replay() {
  const all = moments.value;
  const first = all[0];
  const last = all[all.length - 1];
  if (!first || !last) return null;
  const most = Math.max(...all.map((one) => one.count));
  const now = asOf.value ? t("replay.known", { time: moments.value.some((one) => one.at === asOf.value) ? longDate(asOf.value) : listTime(asOf.value) }) : t("replay.all");
  return (
    <section class="replay-bar" aria-label={t("replay.title")}>
      <label for="replay" class="sm row"><Icon name="history" /><b class="medium">{now}</b></label>
      <div class="replay-track">
        <span class="ticks" aria-hidden="true">{all.map((one) => <i key={one.at} style={{ height: `${Math.round((one.count / most) * 20) + 2}px` }} />)}</span>
        <input id="replay" type="range" min="1" max={all.length} value={moment.value} aria-valuetext={now} onInput={(event) => replayTo(Number(event.currentTarget.value))} />
      </div>
      <span class="xs faint num hide-s">{shortDate(first.at)} – {shortDate(last.at)}</span>
    </section>
  );
}
