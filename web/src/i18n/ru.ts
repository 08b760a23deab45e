// SPDX-License-Identifier: AGPL-3.0-or-later
import { account } from "./ru/account";
import { admin } from "./ru/admin";
import { audit } from "./ru/audit";
import { client } from "./ru/client";
import { common } from "./ru/common";
import { conversation } from "./ru/conversation";
import { people } from "./ru/people";
import { reasons } from "./ru/reasons";
import { search } from "./ru/search";
import { session } from "./ru/session";
import { shell } from "./ru/shell";
import { sources } from "./ru/sources";
import { start } from "./ru/start";
import { wrong } from "./ru/wrong";

export const ru = { ...common, ...shell, ...session, ...start, ...people, ...search, ...conversation, ...client, ...sources, ...admin, ...account, ...audit, ...reasons, ...wrong };
