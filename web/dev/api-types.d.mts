// SPDX-License-Identifier: AGPL-3.0-or-later
export const description: URL;
export const types: URL;
export function generated(): Promise<string>;
