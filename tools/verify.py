#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Checks what a Letopis archive exports, without Letopis: Python 3 and the openssl program are enough.

  verify.py checkpoint FILE --vkey KEY
      Is the head of the log signed by this key?
  verify.py proof FILE.tlog-proof --vkey KEY [--message FILE.eml] [--descriptor FILE.json]
                                             [--object FILE | --object-sha256 HEX] [--entry FILE] [--type N]
      Does this record stand in the log, and are these the bytes that were archived?
  verify.py consistency OLD NEW --tiles DIR --vkey KEY
      Did the log with head NEW grow out of the log with head OLD, nothing changed, nothing removed?

KEY is the verifier key of the log ("name+hash+base64") or a file that holds it. Take it from somewhere
else than the export: from the contract, from the company's site, from an earlier letter.
The last line says the result; the exit code is 0 for "Verified." and 1 otherwise (2: wrong usage).

Written from the specifications alone: C2SP signed-note, tlog-checkpoint, tlog-proof and tlog-tiles, RFC 6962,
RFC 9162 section 2.1 and docs/formats/entry.md.
"""
import argparse
import base64
import hashlib
import json
import os
import subprocess
import sys
import tempfile

LIMIT_TEXT = 512 * 1024  # a note, a proof
LIMIT_DATA = 1 << 30  # a message, its descriptor, a stored object
TYPES = {1: "message event", 2: "object", 3: "auth-result", 4: "coverage", 5: "hold", 6: "policy",
         7: "disposal-intent", 8: "disposal-done", 9: "export", 10: "rewrap", 11: "anchor", 12: "access",
         13: "state change", 14: "job intent or outcome", 15: "derived text", 16: "source context"}


class Refused(Exception):
    """What is wrong, as a sentence for the reader."""


def sha256(*parts):
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.digest()


def read_file(path, limit):
    try:
        with open(path, "rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise Refused(f"The file {path} cannot be read: {error.strerror}.") from None
    if len(data) > limit:
        raise Refused(f"The file {path} is larger than {limit} bytes.")
    return data


def from_base64(text, what):
    """Strict: exactly the form that encoding gives."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        data = None
    if data is None or base64.b64encode(data) != text:
        raise Refused(f"{what} is not base64.")
    return data


def from_decimal(text, what):
    if not text.isdigit() or len(text) > 19 or (len(text) > 1 and text[:1] == b"0") or int(text) >> 63:
        raise Refused(f"{what} is not a number.")
    return int(text)


def from_hex(text, what):
    if not isinstance(text, str) or len(text) != 64 or any(c not in "0123456789abcdef" for c in text):
        raise Refused(f"{what} is not a SHA-256 in lower-case hexadecimal digits.")
    return bytes.fromhex(text)


def valid_name(name):
    return name != "" and "+" not in name and not any(c.isspace() or ord(c) < 32 or ord(c) == 127 for c in name)


class Key:
    """A verifier key: name+hash+base64(type | Ed25519 public key)."""

    def __init__(self, text):
        if "+" not in text and os.path.exists(text):
            text = read_file(text, 4096).decode("utf-8", "replace").strip()
        parts = text.split("+", 2)
        if len(parts) != 3 or not valid_name(parts[0]):
            raise Refused("The verifier key has not the form name+hash+base64.")
        data = from_base64(parts[2].encode("utf-8", "surrogateescape"), "The verifier key")
        if len(data) != 33 or data[0] != 1:
            raise Refused("The verifier key is not an Ed25519 key.")
        self.name = parts[0]
        self.id = sha256(self.name.encode("utf-8", "surrogateescape"), b"\n", data)[:4]
        self.public = data[1:]
        if self.id.hex() != parts[1]:
            raise Refused("The hash in the verifier key does not fit the key.")


SEEN = {}  # signatures verified before in this process


def ed25519_verify(public, message, signature):
    question = sha256(public, sha256(message), signature)
    if question not in SEEN:
        with tempfile.TemporaryDirectory() as folder:
            paths = [os.path.join(folder, name) for name in ("key", "message", "signature")]
            der = bytes.fromhex("302a300506032b6570032100") + public  # RFC 8410
            for path, data in zip(paths, (der, message, signature)):
                with open(path, "wb") as file:
                    file.write(data)
            command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", paths[0],
                       "-rawin", "-in", paths[1], "-sigfile", paths[2]]
            try:
                done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
            except OSError:
                raise Refused("The program openssl is needed and cannot be started.") from None
        SEEN[question] = done.returncode == 0
    return SEEN[question]


def open_note(note, key):
    """The text of a note that this key has signed."""
    if len(note) > LIMIT_TEXT:
        raise Refused("The signed note is too large.")
    try:
        note.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("The signed note is not UTF-8 text.") from None
    if any(byte < 0x20 and byte != 0x0A for byte in note):
        raise Refused("The signed note contains control characters.")
    gap = note.rfind(b"\n\n")
    if gap < 0 or not note.endswith(b"\n") or len(note) == gap + 2:
        raise Refused("The head of the log carries no signature.")
    text, lines, signed = note[:gap + 1], note[gap + 2:-1].split(b"\n"), False
    if len(lines) > 64:
        raise Refused("The signed note has too many signatures.")
    for line in lines:
        parts = line.split(b" ")
        if len(parts) != 3 or parts[0] != "\u2014".encode() or not valid_name(parts[1].decode()):
            raise Refused("A line of the signed note is not a signature.")
        data = from_base64(parts[2], "A signature")
        if len(data) < 5:
            raise Refused("A signature is too short.")
        if parts[1].decode() != key.name or data[:4] != key.id:
            continue  # by somebody else, a witness for example
        if len(data) != 68 or not ed25519_verify(key.public, text, data[4:]):
            raise Refused(f"The signature by {key.name} does not verify: the head of the log was changed.")
        signed = True
    if not signed:
        raise Refused(f"The head of the log is not signed by {key.name} with this key.")
    return text


def open_checkpoint(note, key):
    """(size, root) of a log's signed head."""
    lines = open_note(note, key)[:-1].split(b"\n")
    if len(lines) < 3 or b"" in lines:
        raise Refused("The signed note is not the head of a log.")
    if lines[0].decode() != key.name:
        raise Refused(f"The head is of the log {lines[0].decode()}, the key of {key.name}.")
    root = from_base64(lines[2], "The root of the log")
    if len(root) != 32:
        raise Refused("The root of the log is not a SHA-256.")
    return from_decimal(lines[1], "The size of the log"), root


def node(left, right):
    return sha256(b"\x01", left, right)


def root_from_path(leaf, index, size, path):
    """RFC 9162 section 2.1.3.2; None when the path does not fit the place."""
    if index >= size:
        return None
    at, last, value = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if at & 1 or at == last:
            value = node(sibling, value)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            value = node(value, sibling)
        at, last = at >> 1, last >> 1
    return value if last == 0 else None


def grew(old_size, old_root, new_size, new_root, path):
    """RFC 9162 section 2.1.4.2."""
    if old_size == new_size or old_size == 0:
        return not path and old_root == (new_root if old_size == new_size else sha256(b""))
    path = ([old_root] if old_size & (old_size - 1) == 0 else []) + path
    if old_size > new_size or not path:
        return False
    at, last = old_size - 1, new_size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old_value = new_value = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old_value, new_value = node(sibling, old_value), node(sibling, new_value)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new_value = node(new_value, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and old_value == old_root and new_value == new_root


class Tiles:
    """Hashes of a tree of `size` leaves out of the files tile/<level>/<number>[.p/<width>]."""

    def __init__(self, folder, size):
        self.folder, self.size, self.kept = folder, size, {}

    def tile(self, level, number):
        if (level, number) not in self.kept:
            groups, rest = [f"{number % 1000:03}"], number // 1000
            while rest:
                groups.insert(0, f"x{rest % 1000:03}")
                rest //= 1000
            width = min(256, (self.size >> 8 * level) - number * 256)
            path = os.path.join(self.folder, "tile", str(level), *groups)
            partial = os.path.join(path + ".p", str(width))
            if width < 256 and os.path.exists(partial):
                path = partial
            data = read_file(path, 8192)
            if len(data) not in (32 * width, 8192):
                raise Refused(f"The tile {path} has the wrong length.")
            self.kept[level, number] = data[:32 * width]
        return self.kept[level, number]

    def subtree(self, level, index):
        """The root over 2**level leaves."""
        first = index << level % 8
        data = self.tile(level // 8, first // 256)
        row = [data[at:at + 32] for at in range(first % 256 * 32, (first % 256 + (1 << level % 8)) * 32, 32)]
        while len(row) > 1:
            row = [node(row[i], row[i + 1]) for i in range(0, len(row), 2)]
        return row[0]

    def range(self, begin, end):
        """The root over the leaves [begin, end), a node of the tree."""
        value, count = None, end - begin
        for level in range(count.bit_length()):
            if count >> level & 1:
                end -= 1 << level
                part = self.subtree(level, end >> level)
                value = part if value is None else node(part, value)
        return sha256(b"") if value is None else value

    def consistency(self, old_size):
        """PROOF(old_size, D) of RFC 6962 section 2.1.2."""
        path, begin, end = [], 0, self.size
        if old_size == 0 or old_size == end:
            return path
        while old_size != end:
            middle = begin + (1 << (end - begin - 1).bit_length() - 1)
            if old_size <= middle:
                path.insert(0, self.range(middle, end))
                end = middle
            else:
                path.insert(0, self.range(begin, middle))
                begin = middle
        return ([self.range(begin, end)] if begin else []) + path


def parse_proof(data):
    """(extra, index, hashes, checkpoint) of a C2SP tlog-proof."""
    head, gap, checkpoint = data.partition(b"\n\n")
    lines = head.split(b"\n")
    if not gap or lines.pop(0) != b"c2sp.org/tlog-proof@v1":
        raise Refused("The file is not a proof: it must begin with c2sp.org/tlog-proof@v1.")
    extra = b""
    if lines and lines[0].startswith(b"extra "):
        extra = from_base64(lines.pop(0)[6:], "The extra data of the proof")
    if not lines or not lines[0].startswith(b"index "):
        raise Refused("The proof does not say which place in the log it is about.")
    index = from_decimal(lines.pop(0)[6:], "The index of the proof")
    hashes = [from_base64(line, "A hash of the proof") for line in lines]
    if len(hashes) > 63 or any(len(value) != 32 for value in hashes):
        raise Refused("A line of the proof is not a SHA-256.")
    return extra, index, hashes, checkpoint


def check_message(descriptor, message):
    try:
        raw = json.loads(descriptor.decode("utf-8"))["raw"]
        stated_size, stated_hash = raw["size"], raw["sha256"]
    except (ValueError, TypeError, LookupError, RecursionError):
        raise Refused("The descriptor does not state the size and SHA-256 of a message.") from None
    if type(stated_size) is not int or stated_size != len(message):
        raise Refused(f"The message has {len(message)} bytes, the descriptor states {stated_size!r}.")
    if sha256(message) != from_hex(stated_hash, "The hash in the descriptor"):
        raise Refused("The message is not the one that was archived: its SHA-256 differs.")


def candidates(args, extra, descriptor):
    """The 72-byte entries that the given files allow."""
    entry = read_file(args.entry, 72) if args.entry else None
    if entry is not None and (len(entry) != 72 or entry[:4] != b"CAL1" or entry[5:8] != bytes(3)):
        raise Refused("The file given as the entry is not a log entry.")
    if descriptor is None and entry is None:
        raise Refused("Give --descriptor (and --object), or --entry: nothing else says which record the proof is of.")
    if descriptor is not None and len(extra) not in (32, 64):
        raise Refused("The proof does not carry the salt of the record.")
    commit = entry[8:40] if descriptor is None else \
        sha256(b"correspondence-archive/commit/v1\n", extra[:32], sha256(descriptor))
    if args.object is not None:
        stored = sha256(read_file(args.object, LIMIT_DATA))
    elif args.object_sha256 is not None:
        stored = from_hex(args.object_sha256, "--object-sha256")
    else:
        stored = extra[32:] if len(extra) == 64 else bytes(32) if entry is None else entry[40:]
    kinds = [args.type] if args.type is not None else list(TYPES) if entry is None else [entry[4]]
    made = [b"CAL1" + bytes([kind]) + bytes(3) + commit + stored for kind in kinds]
    if entry is not None and entry not in made:
        raise Refused("The entry does not belong to this descriptor, object or type.")
    return made


def command_proof(args):
    key = Key(args.vkey)
    extra, index, hashes, checkpoint = parse_proof(read_file(args.file, LIMIT_TEXT))
    size, root = open_checkpoint(checkpoint, key)
    descriptor = read_file(args.descriptor, LIMIT_DATA) if args.descriptor else None
    if args.message is not None and descriptor is None:
        raise Refused("A message can be checked only together with its --descriptor.")
    for entry in candidates(args, extra, descriptor):
        if root_from_path(sha256(b"\x00", entry), index, size, hashes) == root:
            break
    else:
        raise Refused(f"The record does not stand at place {index} of the log: the descriptor, the object, the "
                      "salt or the proof is not the original one.")
    if args.message is not None:
        check_message(descriptor, read_file(args.message, LIMIT_DATA))
    print(f"The head of the log {key.name} with {size} records is signed by its key.")
    print(f"The record stands in it at place {index}, as a leaf of type {entry[4]} ({TYPES.get(entry[4], 'unknown')}).")
    if args.message is not None:
        print("The message is byte for byte the one that was archived.")


def command_checkpoint(args):
    key = Key(args.vkey)
    size, root = open_checkpoint(read_file(args.file, LIMIT_TEXT), key)
    print(f"The head of the log {key.name} is signed by its key: {size} records, root {root.hex()}.")


def command_consistency(args):
    key = Key(args.vkey)
    old_size, old_root = open_checkpoint(read_file(args.old, LIMIT_TEXT), key)
    new_size, new_root = open_checkpoint(read_file(args.new, LIMIT_TEXT), key)
    if old_size > new_size:
        raise Refused(f"The older head covers {old_size} records, the newer one only {new_size}: records are missing.")
    if not grew(old_size, old_root, new_size, new_root, Tiles(args.tiles, new_size).consistency(old_size)):
        raise Refused("The newer log did not grow out of the older one (or a tile is damaged): the first "
                      f"{old_size} records are not the same.")
    print(f"The log {key.name} grew from {old_size} to {new_size} records; the first {old_size} are unchanged.")


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    checkpoint = commands.add_parser("checkpoint", help="check the signature on the head of a log")
    checkpoint.set_defaults(run=command_checkpoint)
    proof = commands.add_parser("proof", help="check that a record stands in the log")
    for option in ("--message", "--descriptor", "--object", "--object-sha256", "--entry"):
        proof.add_argument(option)
    proof.add_argument("--type", type=int, choices=range(1, 256), metavar="N")
    proof.set_defaults(run=command_proof)
    consistency = commands.add_parser("consistency", help="check that one head grew out of another")
    consistency.add_argument("old")
    consistency.add_argument("new")
    consistency.add_argument("--tiles", required=True)
    consistency.set_defaults(run=command_consistency)
    for command in (checkpoint, proof, consistency):
        command.add_argument("--vkey", required=True)
        if command is not consistency:
            command.add_argument("file")
    args = parser.parse_args(argv)
    try:
        args.run(args)
    except Refused as refused:
        print(f"NOT VERIFIED. {refused}")
        return 1
    print("Verified.")
    return 0


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="backslashreplace")  # names of files and logs may be any bytes
    sys.exit(main())
