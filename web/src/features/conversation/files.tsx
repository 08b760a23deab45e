// SPDX-License-Identifier: AGPL-3.0-or-later
// Attachments: a tile opens a viewer; the download is a second act. Programs are never opened.
import { useSignal } from "@preact/signals";
import { address } from "../../api/client";
import type { Attachment } from "../../api/types";
import { size } from "../../lib/format";
import { t } from "../../lib/i18n";
import { Icon, type IconName } from "../../ui/icon";
import { pathOf, program, Viewer } from "./viewer";

function Thumb({ message, file }: { message: number; file: Attachment }) {
  const broken = useSignal(false);
  const bad = program(file.name);
  const icon: IconName = bad ? "alert" : file.encrypted ? "lock" : file.preview === "image" ? "image" : "file";
  const drawn = file.preview === "image" && !bad && !broken.value;
  return (
    <span class={`thumb ${bad ? "alert" : ""}`}>
      {drawn ? <img src={address(`${pathOf(message, file)}/preview`, { page: 1, size: "small" })} alt="" loading="lazy" width="44" height="44" onError={() => (broken.value = true)} /> : <Icon name={icon} size="l" />}
    </span>
  );
}

function about(file: Attachment): string {
  if (file.missing) return t("file.missing.short");
  if (program(file.name)) return `${size(file.size)}, ${t("file.program.short")}`;
  return file.encrypted ? `${size(file.size)}, ${t("file.locked.short")}` : size(file.size);
}

export function Files({ message, files }: { message: number; files: Attachment[] }) {
  const open = useSignal<Attachment | undefined>(undefined);
  if (files.length === 0) return null;
  return (
    <div class="files">
      {files.map((file) => (
        <button type="button" class={`tile ${file.missing ? "absent" : ""}`} key={file.n} onClick={() => (open.value = file)}>
          <Thumb message={message} file={file} />
          <b>{file.name || t("file.unnamed")}</b>
          <small>{about(file)}</small>
          {file.sha256 && <span class="print-only hash">SHA-256 {file.sha256}</span>}
        </button>
      ))}
      {open.value && <Viewer message={message} file={open.value} onClose={() => (open.value = undefined)} />}
    </div>
  );
}
