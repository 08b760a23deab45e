// SPDX-License-Identifier: AGPL-3.0-or-later
import type { audit as ru } from "../ru/audit";

export const audit: Record<keyof typeof ru, string> = {
  "audit.keys": "keys",
  "audit.said.clients": "list of clients",
  "audit.said.clients.of": "clients: {text}",
  "audit.said.client": "client: {text}",
  "audit.said.preview": "attachment {n} on the screen",
  "audit.said.preview.page": "attachment {n}, page {page}",
  "audit.said.session": "ended a session of {text}",
  "audit.said.sessions": "ended the sessions of {text}",
  "audit.said.provider": "the provider refused: {text}",
  "audit.said.elsewhere": "from another page: {text}",
  "audit.what.own password refused": "own old password did not fit",
  "audit.what.passkey refused": "passkey did not fit",
  "audit.what.provider: nobody here": "the provider named somebody who is not here",
  "audit.what.other sessions ended": "ended their other sessions",
  "audit.what.sessions of another person": "sessions of another person",
  "audit.what.rotated": "common key changed",
  "audit.what.sheet checked": "recovery sheet checked",
  "audit.what.sheet did not fit": "recovery sheet did not fit",
  "change.enrolled": "First sign-in",
  "change.totp_removed": "Codes from an app removed",
  "change.sign_in_set": "Ways of signing in",
  "change.preferences": "Look and keys",
};
