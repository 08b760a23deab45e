// SPDX-License-Identifier: AGPL-3.0-or-later
// Words that people wrote: paragraphs, links, found words, versions.
import { Fragment } from "preact";
import { diff } from "../../lib/diff";

const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

export function Words({ text, words = [] }: { text: string; words?: string[] }) {
  const wanted = [...new Set(words.map((word) => word.trim()).filter((word) => word.length > 1))].sort((a, b) => b.length - a.length).slice(0, 40);
  const found = wanted.length ? `(?<![\\p{L}\\p{N}])(?:${wanted.map(escape).join("|")})(?![\\p{L}\\p{N}])` : "";
  const pattern = new RegExp(`(https?://[^\\s<>"«»]+[^\\s<>"«».,;:!?)\\]])${found ? `|(${found})` : "|($^)"}`, "giu");
  const out: preact.ComponentChild[] = [];
  let at = 0;
  for (const match of text.matchAll(pattern)) {
    out.push(text.slice(at, match.index));
    const [all, link] = match;
    out.push(link ? <a href={link} target="_blank" rel="noopener noreferrer nofollow">{link}</a> : <mark>{all}</mark>);
    at = match.index + all.length;
  }
  out.push(text.slice(at));
  return <>{out.map((piece, index) => <Fragment key={index}>{piece}</Fragment>)}</>;
}

export function Paragraphs({ text, words }: { text: string; words?: string[] }) {
  return (
    <>
      {text.trim().split(/\n\s*\n/).map((paragraph, index) => (
        <p key={index}><Words text={paragraph} {...(words && { words })} /></p>
      ))}
    </>
  );
}

export function Diff({ before, after, show }: { before: string; after: string; show: "before" | "after" }) {
  return (
    <>
      {diff(before, after).map((change, index) => {
        if (change.kind === "same") return <span key={index}>{change.text}</span>;
        if (change.kind === "del") return show === "before" ? <del key={index}>{change.text}</del> : null;
        return show === "after" ? <ins key={index}>{change.text}</ins> : null;
      })}
    </>
  );
}
