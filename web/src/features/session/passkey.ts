// SPDX-License-Identifier: AGPL-3.0-or-later
// What the browser does with a passkey: JSON of the server in, JSON of WebAuthn level 3 (toJSON) out, also where the browser is of level 2.
interface Known { type: "public-key"; id: string }
export interface AskOptions { challenge: string; rpId: string; allowCredentials: Known[]; timeout: number }
export interface MakeOptions {
  rp: { id: string; name: string };
  user: { id: string; name: string; displayName: string };
  challenge: string;
  pubKeyCredParams: { type: "public-key"; alg: number }[];
  timeout: number;
  excludeCredentials: Known[];
}
export interface Shown { id: string; rawId: string; type: string; response: Record<string, string> }

export const bytes = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
export const text = (buffer: ArrayBuffer): string => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const known = (list: Known[]) => list.map(({ id }) => ({ type: "public-key" as const, id: bytes(id) }));

export const passkeysHere = (): boolean => typeof PublicKeyCredential !== "undefined" && isSecureContext;

// The person turned away, or had no passkey here: nothing went wrong.
export const turnedAway = (error: unknown): boolean => error instanceof DOMException && (error.name === "NotAllowedError" || error.name === "AbortError");

function shown(credential: Credential | null, response: (from: AuthenticatorResponse) => Record<string, string>): Shown {
  const key = credential as PublicKeyCredential | null;
  if (!key) throw new DOMException("no passkey", "NotAllowedError");
  return { id: key.id, rawId: text(key.rawId), type: key.type, response: { clientDataJSON: text(key.response.clientDataJSON), ...response(key.response) } };
}

export async function assertion(options: AskOptions): Promise<Shown> {
  const credential = await navigator.credentials.get({
    publicKey: { challenge: bytes(options.challenge), rpId: options.rpId, allowCredentials: known(options.allowCredentials), timeout: options.timeout, userVerification: "required" },
  });
  return shown(credential, (from) => {
    const { authenticatorData, signature } = from as AuthenticatorAssertionResponse;
    return { authenticatorData: text(authenticatorData), signature: text(signature) };
  });
}

export async function registration(options: MakeOptions): Promise<Shown> {
  const { challenge, user, excludeCredentials, ...rest } = options;
  const credential = await navigator.credentials.create({
    publicKey: {
      ...rest, challenge: bytes(challenge), user: { ...user, id: bytes(user.id) }, excludeCredentials: known(excludeCredentials), attestation: "none",
      authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
    },
  });
  return shown(credential, (from) => ({ attestationObject: text((from as AuthenticatorAttestationResponse).attestationObject) }));
}
