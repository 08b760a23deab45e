// SPDX-License-Identifier: AGPL-3.0-or-later
// The server draws the QR code as SVG text. The page puts no foreign markup into itself, so only the numbers are taken out of it.
export interface Drawing { box: string; path: string }

export function drawing(svg: string): Drawing | undefined {
  const attribute = (tag: string, name: string) => new RegExp(`\\s${name}=["']([-\\d.\\s]+?)(?:px)?["']`).exec(tag)?.[1];
  const root = /<svg\b[^>]*>/.exec(svg)?.[0];
  if (!root) return undefined;
  const width = attribute(root, "width");
  const box = attribute(root, "viewBox") ?? (width ? `0 0 ${width} ${attribute(root, "height") ?? width}` : undefined);
  if (!box) return undefined;
  const paths: string[] = [];
  for (const [tag] of svg.matchAll(/<path\b[^>]*>/g)) {
    const d = /\sd=["']([MmLlHhVvZzQqCc\d\s.,-]+)["']/.exec(tag)?.[1];
    if (d && !/fill=["'](#fff|#ffffff|white|none)["']/i.test(tag)) paths.push(d);
  }
  for (const [tag] of svg.matchAll(/<rect\b[^>]*>/g)) {
    if (/fill=["'](#fff|#ffffff|white)["']/i.test(tag)) continue;
    const [x, y, w, h] = ["x", "y", "width", "height"].map((name) => attribute(tag, name));
    if (w && h) paths.push(`M${x ?? 0} ${y ?? 0}h${w}v${h}h-${w}z`);
  }
  return paths.length ? { box, path: paths.join("") } : undefined;
}
