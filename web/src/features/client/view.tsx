// SPDX-License-Identifier: AGPL-3.0-or-later
export function ClientsRoom() { return <p />; }
export function ClientRoom() { return <p />; }
