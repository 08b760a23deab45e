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
export type SecondStep = Schemas["SecondStep"];
export type EnrolStep = Schemas["EnrolStep"];
export type SignIn = SecondStep | EnrolStep;
export type RecoveryCodes = Schemas["RecoveryCodes"];
export type Ways = Schemas["Ways"];
export type Account = Schemas["Account"];
export type Oidc = Schemas["Oidc"];
export type Ldap = Schemas["Ldap"];
export type SignInSettings = Schemas["SignInSettings"];
export type WantedSignIn = { address: string; oidc: Schemas["WantedOidc"] | null; ldap: Schemas["WantedLdap"] | null };

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
export type Conversation = Schemas["Conversation"];

export type ClientRow = Schemas["ClientRow"];
export type Client = Schemas["Client"];
export type TimelineRow = Schemas["TimelineRow"];

export type Source = Schemas["Source"];
export type Upload = Schemas["Upload"];
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
export type AuditRow = Schemas["AuditRow"];
export type AuditPage = Schemas["AuditPage"];
export type OwnAuditPage = Schemas["OwnAuditPage"];
export type Group = Schemas["Group"];
export type WantedChange = Schemas["WantedChange"];
export type Approval = Schemas["Approval"];
// Of any change of people: done, or asked for (a change of a person says by which request).
export type Asked = Omit<Schemas["Invited"], "asked"> & { asked?: boolean | string };
export type Integrity = Schemas["Integrity"];
export type Storage = Schemas["Storage"];
export type Job = Schemas["Job"];
export type Keys = Schemas["Keys"];
