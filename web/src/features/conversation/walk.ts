// SPDX-License-Identifier: AGPL-3.0-or-later
// J and K: from message to message.
export function walk(by: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-message]")];
  const focused = document.activeElement?.closest<HTMLElement>("[data-message]");
  const visible = rows.findIndex((row) => row.getBoundingClientRect().bottom > 80);
  const at = focused ? rows.indexOf(focused) + by : visible;
  const next = rows[Math.max(0, Math.min(rows.length - 1, at))];
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "nearest" });
}
