// SPDX-License-Identifier: AGPL-3.0-or-later
import { expect, it, vi } from "vitest";
import { assertion, bytes, registration, text, turnedAway } from "./passkey";

const raw = (...numbers: number[]) => new Uint8Array(numbers).buffer;

it("bytes go to base64url and back", () => {
  for (const numbers of [[], [0], [251, 255, 254], [1, 2, 3, 4]]) expect([...bytes(text(raw(...numbers)))]).toEqual(numbers);
  expect(text(raw(251, 255, 254))).toBe("-__-");
});
it("what the server asks is asked of the browser, and its answer has the form of toJSON", async () => {
  const get = vi.fn(() => Promise.resolve({ id: "AQI", rawId: raw(1, 2), type: "public-key", response: { clientDataJSON: raw(1), authenticatorData: raw(2), signature: raw(3) } }));
  vi.stubGlobal("navigator", { credentials: { get } });
  const shown = await assertion({ challenge: "AQID", rpId: "archive.firm.example", allowCredentials: [{ type: "public-key", id: "AQI" }], timeout: 5 });
  expect(shown).toEqual({ id: "AQI", rawId: "AQI", type: "public-key", response: { clientDataJSON: "AQ", authenticatorData: "Ag", signature: "Aw" } });
  expect(get).toHaveBeenCalledWith({ publicKey: { challenge: bytes("AQID"), rpId: "archive.firm.example", allowCredentials: [{ type: "public-key", id: bytes("AQI") }], timeout: 5, userVerification: "required" } });
});
it("a new passkey must verify its user", async () => {
  const create = vi.fn((_: { publicKey: { authenticatorSelection: object } }) => Promise.resolve({ id: "AQI", rawId: raw(1, 2), type: "public-key", response: { clientDataJSON: raw(1), attestationObject: raw(2) } }));
  vi.stubGlobal("navigator", { credentials: { create } });
  const made = await registration({ rp: { id: "a", name: "A" }, user: { id: "AQ", name: "n", displayName: "N" }, challenge: "AQ", pubKeyCredParams: [], timeout: 5, excludeCredentials: [] });
  expect(made.response).toEqual({ clientDataJSON: "AQ", attestationObject: "Ag" });
  expect(create.mock.calls[0]?.[0].publicKey.authenticatorSelection).toEqual({ residentKey: "preferred", userVerification: "required" });
});
it("who turns away has done nothing wrong", async () => {
  vi.stubGlobal("navigator", { credentials: { get: () => Promise.resolve(null) } });
  const error = await assertion({ challenge: "AQ", rpId: "a", allowCredentials: [], timeout: 5 }).catch((one: unknown) => one);
  expect(turnedAway(error)).toBe(true);
  expect(turnedAway(new Error("x"))).toBe(false);
});
