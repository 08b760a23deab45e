#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cobblestone-256 (c2sp.org/chunked-encryption, SHA-512 and AEAD_AES_256_GCM) a second time: Python's standard library and the openssl
program, which has AES-256-CTR and AES-256-ECB but no GCM on its command line, so GCM (NIST SP 800-38D) is written out here.

  chunked.py vectors FILE   checks a file of vectors (README.md)
  chunked.py make           prints vectors of our own
"""
import hashlib
import hmac
import re
import subprocess
import sys

CHUNK = 16384


def openssl(cipher, key, data, iv=None):
    command = ["openssl", "enc", "-" + cipher, "-K", key.hex(), "-nopad"] + (["-iv", iv.hex()] if iv is not None else [])
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout


def times(x, y):
    z = 0
    for i in range(127, -1, -1):
        if x >> i & 1:
            z ^= y
        y = y >> 1 ^ (0xe1 << 120 if y & 1 else 0)
    return z


def ghash(h, ciphertext):
    # 16 tables of 256 products make the field multiplication bearable.
    tables = [[0] * 256 for _ in range(16)]
    for place in range(16):
        base = [times(1 << (8 * place + bit), h) for bit in range(8)]
        for value in range(256):
            for bit in range(8):
                if value >> bit & 1:
                    tables[place][value] ^= base[bit]
    y = 0
    padded = ciphertext + bytes(-len(ciphertext) % 16) + (0).to_bytes(8, "big") + (8 * len(ciphertext)).to_bytes(8, "big")
    for at in range(0, len(padded), 16):
        y ^= int.from_bytes(padded[at:at + 16], "big")
        y = xor_all(tables[place][y >> 8 * place & 255] for place in range(16))
    return y.to_bytes(16, "big")


def xor_all(values):
    out = 0
    for value in values:
        out ^= value
    return out


def gcm(key, nonce, data):
    """CTR over the data, and the tag of `ciphertext` as a function, so that one routine serves both ways."""
    def tag(ciphertext):
        h = int.from_bytes(openssl("aes-256-ecb", key, bytes(16)), "big")
        mask = openssl("aes-256-ecb", key, nonce + b"\0\0\0\1")
        return bytes(a ^ b for a, b in zip(ghash(h, ciphertext), mask))
    out = openssl("aes-256-ctr", key, data, nonce + b"\0\0\0\2") if data else b""
    return out, tag


def derive(key, salt, context):
    info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0" + salt + context
    first = hmac.new(key, info + b"\1", hashlib.sha512).digest()
    both = first + hmac.new(key, first + info + b"\2", hashlib.sha512).digest()
    return both[:32], int.from_bytes(both[32:44], "big"), both[44:76]


def seal(key, salt, context, plaintext):
    aead, base, commitment = derive(key, salt, context)
    out = salt + commitment
    for number in range(len(plaintext) // CHUNK + 1):
        ciphertext, tag = gcm(aead, (base ^ number).to_bytes(12, "big"), plaintext[number * CHUNK:(number + 1) * CHUNK])
        out += ciphertext + tag(ciphertext)
    return out


def unseal(key, context, sealed):
    """The plaintext, or None."""
    if len(sealed) < 56:
        return None
    aead, base, commitment = derive(key, sealed[:24], context)
    if commitment != sealed[24:56]:
        return None
    rest, out, number = sealed[56:], b"", 0
    while True:
        chunk, rest = rest[:CHUNK + 16], rest[CHUNK + 16:]
        if len(chunk) < 16:
            return None
        plaintext, tag = gcm(aead, (base ^ number).to_bytes(12, "big"), chunk[:-16])
        if tag(chunk[:-16]) != chunk[-16:]:
            return None
        out += plaintext
        number += 1
        if len(chunk) < CHUNK + 16:
            return out if not rest else None


def with_runs(text):
    return bytes.fromhex(re.sub(r"\((\d+)\*(..)\)", lambda run: run[2] * int(run[1]), "" if text == "-" else text))


def check(path):
    wrong = 0
    with open(path, encoding="ascii") as lines:
        for line in lines:
            number, result, key, context, sealed, size, digest = line.split()
            opened = unseal(bytes.fromhex(key), b"" if context == "-" else bytes.fromhex(context), with_runs(sealed))
            right = opened is None if result == "invalid" else (
                opened is not None and len(opened) == int(size) and hashlib.sha512(opened).hexdigest() == digest)
            wrong += not right
            print(number, result, "ok" if right else "WRONG")
    return wrong


def make():
    key, salt = bytes(range(32)), bytes(range(100, 124))
    cases = [(b"", b""), (b"ca/obj/v1", b"letopis"), (b"ca/obj/v1\0\xff", bytes(range(256)) * 2), (b"c" * 3000, b"long context"),
             (b"", b"\0" * 100)]
    for number, (context, plaintext) in enumerate(cases, 1):
        print(number, "valid", key.hex(), context.hex() or "-", seal(key, salt, context, plaintext).hex(), len(plaintext),
              hashlib.sha512(plaintext).hexdigest())


if __name__ == "__main__":
    if sys.argv[1:] == ["make"]:
        make()
    elif len(sys.argv) == 3 and sys.argv[1] == "vectors":
        sys.exit(1 if check(sys.argv[2]) else 0)
    else:
        sys.exit(__doc__)
