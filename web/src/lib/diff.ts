// SPDX-License-Identifier: AGPL-3.0-or-later
// What changed between two versions of a message, word by word.
export interface Change { text: string; kind: "same" | "del" | "ins" }

const words = (text: string): string[] => text.match(/\s+|[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu) ?? [];

export function diff(before: string, after: string): Change[] {
  const a = words(before);
  const b = words(after);
  if (a.length * b.length > 400_000) return [{ text: before, kind: "del" }, { text: after, kind: "ins" }];
  const common = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--) {
      const row = common[i]!;
      row[j] = a[i] === b[j] ? common[i + 1]![j + 1]! + 1 : Math.max(common[i + 1]![j]!, row[j + 1]!);
    }
  const out: Change[] = [];
  const push = (text: string, kind: Change["kind"]) => {
    const last = out[out.length - 1];
    if (last?.kind === kind) last.text += text;
    else out.push({ text, kind });
  };
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) push(a[i++]!, "same"), j++;
    else if (j >= b.length || (i < a.length && common[i + 1]![j]! >= common[i]![j + 1]!)) push(a[i++]!, "del");
    else push(b[j++]!, "ins");
  }
  return out;
}
