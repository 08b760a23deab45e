# SPDX-License-Identifier: AGPL-3.0-or-later
"""A passkey in software (WebAuthn level 2, ES256), which can be told to lie in every way that a thief would try."""
import base64
import hashlib
import json
import os
import struct

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec


def b64(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def cbor(value):
    """RFC 8949, as much of it as an attestation object needs."""
    def head(major, number):
        if number < 24:
            return bytes([major << 5 | number])
        return bytes([major << 5 | 24, number]) if number < 256 else bytes([major << 5 | 25]) + struct.pack(">H", number)
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    return head(5, len(value)) + b"".join(cbor(key) + cbor(one) for key, one in value.items())


class Authenticator:
    """One passkey. `counter` is what it says next; None: it never counts."""

    def __init__(self, counter=1):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id, self.counter = os.urandom(32), counter

    def data(self, site, flags, attested=b"", count=None):
        number = self.counter if count is None else count
        if count is None and self.counter:
            self.counter += 1
        return hashlib.sha256(site.encode()).digest() + bytes([flags]) + struct.pack(">I", number or 0) + attested

    @staticmethod
    def client(kind, challenge, origin, **more):
        return json.dumps({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False, **more}).encode()

    def create(self, options, origin, site=None, verified=True):
        numbers = self.key.public_key().public_numbers()
        key = cbor({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})
        attested = bytes(16) + struct.pack(">H", len(self.id)) + self.id + key
        data = self.data(site or options["rp"]["id"], 0x41 | (4 if verified else 0), attested)
        return {"id": b64(self.id), "rawId": b64(self.id), "type": "public-key", "response": {
            "clientDataJSON": b64(self.client("webauthn.create", options["challenge"], origin)),
            "attestationObject": b64(cbor({"fmt": "none", "attStmt": {}, "authData": data}))}}

    def get(self, options, origin, site=None, verified=True, count=None, kind="webauthn.get", spoil=False, challenge=None, **more):
        client = self.client(kind, challenge or options["challenge"], origin, **more)
        data = self.data(site or options["rpId"], 1 | (4 if verified else 0), count=count)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        if spoil:
            signature = signature[:-1] + bytes([signature[-1] ^ 1])
        return {"id": b64(self.id), "rawId": b64(self.id), "type": "public-key", "response": {
            "clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature)}}
