// SPDX-License-Identifier: AGPL-3.0-or-later
// The drop zone and the figures of what is coming in; the same in the wizard and in the sources room.
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { Import } from "../../api/types";
import { duration, num, size } from "../../lib/format";
import { t, type Key } from "../../lib/i18n";
import { entriesOf, filesOf, type Found } from "../../lib/upload";
import { Button } from "../../ui/button";
import { Equation } from "../../ui/equation";
import { complain, Dialog } from "../../ui/float";
import { Icon, type IconName } from "../../ui/icon";
import { Card } from "../../ui/page";
import { explain, Note } from "../../ui/state";
import { bring, imports, leftSeconds, rate, running, sendings, stop, sums, uploading, type Sending } from "./importing";
import { errorText, itemText, reasonText } from "./reasons";

export function DropZone() {
  const over = useSignal(false);
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const chosen = (input: HTMLInputElement) => {
    const found: Found[] = [...(input.files ?? [])].map((file) => ({ name: file.webkitRelativePath || file.name, file }));
    input.value = "";
    void bring(found).catch(complain);
  };
  return (
    <div
      class={`drop ${over.value ? "over" : ""}`} onDragOver={(event) => { event.preventDefault(); over.value = true; }} onDragLeave={() => (over.value = false)}
      onDrop={(event) => {
        event.preventDefault();
        over.value = false;
        if (event.dataTransfer) void filesOf(entriesOf(event.dataTransfer.items)).then(bring).catch(complain);
      }}
    >
      <Icon name="upload" size="l" />
      <div class="grow"><b class="strong">{t("intake.drop")}</b><p class="sm soft">{t("intake.kinds")}</p></div>
      <div class="row wrap drop-acts">
        <Button onClick={() => files.current?.click()}>{t("intake.choose")}</Button>
        <Button kind="quiet" onClick={() => folder.current?.click()}>{t("intake.folder")}</Button>
      </div>
      <input ref={files} type="file" multiple hidden aria-label={t("intake.choose")} onChange={(event) => chosen(event.currentTarget)} />
      <input ref={(input) => { folder.current = input; input?.setAttribute("webkitdirectory", ""); }} type="file" multiple hidden aria-label={t("intake.folder")} onChange={(event) => chosen(event.currentTarget)} />
    </div>
  );
}

const kindIcon = (name: string): IconName => (/telegram/i.test(name) ? "send" : /whatsapp/i.test(name) ? "messenger" : /mbox|eml|mail|pst/i.test(name) ? "mail" : "file");

function Bar({ name, share, tone, text, aside, icon }: { name: string; share: number; tone: string; text: string; aside: string; icon: IconName }) {
  const value = Math.round(share * 100);
  return (
    <li class="row top moving">
      <span class="ch"><Icon name={icon} /></span>
      <div class="grow">
        <div class="row base"><b class="medium clip" title={name}>{name}</b><span class="push xs faint num nowrap">{aside}</span></div>
        <div class="bar" role="progressbar" aria-label={name} aria-valuenow={value} aria-valuemin={0} aria-valuemax={100}><i class={tone} style={{ width: `${value}%` }} /></div>
        {text && <p class="xs faint">{text}</p>}
      </div>
    </li>
  );
}

function SendingRow({ one }: { one: Sending }) {
  const text = one.state === "failed" ? (one.problem ? explain(one.problem) : "") : t(`intake.${one.state}` as Key);
  return <Bar name={one.name} share={one.size ? one.sent / one.size : 0} tone={one.state === "failed" ? "alert" : ""} icon={kindIcon(one.name)} text={text} aside={t("intake.of", { a: size(one.sent), b: size(one.size) })} />;
}

function JobRow({ job }: { job: Import }) {
  const first = job.files[0]?.name ?? job.id;
  const name = job.files.length > 1 ? t("intake.files", { first, n: job.files.length - 1 }) : first;
  const done = job.state === "done";
  const share = done ? 1 : job.bytes_all ? Math.min(1, job.bytes / job.bytes_all) : 0;
  const text = job.error ? errorText(job) : t("intake.stored", { n: job.stored });
  return <Bar name={name} share={share} tone={done ? "ok" : job.state === "failed" ? "alert" : job.state === "stopped" ? "grey" : ""} icon={kindIcon(first)} text={text} aside={job.state === "running" ? t("intake.of", { a: size(job.bytes), b: size(job.bytes_all) }) : t(`import.${job.state}` as Key)} />;
}

function Refusals({ onClose }: { onClose: () => void }) {
  const rows = imports.value.flatMap((job) => job.refusals ?? []);
  return (
    <Dialog title={t("refusals.title", { n: sums.value.refused })} onClose={onClose} wide>
      <ul class="list sm">{rows.slice(0, 500).map((one, index) => <li key={index}><b class="medium break">{itemText(one.item)}</b><p class="soft">{reasonText(one)}</p></li>)}</ul>
      {rows.length < sums.value.refused && <p class="sm faint">{t("refusals.more", { n: sums.value.refused - rows.length })}</p>}
    </Dialog>
  );
}

// `short`: what is on its way, where the books of everything stand below.
export function Progress({ short = false }: { short?: boolean }) {
  const refusals = useSignal(false);
  const jobs = short ? running.value : imports.value;
  if (jobs.length === 0 && sendings.value.length === 0) return null;
  const busy = running.value.length > 0;
  const head = uploading.value ? t("intake.title.sending") : busy ? t("intake.title.running") : t("intake.title.done");
  const speed = busy && rate.value > 0 ? (leftSeconds.value > 0 ? t("intake.speed", { n: Math.round(rate.value), left: duration(leftSeconds.value) }) : t("intake.speed.only", { n: Math.round(rate.value) })) : "";
  return (
    <Card title={head} aside={<><span class="sm soft num" role="timer">{speed}</span>{busy && running.value.map((job) => <Button small kind="quiet" key={job.id} onClick={() => void stop(job).catch(complain)}>{t("intake.stop")}</Button>)}</>}>
      {!short && imports.value.length > 0 && (
        <div class="books-line">
          <Equation sums={sums.value} label={t("intake.balance")} refused={sums.value.refused > 0 ? <button type="button" class="link" onClick={() => (refusals.value = true)}>{t("books.refused")}</button> : undefined} />
        </div>
      )}
      <ul class="movings">
        {sendings.value.map((one) => <SendingRow one={one} key={one.key} />)}
        {jobs.map((job) => <JobRow job={job} key={job.id} />)}
      </ul>
      {!short && sums.value.marked ? <Note>{t("intake.marked", { n: num(sums.value.marked) })}</Note> : null}
      {refusals.value && <Refusals onClose={() => (refusals.value = false)} />}
    </Card>
  );
}
