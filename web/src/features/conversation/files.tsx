// SPDX-License-Identifier: AGPL-3.0-or-later
// Attachments: a tile opens a viewer; the download is a second act. Programs are never opened.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { address, api } from "../../api/client";
import { Problem } from "../../api/problem";
import type { Attachment } from "../../api/types";
import { size } from "../../lib/format";
import { t } from "../../lib/i18n";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/float";
import { Icon } from "../../ui/icon";
import { Bones, Failed, Note } from "../../ui/state";
import { may } from "../session/state";

const pathOf = (message: number, file: Attachment) => `/messages/${message}/attachments/${file.n}`;
const program = (name: string) => /\.(exe|msi|com|scr|bat|cmd|ps1|vbs|js|jar|lnk|hta|dll|apk|iso)$/i.test(name);

function TextFile({ message, file }: { message: number; file: Attachment }) {
  const text = useSignal<string | undefined>(undefined);
  const problem = useSignal<Problem | undefined>(undefined);
  useEffect(() => {
    const stop = new AbortController();
    api.text(pathOf(message, file), stop.signal).then((found) => (text.value = found), (error) => (problem.value = Problem.from(error)));
    return () => stop.abort();
  }, []);
  if (problem.value) return <Failed problem={problem.value} />;
  return text.value === undefined ? <Bones rows={3} /> : <pre class="file-text" tabIndex={0}>{text.value.slice(0, 400_000)}</pre>;
}

function Viewer({ message, file, onClose }: { message: number; file: Attachment; onClose: () => void }) {
  return (
    <Dialog title={file.name} onClose={onClose} wide>
      <p class="sm soft">{size(file.size)} · <span class="mono">{file.type}</span></p>
      <div class="file-view">
        {program(file.name) ? <Note tone="alert">{t("file.program")}</Note>
          : file.preview === "image" ? <img src={address(pathOf(message, file), { view: 1 })} alt={file.name} />
          : file.preview === "text" ? <TextFile message={message} file={file} />
          : <Note icon="file">{t(file.preview === "pdf" ? "file.pdf" : "file.none")}</Note>}
      </div>
      {file.sha256 && <p class="xs faint mono clip" title={file.sha256}>SHA-256 {file.sha256}</p>}
      <div class="row dialog-acts">
        <Button onClick={onClose}>{t("action.close")}</Button>
        {may("take_out", "read") && <Button icon="download" href={address(pathOf(message, file))} download={file.name}>{t("action.download")}</Button>}
      </div>
    </Dialog>
  );
}

export function Files({ message, files }: { message: number; files: Attachment[] }) {
  const open = useSignal<Attachment | undefined>(undefined);
  if (files.length === 0) return null;
  return (
    <div class="files">
      {files.map((file) => (
        <button type="button" class="tile" key={file.n} onClick={() => (open.value = file)}>
          <span class={`thumb ${program(file.name) ? "alert" : ""}`}>
            {file.preview === "image" ? <img src={address(pathOf(message, file), { view: 1 })} alt="" loading="lazy" width="44" height="44" /> : <Icon name={program(file.name) ? "alert" : "file"} size="l" />}
          </span>
          <b>{file.name}</b>
          <small>{size(file.size)}{program(file.name) && `, ${t("file.program.short")}`}</small>
          {file.sha256 && <span class="print-only hash">SHA-256 {file.sha256}</span>}
        </button>
      ))}
      {open.value && <Viewer message={message} file={open.value} onClose={() => (open.value = undefined)} />}
    </div>
  );
}
