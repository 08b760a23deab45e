// SPDX-License-Identifier: AGPL-3.0-or-later
import { account } from "./en/account";
import { admin } from "./en/admin";
import { audit } from "./en/audit";
import { client } from "./en/client";
import { common } from "./en/common";
import { conversation } from "./en/conversation";
import { people } from "./en/people";
import { reasons } from "./en/reasons";
import { search } from "./en/search";
import { session } from "./en/session";
import { shell } from "./en/shell";
import { sources } from "./en/sources";
import { start } from "./en/start";
import { wrong } from "./en/wrong";
import type { ru } from "./ru";

export const en: Record<keyof typeof ru, string> = { ...common, ...shell, ...session, ...start, ...people, ...search, ...conversation, ...client, ...sources, ...admin, ...account, ...audit, ...reasons, ...wrong };
