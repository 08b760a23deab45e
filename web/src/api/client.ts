// SPDX-License-Identifier: AGPL-3.0-or-later
// The only place that talks to the server.
import { Problem } from "./problem";

export const base = "/api/v1";

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
type Query = Record<string, string | number | undefined | null | false>;

interface Call {
  query?: Query;
  body?: unknown;
  bytes?: Blob;
  signal?: AbortSignal;
  key?: string;
}

// What to do when the session has ended, and when an act wants a fresh second factor; the session feature fills these in.
export const hooks: { ended: () => void; stepUp: () => Promise<boolean> } = { ended: () => {}, stepUp: () => Promise.resolve(false) };

export function address(path: string, query: Query = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== false && value !== "") params.set(name, String(value));
  }
  const text = params.toString();
  return base + path + (text ? `?${text}` : "");
}

async function problemOf(response: Response): Promise<Problem> {
  const retry = Number(response.headers.get("Retry-After") ?? 0);
  try {
    return new Problem(response.status, (await response.json()) as object, retry);
  } catch {
    return new Problem(response.status, { title: response.statusText }, retry);
  }
}

async function send(method: Method, path: string, call: Call): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json" };
  const init: RequestInit = { method, headers, credentials: "same-origin", cache: "no-store" };
  if (method !== "GET") headers["X-Letopis"] = "1";
  if (method === "POST") headers["Idempotency-Key"] = call.key ?? crypto.randomUUID?.() ?? String(Math.random());
  if (call.bytes) {
    headers["Content-Type"] = "application/octet-stream";
    init.body = call.bytes;
  } else if (call.body !== undefined) {
    headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(call.body);
  }
  if (call.signal) init.signal = call.signal;
  return fetch(address(path, call.query), init);
}

async function request<T>(method: Method, path: string, call: Call = {}): Promise<T> {
  let response = await send(method, path, call);
  if (response.status === 403 || response.status === 401) {
    const problem = await problemOf(response);
    if (problem.code === "step_up_required" && (await hooks.stepUp())) response = await send(method, path, call);
    else {
      const signingIn = path.startsWith("/session") || path.startsWith("/setup") || path.startsWith("/join");
      if (problem.status === 401 && !signingIn) hooks.ended();
      throw problem;
    }
  }
  if (!response.ok) throw await problemOf(response);
  if (response.status === 204) return undefined as T;
  const text = await response.text();
  return (text ? JSON.parse(text) : {}) as T;
}

export const api = {
  get: <T>(path: string, query?: Query, signal?: AbortSignal) => request<T>("GET", path, { ...(query && { query }), ...(signal && { signal }) }),
  post: <T>(path: string, body?: unknown, signal?: AbortSignal) => request<T>("POST", path, { body: body ?? {}, ...(signal && { signal }) }),
  put: <T>(path: string, body?: unknown) => request<T>("PUT", path, { body: body ?? {} }),
  patch: <T>(path: string, body?: unknown) => request<T>("PATCH", path, { body: body ?? {} }),
  delete: <T>(path: string) => request<T>("DELETE", path),
  bytes: <T>(path: string, query: Query, bytes: Blob, signal?: AbortSignal) => request<T>("PATCH", path, { query, bytes, ...(signal && { signal }) }),
  text: async (path: string, signal?: AbortSignal): Promise<string> => {
    const response = await fetch(address(path), { credentials: "same-origin", ...(signal && { signal }) });
    if (!response.ok) throw await problemOf(response);
    return response.text();
  },
};
