// SPDX-License-Identifier: AGPL-3.0-or-later
// Made from docs/openapi.json by `npm run types`.

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Health: {
            ok: boolean;
            /** @enum {string} */
            state: "setup" | "open";
            version: string;
        };
        Setup: {
            /** @enum {string} */
            state: "new" | "sheet" | "user" | "confirm";
            language?: string;
            company?: string;
            login?: string;
            sheet?: string;
        };
        Sheet: {
            sheet: string;
            key_file: string;
        };
        Totp: {
            secret: string;
            uri: string;
            qr: string;
        };
        Session: {
            user: {
                id: string;
                login: string;
                name: string;
                email: string;
                locale: string;
                /** @enum {string} */
                theme: "auto" | "light" | "dark";
                keys: boolean;
            };
            roles: string[];
            rights: string[];
            sees_all: boolean;
            second_factor: string | null;
            /** Format: date-time */
            idle_until: string;
            company: string;
            demo: boolean;
        };
        SessionRow: {
            id: string;
            /** Format: date-time */
            created: string;
            /** Format: date-time */
            seen: string;
            peer: string;
            browser: string;
            system: string;
            agent: string;
            current: boolean;
        };
        Ways: {
            passkey: boolean;
            provider: string | null;
            directory: string | null;
        };
        SecondStep: {
            /** @enum {string} */
            next: "totp" | "passkey";
            methods: ("totp" | "recovery" | "passkey")[];
        };
        EnrolStep: {
            /** @enum {string} */
            next: "enrol";
            name?: string;
            totp: components["schemas"]["Totp"];
        };
        RecoveryCodes: {
            recovery_codes: string[];
        };
        PasskeyMade: {
            rp: {
                id: string;
                name: string;
            };
            user: {
                id: string;
                name: string;
                displayName: string;
            };
            challenge: string;
            pubKeyCredParams: {
                type: string;
                alg: number;
            }[];
            timeout: number;
            excludeCredentials: {
                type: string;
                id: string;
            }[];
            authenticatorSelection: {
                residentKey: string;
                userVerification: string;
            };
            attestation: string;
        };
        PasskeyAsked: {
            challenge: string;
            rpId: string;
            timeout: number;
            allowCredentials: {
                type: string;
                id: string;
            }[];
            userVerification: string;
        };
        Passkey: {
            /** @enum {string} */
            type: "public-key";
            rawId: string;
            response: {
                clientDataJSON: string;
                attestationObject?: string;
                authenticatorData?: string;
                signature?: string;
            };
        };
        Account: {
            password: boolean;
            totp: boolean;
            recovery_codes: number;
            passkeys: {
                id: string;
                name: string;
                /** Format: date-time */
                added: string;
            }[];
            passkeys_possible: boolean;
            external: string[];
        };
        Oidc: {
            name: string;
            issuer: string;
            client_id: string;
            has_secret: boolean;
            acr_values: string[];
            amr_values: string[];
        };
        Ldap: {
            name: string;
            url: string;
            base: string;
            filter: string;
            plain: boolean;
            certificates: string;
            bind_dn: string;
            has_password: boolean;
        };
        SignInSettings: {
            address: string;
            oidc: components["schemas"]["Oidc"] | null;
            ldap: components["schemas"]["Ldap"] | null;
        };
        WantedOidc: {
            name: string;
            issuer: string;
            client_id: string;
            secret?: string;
            acr_values?: string[];
            amr_values?: string[];
        };
        WantedLdap: {
            name: string;
            url: string;
            base: string;
            filter: string;
            plain?: boolean;
            certificates?: string;
            bind_dn?: string;
            bind_password?: string;
        };
        Person: {
            name: string;
            address: string;
            kind: string;
            own: boolean;
        };
        Piece: {
            text: string;
            hit?: boolean;
        };
        Hit: {
            id: number;
            /** Format: date-time */
            date: string;
            channel: string;
            event: string;
            from: components["schemas"]["Person"];
            to: components["schemas"]["Person"][];
            to_count: number;
            subject: string;
            conversation: string;
            conversation_title: string;
            attachments: number;
            edited: boolean;
            deleted: boolean;
            unparsed: boolean;
            snippet: components["schemas"]["Piece"][];
            /** @enum {string} */
            snippet_in: "body" | "subject" | "attachment" | "";
        };
        FacetValue: {
            value: string;
            count: number;
        };
        Facets: {
            channel: components["schemas"]["FacetValue"][];
            from: components["schemas"]["FacetValue"][];
            lang: components["schemas"]["FacetValue"][];
            month: components["schemas"]["FacetValue"][];
            has_attachment: number;
        };
        SearchPage: {
            total: number;
            exact: boolean;
            hits: components["schemas"]["Hit"][];
            forms: string[];
            cursor: string | null;
            note: string;
            suggestion: string;
            took_ms: number;
            facets?: components["schemas"]["Facets"];
        };
        Suggestion: {
            /** @enum {string} */
            kind: "field" | "person";
            text: string;
            insert: string;
            label: string;
        };
        TimelineRow: {
            id: number;
            /** Format: date-time */
            date: string;
            channel: string;
            event: string;
            from: components["schemas"]["Person"];
            to: components["schemas"]["Person"][];
            to_count: number;
            subject: string;
            conversation: string;
            conversation_title: string;
            attachments: number;
            edited: boolean;
            deleted: boolean;
            unparsed: boolean;
            text: string;
            cut: boolean;
        };
        Party: {
            name: string;
            address: string;
            kind: string;
            own: boolean;
            messages: number;
        };
        Conversation: {
            id: string;
            title: string;
            channels: string[];
            parties: components["schemas"]["Party"][];
            total: number;
            /** Format: date-time */
            first: string;
            /** Format: date-time */
            last: string;
            density: {
                at: string;
                count: number;
            }[];
            items: components["schemas"]["Message"][];
            begin: number;
            more_before: boolean;
            more_after: boolean;
        };
        Part: {
            /** @enum {string} */
            kind: "text" | "quote" | "signature";
            text: string;
        };
        Attachment: {
            n: number;
            name: string;
            type: string;
            size: number;
            sha256: string;
            inline: boolean;
            encrypted: boolean;
            missing: string;
            /** @enum {string} */
            preview: "image" | "pdf" | "text" | "none";
        };
        Preview: {
            /** @enum {string} */
            kind: "image" | "pdf" | "text";
            fault: string;
            pages?: number;
            pages_shown?: number;
            scripts?: boolean;
            text?: string;
            cut?: boolean;
        };
        Version: {
            id: number;
            /** Format: date-time */
            date: string;
            current: boolean;
            text: string;
        };
        Message: {
            id: number;
            record: number;
            conversation: string;
            conversation_title: string;
            /** Format: date-time */
            date: string;
            sent: string | null;
            received: string | null;
            /** Format: date-time */
            stored: string;
            channel: string;
            event: string;
            source: string;
            from: components["schemas"]["Person"];
            own: boolean;
            to: components["schemas"]["Person"][];
            cc: components["schemas"]["Person"][];
            bcc: components["schemas"]["Person"][];
            forwarded_from: components["schemas"]["Person"][];
            subject: string;
            text: string;
            parts: components["schemas"]["Part"][];
            has_html: boolean;
            attachments: components["schemas"]["Attachment"][];
            versions: components["schemas"]["Version"][];
            edited: boolean;
            deleted: {
                /** Format: date-time */
                date: string;
            } | null;
            marks: string[];
            tags: string[];
            reactions: {
                emoji: string;
                count: number;
            }[];
            service: string | null;
            reply_to: number | null;
            sha256: string;
            size: number;
        };
        Proof: {
            /** @enum {string} */
            state: "proven" | "erased";
            record?: number;
            log?: string;
            leaf?: number;
            tree_size?: number;
            root?: string;
            /** Format: date-time */
            stored?: string;
            vkey?: string;
            proof?: string;
        };
        ClientRow: {
            id: string;
            name: string;
            addresses: {
                kind: string;
                address: string;
            }[];
            names: {
                name: string;
                count: number;
            }[];
            messages: number;
            channels: string[];
            first: string | null;
            /** Format: date-time */
            last: string;
        };
        Client: {
            id: string;
            name: string;
            addresses: {
                kind: string;
                address: string;
            }[];
            names: {
                name: string;
                count: number;
            }[];
            messages: number;
            channels: string[];
            first: string | null;
            /** Format: date-time */
            last: string;
            activity: {
                month: string;
                count: number;
            }[];
            conversations: {
                id: string;
                title: string;
                channel: string;
                messages: number;
                /** Format: date-time */
                last: string;
            }[];
        };
        Who: {
            id: string;
            name: string;
        };
        AuditRow: {
            record: number;
            /** Format: date-time */
            at: string;
            kind: string;
            who: components["schemas"]["Who"];
            what: string;
            peer: string;
            token?: string;
            about?: string;
            total?: number;
            words_hidden?: boolean;
            messages?: number;
            message?: number;
        };
        AuditPage: {
            items: components["schemas"]["AuditRow"][];
            cursor: string | null;
        };
        OwnAuditPage: {
            addresses: string[];
            items: components["schemas"]["AuditRow"][];
            cursor: string | null;
        };
        Upload: {
            id: string;
            name: string;
            size: number;
            offset: number;
            /** Format: date-time */
            begun: string;
            modified: string | null;
        };
        Refusal: {
            item: string;
            reason: string;
            code: string;
            values: string[];
        };
        Import: {
            seen: number;
            stored: number;
            duplicates: number;
            refused: number;
            pending: number;
            marked: number;
            id: string;
            /** @enum {string} */
            state: "waiting" | "running" | "indexing" | "verifying" | "done" | "stopped" | "failed";
            files: {
                name: string;
                size: number;
            }[];
            input: string;
            bytes: number;
            bytes_all: number;
            rate: number;
            left_s: number;
            searchable: number;
            refusals: components["schemas"]["Refusal"][];
            error: string;
            error_code: string;
            verified: {
                ok: boolean;
                records: number;
                problem: string;
            } | null;
        };
        Source: {
            seen: number;
            stored: number;
            duplicates: number;
            refused: number;
            pending: number;
            marked: number;
            id: string;
            source: string;
            title: string;
            channel: string;
            files: number;
            runs: number;
            unfinished_runs: number;
            messages: number;
            balanced: boolean;
            last: string | null;
            retry_until: string | null;
        };
        SourceTotal: {
            seen: number;
            stored: number;
            duplicates: number;
            refused: number;
            pending: number;
            marked: number;
            files: number;
            balanced: boolean;
        };
        Scope: {
            everything?: boolean;
            clients?: string[];
            employees?: string[];
            groups?: string[];
            channels?: string[];
            sources?: string[];
            from?: string | null;
            until?: string | null;
        };
        Grant: {
            role: string;
            scope?: components["schemas"]["Scope"];
            from?: string | null;
            until?: string | null;
            reason?: string;
            by?: string;
        };
        User: {
            id: string;
            login: string;
            name: string;
            email: string;
            active: boolean;
            roles: string[];
            groups: string[];
            grants: components["schemas"]["Grant"][];
            addresses: string[];
            second_factor: boolean;
            passkeys: number;
            /** Format: date-time */
            created: string;
            last_seen: string | null;
        };
        Changed: {
            id: string;
            asked?: boolean;
        };
        Invited: {
            id: string;
            asked?: boolean;
            invite?: string;
        };
        Role: {
            name: string;
            rights: string[];
        };
        Token: {
            id: string;
            name: string;
            user: string;
            rights: string[];
            until: string | null;
            /** Format: date-time */
            created: string;
        };
        SavedSearch: {
            id: string;
            name: string;
            query: string;
            own: boolean;
        };
        Group: {
            id: string;
            name: string;
            grants: components["schemas"]["Grant"][];
            members: components["schemas"]["Who"][];
        };
        WantedChange: {
            name?: string;
            email?: string;
            locale?: string;
            addresses?: string[];
            external?: string[][];
            change: string;
            user?: components["schemas"]["Who"];
            new_user?: {
                login: string;
                name: string;
                email?: string;
                locale?: string;
                addresses?: string[];
                groups?: string[];
                grants?: components["schemas"]["Grant"][];
                external?: string[][];
            };
            described?: {
                name: string;
                email?: string;
                locale: string;
                addresses: string[];
                external: string[][];
            };
            grants?: components["schemas"]["Grant"][];
            groups?: string[];
            active?: boolean;
            group?: {
                id?: string;
                name: string;
                grants: components["schemas"]["Grant"][];
            };
            members?: string[];
            invitation?: {
                user: string;
                by: string;
                new_factor?: boolean;
            };
        };
        Approval: {
            id: string;
            action: string;
            what: string;
            change: components["schemas"]["WantedChange"] | null;
            reason: string;
            by: components["schemas"]["Who"];
            /** Format: date-time */
            at: string;
            /** Format: date-time */
            from: string;
            /** Format: date-time */
            until: string;
            alone: boolean;
            own: boolean;
            may_decide: boolean;
            may_do: boolean;
            /** @enum {string} */
            state: "waiting" | "approved" | "refused" | "used" | "expired";
            decided_by: string;
        };
        Integrity: {
            /** @enum {string} */
            state: "ok" | "unchecked" | "fault";
            checked_at: string | null;
            records: number | null;
            problems: string[];
        };
        Archive: {
            company: string;
            demo: boolean;
            messages: number;
            conversations: number | null;
            sources: number | null;
            records: number | null;
            /** Format: date-time */
            created: string;
            books: {
                balanced: boolean;
            };
            integrity: components["schemas"]["Integrity"];
            checklist: {
                id: string;
                done: boolean;
            }[];
        };
        Storage: {
            items: {
                name: string;
                bytes: number;
            }[];
            bytes: number;
            free: number;
            total: number;
        };
        Keys: {
            /** @enum {string} */
            unlock: "passphrase" | "key_file";
            generation: number;
            /** Format: date-time */
            rotated_at: string;
            /** Format: date-time */
            rotation_due: string;
            sheet_checked_at: string | null;
            counts: {
                purpose: string;
                count: number;
            }[];
            logs: {
                name: string;
                key: string;
            }[];
        };
        Job: {
            id: string;
            kind: string;
            /** @enum {string} */
            state: "waiting" | "running" | "done" | "stopped" | "failed";
            started: string | null;
            finished: string | null;
            done: number;
            of: number;
            note: string;
            may_stop: boolean;
        };
        Own: {
            items: string[];
            set: boolean;
            proposed: string[];
            known: string[];
        };
        Problem: {
            type: string;
            title: string;
            status: number;
            code: string;
            detail: string;
            id: string;
            hint?: string;
            at?: number;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type Health = components['schemas']['Health'];
export type Setup = components['schemas']['Setup'];
export type Sheet = components['schemas']['Sheet'];
export type Totp = components['schemas']['Totp'];
export type Session = components['schemas']['Session'];
export type SessionRow = components['schemas']['SessionRow'];
export type Ways = components['schemas']['Ways'];
export type SecondStep = components['schemas']['SecondStep'];
export type EnrolStep = components['schemas']['EnrolStep'];
export type RecoveryCodes = components['schemas']['RecoveryCodes'];
export type PasskeyMade = components['schemas']['PasskeyMade'];
export type PasskeyAsked = components['schemas']['PasskeyAsked'];
export type Passkey = components['schemas']['Passkey'];
export type Account = components['schemas']['Account'];
export type Oidc = components['schemas']['Oidc'];
export type Ldap = components['schemas']['Ldap'];
export type SignInSettings = components['schemas']['SignInSettings'];
export type WantedOidc = components['schemas']['WantedOidc'];
export type WantedLdap = components['schemas']['WantedLdap'];
export type Person = components['schemas']['Person'];
export type Piece = components['schemas']['Piece'];
export type Hit = components['schemas']['Hit'];
export type FacetValue = components['schemas']['FacetValue'];
export type Facets = components['schemas']['Facets'];
export type SearchPage = components['schemas']['SearchPage'];
export type Suggestion = components['schemas']['Suggestion'];
export type TimelineRow = components['schemas']['TimelineRow'];
export type Party = components['schemas']['Party'];
export type Conversation = components['schemas']['Conversation'];
export type Part = components['schemas']['Part'];
export type Attachment = components['schemas']['Attachment'];
export type Preview = components['schemas']['Preview'];
export type Version = components['schemas']['Version'];
export type Message = components['schemas']['Message'];
export type Proof = components['schemas']['Proof'];
export type ClientRow = components['schemas']['ClientRow'];
export type Client = components['schemas']['Client'];
export type Who = components['schemas']['Who'];
export type AuditRow = components['schemas']['AuditRow'];
export type AuditPage = components['schemas']['AuditPage'];
export type OwnAuditPage = components['schemas']['OwnAuditPage'];
export type Upload = components['schemas']['Upload'];
export type Refusal = components['schemas']['Refusal'];
export type Import = components['schemas']['Import'];
export type Source = components['schemas']['Source'];
export type SourceTotal = components['schemas']['SourceTotal'];
export type Scope = components['schemas']['Scope'];
export type Grant = components['schemas']['Grant'];
export type User = components['schemas']['User'];
export type Changed = components['schemas']['Changed'];
export type Invited = components['schemas']['Invited'];
export type Role = components['schemas']['Role'];
export type Token = components['schemas']['Token'];
export type SavedSearch = components['schemas']['SavedSearch'];
export type Group = components['schemas']['Group'];
export type WantedChange = components['schemas']['WantedChange'];
export type Approval = components['schemas']['Approval'];
export type Integrity = components['schemas']['Integrity'];
export type Archive = components['schemas']['Archive'];
export type Storage = components['schemas']['Storage'];
export type Keys = components['schemas']['Keys'];
export type Job = components['schemas']['Job'];
export type Own = components['schemas']['Own'];
export type Problem = components['schemas']['Problem'];
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
