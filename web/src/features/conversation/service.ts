// SPDX-License-Identifier: AGPL-3.0-or-later
// What a messenger itself says in a chat, in the reader's language. An action that the page does not know keeps its name, in plain letters.
import type { Message } from "../../api/types";
import { t, table, type Key } from "../../lib/i18n";

export function serviceText({ service, from }: Pick<Message, "service" | "from">): string {
  const action = service ?? "";
  const key = `service.${action}`;
  const said = key in table.value ? t(key as Key) : action.replaceAll("_", " ");
  return from.name ? `${from.name}: ${said.charAt(0).toLowerCase()}${said.slice(1)}` : said;
}
