#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""A second reader of keyring.<generation> (docs/formats/keyring.md): standard library, the openssl program, ../sealing/chunked.py."""
import glob
import hashlib
import hmac
import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "sealing"))
import chunked  # noqa: E402

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def hkdf(secret, info, size):
    extracted = hmac.new(bytes(32), secret, hashlib.sha256).digest()
    return hmac.new(extracted, info + b"\1", hashlib.sha256).digest()[:size]


def xaes_open(key, sealed, aad):
    """c2sp.org/XAES-256-GCM. GCM with additional data is chunked.py's GHASH over both, so it is written out once more here."""
    nonce, ciphertext, tag = sealed[:24], sealed[24:-16], sealed[-16:]
    doubled = int.from_bytes(chunked.openssl("aes-256-ecb", key, bytes(16)), "big") << 1
    mask = doubled ^ (1 << 128 | 0x87) if doubled >> 128 else doubled
    blocks = b"".join((int.from_bytes(b"\0" + bytes([i]) + b"X\0" + nonce[:12], "big") ^ mask).to_bytes(16, "big") for i in (1, 2))
    subkey = chunked.openssl("aes-256-ecb", key, blocks)
    h = int.from_bytes(chunked.openssl("aes-256-ecb", subkey, bytes(16)), "big")
    y = 0
    for part in (aad + bytes(-len(aad) % 16), ciphertext + bytes(-len(ciphertext) % 16), struct.pack(">QQ", 8 * len(aad), 8 * len(ciphertext))):
        for at in range(0, len(part), 16):
            y = chunked.times(y ^ int.from_bytes(part[at:at + 16], "big"), h)
    made = y ^ int.from_bytes(chunked.openssl("aes-256-ecb", subkey, nonce[12:] + b"\0\0\0\1"), "big")
    assert made.to_bytes(16, "big") == tag, "cannot be opened"
    return chunked.openssl("aes-256-ctr", subkey, ciphertext, nonce[12:] + b"\0\0\0\2")


def unwrap(key, wrapped, purpose, object_id):
    return xaes_open(key, wrapped[8:], b"ca/wrap/v1" + purpose + wrapped[:8] + object_id)


def root_from_sheet(text):
    digits = [ALPHABET.index(c) for c in "".join(text.split())]
    bits = "".join(f"{digit:05b}" for i, digit in enumerate(digits) if i % 5 != 4)
    root = int(bits[4:260], 2).to_bytes(32, "big")
    check = int.from_bytes(hashlib.sha256(b"letopis/recovery/v1" + root).digest()[:3], "big") >> 4
    assert bits[:4] == "0001" and int(bits[260:], 2) == check
    return root


def entries(body):
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = body[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value
    for _ in range(varint()):
        key_id, purpose, made = body[at:at + 8], body[at + 8], struct.unpack_from("<q", body, at + 9)[0]
        at += 17
        size = varint()
        label, wrapped = body[at:at + size], body[at + size:at + size + 80]
        at += size + 80
        yield key_id, purpose, made, label, wrapped
    assert at == len(body)


def main(folder):
    (path,) = glob.glob(os.path.join(folder, "keyring.*"))
    with open(path, "rb") as file:
        data = file.read()
    assert data[:8] == b"LTPSKEYS" and hashlib.sha256(data[:-32]).digest() == data[-32:]
    version, generation = struct.unpack_from("<HQ", data, 8)
    assert version == 1 and path.endswith(f".{generation}")
    key_file = os.path.join(folder, "key.txt")
    if os.path.exists(key_file):
        with open(key_file, encoding="ascii") as file:
            name, digits, check = file.read().strip().split(":")
        assert name == "letopis-key-1" and hashlib.sha256(f"{name}:{digits}".encode()).hexdigest()[:8] == check
        unlock = bytes.fromhex(digits)
        assert data[43:51] == hkdf(unlock, b"letopis/keyring/v1/unlock-id", 8)
        root = unwrap(unlock, data[43:123], b"keyring/root", data[18:43])
    else:
        with open(os.path.join(folder, "sheet.txt"), encoding="ascii") as file:
            root = root_from_sheet(file.read())
    body = chunked.unseal(hkdf(root, b"letopis/keyring/v1/body", 32), data[:123], data[123:-32])
    assert body is not None, "the entries cannot be opened"
    found, epoch = [], None
    for key_id, purpose, made, label, wrapped in entries(body):
        if purpose == 1:
            assert wrapped[:8] == hkdf(root, b"letopis/keyring/v1/root-id", 8)
            epoch, epoch_id = unwrap(root, wrapped, b"keyring/epoch", key_id + b"\1"), key_id
            continue
        assert wrapped[:8] == epoch_id
        secret = unwrap(epoch, wrapped, b"keyring/key", key_id + bytes([purpose]))
        found.append(f"{key_id.hex()} {purpose} {made // 1000000} {label.decode() or '-'} {secret.hex()}")
    with open(os.path.join(folder, "keys.txt"), encoding="utf-8") as file:
        assert file.read().splitlines() == found
    print(f"{folder}: generation {generation}, {len(found)} keys, all as written down")


if __name__ == "__main__":
    for name in sys.argv[1:] or sorted(glob.glob(os.path.join(HERE, "v*"))):
        main(name)
