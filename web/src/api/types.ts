// SPDX-License-Identifier: AGPL-3.0-or-later
// Short names for the shapes of /api/v1, which are made from the server's own description (schema.ts). What stands behind an `&` is read by
// the page and sent by no server yet: it may only be optional, or one more word of a list.
import type { components } from "./schema";

type Schemas = components["schemas"];
export interface Items<T> { items: T[] }

export type Health = Omit<Schemas["Health"], "state"> & { state: Schemas["Health"]["state"] | "locked" };
export type Setup = Omit<Schemas["Setup"], "state"> & { state: Schemas["Setup"]["state"] | "done" };
export type Sheet = Schemas["Sheet"] & { words?: string[]; check?: number[] };
export type Totp = Schemas["Totp"];
export type Session = Schemas["Session"] & { user: { theme?: string; keys?: boolean } };
export interface SignIn { next: "totp" | "passkey" | "enrol" | "done"; methods: ("totp" | "recovery" | "passkey")[]; totp?: Totp }
export interface Ways { passkey: boolean; provider: string | null; directory: string | null }
export interface Account { password: boolean; totp: boolean; recovery_codes: number; passkeys: { id: string; name: string; added: string }[]; passkeys_possible: boolean; external: string[] }
export interface Oidc { name: string; issuer: string; client_id: string; has_secret?: boolean; secret?: string; acr_values: string[]; amr_values: string[] }
export interface Ldap { name: string; url: string; plain: boolean; certificates: string; bind_dn: string; has_password?: boolean; bind_password?: string; base: string; filter: string }
export interface SignInSettings { address: string; oidc: Oidc | null; ldap: Ldap | null }

export type Channel = string;
export type Person = Schemas["Person"] & { own?: boolean };
export type Piece = Schemas["Piece"];
export type Hit = Schemas["Hit"] & { attachment?: string };
export type FacetValue = Schemas["FacetValue"] & { label?: string };
export type Facets = Partial<Schemas["Facets"]>;
export type SearchPage = Schemas["SearchPage"] & { conversations?: number };
export type Suggestion = Omit<Schemas["Suggestion"], "kind"> & { kind: Schemas["Suggestion"]["kind"] | "past" | "word" };
export type Order = "newest" | "relevance";
export type SavedSearch = Schemas["SavedSearch"] & { order?: Order };

export type Part = Schemas["Part"];
export type Attachment = Schemas["Attachment"];
export type Version = Schemas["Version"];
export type Message = Schemas["Message"] & { own?: boolean; deleted: { by?: string } | null };
export type Proof = Required<Omit<Schemas["Proof"], "state">> & { state: Schemas["Proof"]["state"] | "unsigned" | "mismatch"; signed_at?: string };
export type Access = Schemas["AuditRow"];
export type Conversation = Schemas["Conversation"] & { begin?: number };

export type ClientRow = Schemas["ClientRow"];
export type Client = Schemas["Client"];
export type TimelineRow = Schemas["TimelineRow"];

export type Source = Schemas["Source"] & { retry_until?: string | null };
export interface Upload { id: string; name: string; size: number; offset: number; modified?: string | null }
export type Refusal = Schemas["Refusal"];
export type Import = Schemas["Import"];
export type Sums = Pick<Import, "seen" | "stored" | "duplicates" | "refused" | "pending"> & { marked?: number };
export type Archive = Schemas["Archive"];

export type Scope = Schemas["Scope"];
export type Grant = Schemas["Grant"];
export type User = Schemas["User"];
export type Role = Schemas["Role"];
export type Token = Schemas["Token"] & { last_used?: string | null };
export type SessionRow = Schemas["SessionRow"] & { user?: string };
export type AuditRow = Schemas["AuditRow"] & { conversation?: string };
export interface Group { id: string; name: string; grants: Grant[]; members: { id: string; name: string }[] }
export interface WantedChange { change?: string; user?: { id: string; name: string }; new_user?: { name: string; login: string; grants?: Grant[] }; group?: { name: string; grants?: Grant[] }; grants?: Grant[]; described?: { name: string; addresses: string[] }; groups?: string[]; members?: string[] }
export interface Approval {
  id: string; action: string; change: WantedChange | null; reason: string; by: { id: string; name: string }; at: string; from: string; until: string; alone: boolean;
  own: boolean; may_decide: boolean; may_do: boolean; state: "waiting" | "approved" | "refused" | "used" | "expired";
}
export interface Asked { id: string; asked?: boolean | string; invite?: string }
export type Integrity = Schemas["Integrity"];
export type Storage = Schemas["Storage"];
export type Job = Schemas["Job"];
export type Keys = Schemas["Keys"];
