// SPDX-License-Identifier: AGPL-3.0-or-later
// The shapes of /api/v1 as the page uses them; they are made from the server's own description (schema.ts). What stands behind an `&` is read
// by the page and sent by no server yet: it may only be optional, or one more word of a list.
import type * as server from "./schema";

export type {
  Account, Approval, Archive, Attachment, AuditPage, AuditRow, Client, ClientRow, Conversation, EnrolStep, Grant, Group, Import, Integrity, Job, Keys, Ldap, Oidc, Own, OwnAuditPage, Part, Piece,
  RecoveryCodes, Refusal, Role, Scope, SecondStep, Session, SignInSettings, Source, Storage, TimelineRow, Totp, Upload, User, Version, WantedChange, Ways,
} from "./schema";

export interface Items<T> { items: T[] }
export type Health = Omit<server.Health, "state"> & { state: server.Health["state"] | "locked" };
export type Setup = Omit<server.Setup, "state"> & { state: server.Setup["state"] | "done" };
export type Sheet = server.Sheet & { words?: string[]; check?: number[] };
export type SignIn = server.SecondStep | server.EnrolStep;
export type WantedSignIn = { address: string; oidc: server.WantedOidc | null; ldap: server.WantedLdap | null };

export type Channel = string;
export type Person = server.Person;
export type Hit = server.Hit & { attachment?: string };
export type FacetValue = server.FacetValue & { label?: string };
export type Facets = Partial<server.Facets>;
export type SearchPage = server.SearchPage & { conversations?: number };
export type Suggestion = Omit<server.Suggestion, "kind"> & { kind: server.Suggestion["kind"] | "past" | "word" };
export type Order = "newest" | "relevance";
export type SavedSearch = server.SavedSearch & { order?: Order };

export type Message = server.Message & { deleted: { by?: string } | null };
export type Proof = Required<Omit<server.Proof, "state">> & { state: server.Proof["state"] | "unsigned" | "mismatch"; signed_at?: string };
export type Access = server.AuditRow;
export type Sums = Pick<server.Import, "seen" | "stored" | "duplicates" | "refused" | "pending"> & { marked?: number };
export type Token = server.Token & { last_used?: string | null };
export type SessionRow = server.SessionRow & { user?: string };
// Of any change of people: done, or asked for (a change of a person says by which request).
export type Asked = Omit<server.Invited, "asked"> & { asked?: boolean | string };
