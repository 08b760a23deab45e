// SPDX-License-Identifier: AGPL-3.0-or-later
// The rooms, in order of daily use. A room without a right is absent.
import type { Key } from "../../lib/i18n";
import { adminRights, type Right } from "../../lib/rights";
import type { IconName } from "../../ui/icon";

export interface Room { id: string; href: string; icon: IconName; name: Key; rights: Right[]; group: 1 | 2; key: string; paths: string[] }

export const rooms: Room[] = [
  { id: "search", href: "/search", icon: "search", name: "room.search", rights: ["search"], group: 1, key: "KeyS", paths: ["search", "conversation", "message"] },
  { id: "clients", href: "/clients", icon: "users", name: "room.clients", rights: ["read"], group: 1, key: "KeyC", paths: ["clients", "client"] },
  { id: "sources", href: "/sources", icon: "plug", name: "room.sources", rights: ["sources_view", "import_messages"], group: 2, key: "KeyB", paths: ["sources"] },
  { id: "admin", href: "/admin", icon: "settings", name: "room.admin", rights: adminRights, group: 2, key: "KeyM", paths: ["admin"] },
];
