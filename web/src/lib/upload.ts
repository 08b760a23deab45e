// SPDX-License-Identifier: AGPL-3.0-or-later
// Sends a file in pieces of 4 MiB. After a failure it asks the server how far it got and goes on from there; so does a page that was
// closed in the middle, when the same file is brought once more.
import { Problem } from "../api/problem";

export const piece = 4 * 1024 * 1024;
export interface Sink {
  open(name: string, size: number, modified?: string): Promise<{ id: string; offset: number }>;
  offset(id: string): Promise<number>;
  send(id: string, offset: number, bytes: Blob): Promise<number>;
}

const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

export async function upload(sink: Sink, file: Blob, name: string, moved: (sent: number) => void, signal?: AbortSignal, wait = pause): Promise<string> {
  const { id, offset } = await sink.open(name, file.size, file instanceof File && file.lastModified > 0 ? new Date(file.lastModified).toISOString() : undefined);
  if (offset > 0) moved(offset);
  let at = offset;
  let failures = 0;
  while (at < file.size) {
    if (signal?.aborted) throw new DOMException("stopped", "AbortError");
    try {
      at = await sink.send(id, at, file.slice(at, at + piece));
      failures = 0;
    } catch (error) {
      const problem = Problem.from(error);
      const passing = ["offline", "conflict", "unavailable", "too_many", "internal", "no_space"].includes(problem.code);
      if (!passing || ++failures > 8) throw problem;
      if (problem.code !== "conflict") await wait(Math.min(30_000, 500 * 2 ** failures));
      at = await sink.offset(id).catch(() => at);
    }
    moved(at);
  }
  return id;
}

export interface Found { name: string; file: File }

// Files and folders of a drop. The entries must be taken before the first wait: afterwards the browser forgets them.
export function entriesOf(items: DataTransferItemList): FileSystemEntry[] {
  return [...items].map((item) => (item.kind === "file" ? item.webkitGetAsEntry() : null)).filter((entry): entry is FileSystemEntry => entry !== null);
}

export async function filesOf(entries: FileSystemEntry[], limit = 20_000): Promise<Found[]> {
  const found: Found[] = [];
  const waiting = [...entries];
  while (waiting.length && found.length < limit) {
    const entry = waiting.shift()!;
    if (entry.isFile) {
      const file = await new Promise<File>((done, failed) => (entry as FileSystemFileEntry).file(done, failed));
      found.push({ name: entry.fullPath.replace(/^\//, ""), file });
    } else {
      const reader = (entry as FileSystemDirectoryEntry).createReader();
      for (;;) {  // a reader gives at most 100 at a time
        const some = await new Promise<FileSystemEntry[]>((done, failed) => reader.readEntries(done, failed));
        if (some.length === 0) break;
        waiting.push(...some);
      }
    }
  }
  return found;
}
