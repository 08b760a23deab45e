// SPDX-License-Identifier: AGPL-3.0-or-later
// Which rooms a person sees. The server decides what may be done; the page only leaves out what would be refused.
export type Right =
  | "search" | "read" | "take_out" | "import_messages" | "sources_view" | "sources_manage" | "people_view" | "people_manage" | "audit_view"
  | "integrity_view" | "integrity_run" | "keys_manage" | "settings_manage" | "approve";

export const adminRights: Right[] = ["people_view", "people_manage", "audit_view", "integrity_view", "approve"];

export function has(rights: readonly string[] | undefined, ...any: Right[]): boolean {
  return any.some((right) => rights?.includes(right));
}
