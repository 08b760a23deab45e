// SPDX-License-Identifier: AGPL-3.0-or-later
import { t } from "../lib/i18n";
import { toast } from "./float";

export const absolute = (path: string): string => new URL(path, location.href).href;

export async function copy(text: string, said = t("link.copied")): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(said);
  } catch {
    prompt(said, text);  // no clipboard without an encrypted connection: the text can be taken by hand
  }
}
