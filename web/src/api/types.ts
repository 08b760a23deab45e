// SPDX-License-Identifier: AGPL-3.0-or-later
// The shapes of /api/v1. Fields with ? may be absent.
export interface Person { name: string; address: string; own?: boolean }
export interface Items<T> { items: T[] }

export interface Health { ok: boolean; state: "setup" | "locked" | "open"; version: string }
export interface Setup { state: "new" | "sheet" | "user" | "confirm" | "done"; language?: string; company?: string; login?: string }
export interface Sheet { sheet: string; words?: string[]; check?: number[] }
export interface Totp { secret: string; uri: string; qr: string }

export interface Session {
  user: { id: string; login: string; name: string; locale: string; email?: string; theme?: string; keys?: boolean };
  roles: string[];
  rights: string[];
  second_factor?: string;
  expires?: string;
  idle_until?: string;
  demo?: boolean;
}
export interface SignIn { next: "totp" | "passkey" | "done"; methods: ("totp" | "recovery" | "passkey")[] }

export type Channel = string;
export interface Piece { text: string; hit?: boolean }
export interface Hit {
  id: number; date: string; channel: Channel; from: Person; to: Person[]; to_count: number; subject: string;
  conversation: string; conversation_title: string; attachments: number; snippet: Piece[]; snippet_in: "body" | "subject" | "attachment";
  attachment?: string; edited: boolean; deleted: boolean;
}
export interface FacetValue { value: string; count: number; label?: string }
export interface Facets { channel?: FacetValue[]; from?: FacetValue[]; lang?: FacetValue[]; month?: FacetValue[]; has_attachment?: number }
export interface SearchPage {
  total: number; exact: boolean; took_ms: number; hits: Hit[]; cursor: string | null; forms?: string[]; note?: string; suggestion?: string;
  conversations?: number; facets?: Facets;
}
export interface Suggestion { kind: "field" | "person" | "past" | "word"; text: string; insert: string; label?: string }
export interface SavedSearch { id: string; name: string; query: string; order: Order }
export type Order = "newest" | "relevance";

export interface Part { kind: "text" | "quote" | "signature"; text: string }
export interface Attachment { n: number; name: string; type: string; size: number; sha256?: string; encrypted?: boolean; missing?: string; preview: "image" | "pdf" | "text" | "none" }
export interface Version { id: number; date: string; text: string }
export interface Message {
  id: number; conversation: string; date: string; received?: string; channel: Channel; source?: string; from: Person; to: Person[]; cc?: Person[]; bcc?: Person[];
  subject: string; text: string; parts?: Part[]; has_html: boolean; attachments: Attachment[]; versions: Version[];
  deleted: { date: string; by?: string } | null; edited: boolean; marks?: string[]; tags?: string[]; reply_to?: number | null;
  forwarded?: string | boolean | Person | null; reactions?: (string | { emoji: string; count: number })[]; service?: string | null; record: number; own?: boolean;
}
export interface Proof {
  record: number; log: string; leaf: number; tree_size: number; root: string; signed_at?: string; proof: string;
  state: "proven" | "unsigned" | "erased" | "mismatch";
}
export interface Access { at: string; who: { id: string; name: string }; what: string; peer?: string }
export interface Conversation {
  id: string; title: string; channels?: Channel[]; channel?: Channel; parties: (Person & { messages: number })[]; total: number; first: string; last: string;
  items: Message[]; begin?: number; more_before: boolean; more_after: boolean; density?: { at: string; count: number }[];
}

export interface ClientRow { id: string; name: string; addresses: { kind: string; address: string }[]; messages: number; last: string; channels: Channel[] }
export interface Client extends ClientRow {
  activity: { month: string; count: number }[];
  conversations: { id: string; title: string; channel: Channel; messages: number; last: string }[];
}
export interface TimelineRow extends Hit { text?: string }

export interface Sums { seen: number; stored: number; duplicates: number; refused: number; pending: number; marked?: number }
export interface Source extends Sums {
  id: string; source: string; title: string; channel: Channel; files?: number; runs?: number; unfinished_runs?: number; messages?: number; balanced: boolean; last?: string;
}
export interface Refusal { item: string; reason: string }
export interface Import extends Sums {
  id: string; state: "waiting" | "running" | "indexing" | "verifying" | "done" | "stopped" | "failed"; files: { name: string; size: number; state: string }[];
  bytes: number; bytes_all: number; rate?: number; left_s?: number | null; searchable?: number; refusals?: Refusal[];
  verified?: { records: number; ok: boolean } | null; error?: string;
}
export interface Archive {
  company: string; messages: number; records: number; sources: number; created?: string; demo: boolean;
  integrity: { state: "ok" | "unchecked" | "fault"; checked_at?: string | null; records?: number; problems?: string[] };
  checklist?: { id: string; done: boolean }[];
}

export interface Scope { everything?: boolean; clients?: string[]; employees?: string[]; channels?: string[]; sources?: string[]; from?: string | null; until?: string | null }
export interface Grant { role: string; scope?: Scope; from?: string | null; until?: string | null; reason?: string }
export interface User {
  id: string; login: string; name: string; email?: string; active: boolean; roles: string[]; groups?: string[]; grants: Grant[];
  second_factor: boolean; passkeys?: number; last_seen?: string | null; created?: string;
}
export interface Role { name: string; rights: string[] }
export interface Token { id: string; name: string; rights: string[]; until?: string | null; created?: string; last_used?: string | null }
export interface SessionRow { id: string; user?: string; created: string; seen: string; peer?: string; agent?: string; current: boolean }
export interface AuditRow { record: number; at: string; who: { id: string; name: string }; kind: string; what: string; peer?: string; conversation?: string }
export interface Approval { id: string; what: string; by: { id: string; name: string }; at: string; until?: string; state?: string; detail?: string }
export interface Integrity { state: "ok" | "unchecked" | "fault"; checked_at?: string | null; records?: number; problems?: string[] }
export interface Keys {
  unlock: "passphrase" | "key_file"; generation: number; rotated_at: string; rotation_due: string; sheet_checked_at: string | null;
  counts: { purpose: string; count: number }[]; logs: { name: string; key: string }[];
}
export interface Storage { items?: { name: string; bytes: number }[]; free?: number; total?: number }
export interface Job { id: string; kind: string; state: string; started?: string; finished?: string | null; done?: number; of?: number; note?: string }
