// SPDX-License-Identifier: AGPL-3.0-or-later
// A file, looked at without taking it out: pages and pictures are drawn by the server, text comes in UTF-8. The bytes of the file never get here.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { address, api } from "../../api/client";
import { Problem } from "../../api/problem";
import type { Attachment } from "../../api/types";
import { num, size } from "../../lib/format";
import { t, type Key } from "../../lib/i18n";
import { loader, type Loadable } from "../../lib/loadable";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/float";
import { Bones, Failed, Load, Note } from "../../ui/state";
import { may } from "../session/state";

interface Seen { kind: "image" | "pdf" | "text"; fault: string; pages?: number; pages_shown?: number; scripts?: boolean; text?: string; cut?: boolean }

export const pathOf = (message: number, file: Attachment) => `/messages/${message}/attachments/${file.n}`;
export const program = (name: string) => /\.(exe|msi|com|scr|bat|cmd|ps1|vbs|js|jar|lnk|hta|dll|apk|iso)$/i.test(name);
const faults = ["locked", "damaged", "too_large", "too_slow"];
const faultText = (fault: string) => t(`file.fault.${faults.includes(fault) ? fault : "damaged"}` as Key);

// A picture that does not come is asked for again as an answer with words.
function Picture({ message, file, page, of }: { message: number; file: Attachment; page: number; of: number }) {
  const shown = useSignal(0);
  const fault = useSignal("");
  const problem = useSignal<Problem | undefined>(undefined);
  const failed = () => void api.text(`${pathOf(message, file)}/preview?page=${page}`).then(
    () => (fault.value = "damaged"),
    (error) => {
      const one = Problem.from(error);
      const known = faults.find((name) => one.code === ("unsupported" as string) && one.message.endsWith(name));
      if (known) fault.value = known;
      else problem.value = one;
    },
  );
  const retry = () => { problem.value = undefined; shown.value = 0; };
  if (fault.value) return <Note tone="warn">{faultText(fault.value)}</Note>;
  if (problem.value) return <Failed problem={problem.value} retry={retry} />;
  return (
    <div class="file-page" aria-busy={shown.value !== page}>
      {shown.value !== page && <Bones rows={4} />}
      <img key={page} class={shown.value === page ? "" : "vh"} src={address(`${pathOf(message, file)}/preview`, { page })} alt={of > 1 ? t("file.page.alt", { name: file.name, n: page, all: of }) : file.name} onLoad={() => (shown.value = page)} onError={failed} />
    </div>
  );
}

function Pages({ message, file, count, scripts, more }: { message: number; file: Attachment; count: number; scripts: boolean; more: boolean }) {
  const page = useSignal(1);
  const box = useRef<HTMLDivElement>(null);
  const turn = (to: number) => {
    page.value = Math.max(1, Math.min(count, Math.round(to) || 1));
    box.current?.scrollTo(0, 0);
  };
  const keys: Record<string, () => number> = { PageDown: () => page.value + 1, ArrowRight: () => page.value + 1, PageUp: () => page.value - 1, ArrowLeft: () => page.value - 1, Home: () => 1, End: () => count };
  return (
    <div class="file-pages" onKeyDown={(event) => {
      const to = (event.target as Element).tagName === "INPUT" ? undefined : keys[event.key];
      if (!to || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      turn(to());
    }}>
      {scripts && <Note icon="info">{t("file.scripts")}</Note>}
      {count > 1 && (
        <div class="row page-turn" role="group" aria-label={t("file.pages")}>
          <Button small icon="left" label={t("file.page.before")} off={page.value === 1 && t("file.page.first")} onClick={() => turn(page.value - 1)} />
          <label class="row sm"><span>{t("file.page")}</span><input class="input-page num" type="number" min="1" max={count} value={page.value} onChange={(event) => turn(Number(event.currentTarget.value))} /></label>
          <span class="sm soft num">{t("file.page.of", { n: num(count) })}</span>
          <Button small icon="right" label={t("file.page.after")} off={page.value === count && t("file.page.last")} onClick={() => turn(page.value + 1)} />
          <span class="vh" role="status">{t("file.page.now", { n: page.value, all: count })}</span>
        </div>
      )}
      <div class="file-scroll" ref={box} tabIndex={0} role="region" aria-label={file.name}><Picture message={message} file={file} page={page.value} of={count} /></div>
      {more && page.value === count && <p class="xs faint">{t("file.page.rest")}</p>}
    </div>
  );
}

function Body({ message, file }: { message: number; file: Attachment }) {
  const seen = useSignal<Loadable<Seen>>({ kind: "idle" });
  const load = () => void loader(seen)((stop) => api.get<Seen>(`${pathOf(message, file)}/preview`, {}, stop));
  const image = file.preview === "image";
  useEffect(() => { if (!image) load(); }, []);
  if (image) return <Picture message={message} file={file} page={1} of={1} />;
  return (
    <Load of={seen.value} retry={load} rows={5}>
      {(one) => one.fault ? <Note tone="warn">{faultText(one.fault)}</Note>
        : one.kind === "text" ? (
          <>
            {one.text?.trim() ? <pre class="file-text" tabIndex={0} role="region" aria-label={file.name}>{one.text}</pre> : <Note icon="file">{t("file.empty")}</Note>}
            {one.cut && <p class="xs faint gap-above">{t("file.cut")}</p>}
          </>
        ) : <Pages message={message} file={file} count={one.pages_shown ?? 1} scripts={one.scripts ?? false} more={(one.pages ?? 0) > (one.pages_shown ?? 0)} />}
    </Load>
  );
}

export function Viewer({ message, file, onClose }: { message: number; file: Attachment; onClose: () => void }) {
  const closed = Boolean(file.missing) || file.encrypted;
  return (
    <Dialog title={file.name || t("file.unnamed")} onClose={onClose} wide>
      <p class="sm soft">{!file.missing && `${size(file.size)} · `}<span class="mono">{file.type}</span></p>
      <div class="file-view">
        {program(file.name) ? <Note tone="alert">{t("file.program")}</Note>
          : file.missing ? <Note icon="file">{t("file.missing")}</Note>
          : file.encrypted ? <Note icon="lock">{t("file.fault.locked")}</Note>
          : file.preview === "none" ? <Note icon="file">{t("file.none")}</Note>
          : <Body message={message} file={file} />}
      </div>
      {file.sha256 && <p class="xs faint mono clip" title={file.sha256}>SHA-256 {file.sha256}</p>}
      <div class="row dialog-acts">
        {!closed && !program(file.name) && file.preview !== "none" && <span class="xs faint grow">{t("access.noted")}</span>}
        <Button onClick={onClose}>{t("action.close")}</Button>
        {may("take_out") && !file.missing && <Button icon="download" href={address(pathOf(message, file))} download={file.name}>{t("action.download")}</Button>}
      </div>
    </Dialog>
  );
}
