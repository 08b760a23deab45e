// SPDX-License-Identifier: AGPL-3.0-or-later
// RFC 9457: what went wrong, as the server says it.
export type Code =
  | "invalid" | "not_found" | "forbidden" | "unauthenticated" | "second_factor_required" | "step_up_required" | "approval_required" | "sheet_required" | "wrong_key" | "conflict" | "too_large"
  | "too_many" | "setup_required" | "locked" | "unavailable" | "internal" | "offline";

interface Body {
  title?: string;
  detail?: string;
  code?: Code;
  id?: string;
  at?: number;
  hint?: string;
  who?: string;
}

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly body: Body,
    readonly retryAfter = 0,
  ) {
    super(body.detail ?? body.title ?? String(status));
    this.name = "Problem";
  }
  get code(): Code {
    return this.body.code ?? "internal";
  }
  static from(error: unknown): Problem {
    if (error instanceof Problem) return error;
    return new Problem(0, { code: "offline", detail: error instanceof Error ? error.message : String(error) });
  }
}
