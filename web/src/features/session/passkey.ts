// SPDX-License-Identifier: AGPL-3.0-or-later
// A passkey's answer, in the base64url that the server reads.
export interface Options { challenge: string; rpId: string; allowCredentials: (string | { id: string })[]; timeout?: number }

const bytes = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
const text = (buffer: ArrayBuffer): string => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

export const passkeysHere = (): boolean => typeof PublicKeyCredential !== "undefined" && isSecureContext;

export async function assertion(options: Options): Promise<{ id: string; authenticatorData: string; clientDataJSON: string; signature: string }> {
  const credential = (await navigator.credentials.get({
    publicKey: {
      challenge: bytes(options.challenge),
      rpId: options.rpId,
      allowCredentials: options.allowCredentials.map((one) => ({ type: "public-key" as const, id: bytes(typeof one === "string" ? one : one.id) })),
      timeout: options.timeout ?? 60_000,
      userVerification: "preferred",
    },
  })) as PublicKeyCredential | null;
  if (!credential) throw new Error("no passkey");
  const answer = credential.response as AuthenticatorAssertionResponse;
  return { id: credential.id, authenticatorData: text(answer.authenticatorData), clientDataJSON: text(answer.clientDataJSON), signature: text(answer.signature) };
}
