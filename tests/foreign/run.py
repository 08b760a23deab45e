#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Gives a folder of logs and proofs, as src/ledger/foreign_test.cpp writes it, to two strangers: tools/verify.py and the
Go program in go/ (on golang.org/x/mod, Debian package golang-golang-x-mod-dev). All of it must be accepted by both, and
every mutated copy refused by both. Exit code 0: they agree with us.

  run.py [--build DIR] FOLDER
"""
import argparse
import base64
import contextlib
import hashlib
import importlib.util
import io
import os
import random
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
GOPATH = "/usr/share/gocode"  # where Debian puts Go libraries
SUFFIXES = (".tlog-proof", ".json", ".object", ".eml")


def load_verify():
    sys.dont_write_bytecode = True
    spec = importlib.util.spec_from_file_location("verify", os.path.join(ROOT, "tools", "verify.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


VERIFY = load_verify()


def verify(*arguments):
    """(accepted, what it said); an exception leaves as a traceback and fails the test."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = VERIFY.main(list(arguments))
    assert (code == 0) == said.getvalue().endswith("Verified.\n"), said.getvalue()
    assert (code == 1) == said.getvalue().startswith("NOT VERIFIED. "), said.getvalue()
    return code == 0, said.getvalue()


def verify_record(path, vkey):
    arguments = ["proof", path + ".tlog-proof", "--vkey", vkey, "--descriptor", path + ".json", "--message", path + ".eml"]
    if os.path.exists(path + ".object"):
        arguments += ["--object", path + ".object"]
    return verify(*arguments)


def build_go(folder):
    """The path of the Go verifier, or None where Go or its library is not installed."""
    if not shutil.which("go") or not os.path.isdir(os.path.join(GOPATH, "src/golang.org/x/mod/sumdb/note")):
        return None
    os.makedirs(folder, exist_ok=True)
    program = os.path.join(folder, "foreign")
    env = dict(os.environ, GO111MODULE="off", GOPATH=GOPATH, GOCACHE=os.path.join(folder, "cache"), GOFLAGS="-p=2")
    subprocess.run(["go", "build", "-o", program, "."], cwd=os.path.join(HERE, "go"), env=env, check=True)
    return program


def go_batch(program, paths, vkey):
    done = subprocess.run([program, "batch", vkey], input="\n".join(paths) + "\n", stdout=subprocess.PIPE, text=True, check=True)
    verdicts = done.stdout.splitlines()
    assert len(verdicts) == len(paths)
    return [(verdict == "ok", verdict) for verdict in verdicts]


def go(program, *arguments):
    done = subprocess.run([program, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert done.returncode in (0, 1) and "panic" not in done.stderr, done.stderr
    return done.returncode == 0, done.stderr.strip()


def mutate(data, others, rng):
    """Changed bytes, one of several ways."""
    while True:
        way, at = rng.randrange(7), rng.randrange(len(data))
        if way == 0:
            changed = data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1:]
        elif way == 1:
            changed = data[:at] + data[at + 1:]
        elif way == 2:
            changed = data[:at] + bytes([rng.choice(b"0aA=/\n \xff")]) + data[at:]
        elif way == 3:
            changed = data[:at]
        elif way == 4:
            lines = data.split(b"\n")
            a, b = rng.randrange(len(lines)), rng.randrange(len(lines))
            lines[a], lines[b] = lines[b], lines[a]
            changed = b"\n".join(lines)
        elif way == 5:
            lines = data.split(b"\n")
            del lines[rng.randrange(len(lines))]
            changed = b"\n".join(lines)
        else:
            changed = rng.choice(others)
        if changed != data:
            return changed


def make_mutants(records, folder, rng):
    """For each record a copy with one of its files mutated: paths without suffix."""
    files = {suffix: [] for suffix in SUFFIXES}
    for path in records:
        for suffix in SUFFIXES:
            if os.path.exists(path + suffix):
                with open(path + suffix, "rb") as file:
                    files[suffix].append(file.read())
    os.makedirs(folder)
    mutants = []
    for path in records:
        target = os.path.join(folder, os.path.basename(path))
        present = [suffix for suffix in SUFFIXES if os.path.exists(path + suffix)]
        victim = rng.choice(present + [".tlog-proof"] * 3)  # most of the ways to go wrong are in there
        for suffix in present:
            with open(path + suffix, "rb") as file:
                data = file.read()
            with open(target + suffix, "wb") as file:
                file.write(mutate(data, files[suffix], rng) if suffix == victim else data)
        mutants.append(target)
    return mutants


class Report:
    def __init__(self):
        self.wrong = []

    def expect(self, wanted, verdict, what):
        if verdict[0] != wanted:
            self.wrong.append(f"{what}: {'accepted' if verdict[0] else 'refused'}: {verdict[1]}")
        return verdict[0] == wanted


def check_records(report, paths, wanted, vkey, program):
    count = sum(report.expect(wanted, verify_record(path, vkey), f"verify.py {path}") for path in paths)
    print(f"verify.py: {count} of {len(paths)} {'accepted' if wanted else 'mutated ones refused'}")
    if program:
        verdicts = go_batch(program, paths, vkey)
        count = sum(report.expect(wanted, verdict, f"go {path}") for path, verdict in zip(paths, verdicts))
        print(f"go:        {count} of {len(paths)} {'accepted' if wanted else 'mutated ones refused'}")


def check_logs(report, folder, vkey, program):
    log, fork = os.path.join(folder, "log"), os.path.join(folder, "fork")
    heads = sorted((name for name in os.listdir(folder) if name.startswith("head-")), key=lambda name: int(name[5:]))
    for name in heads:
        old = os.path.join(folder, name)
        report.expect(True, verify("checkpoint", old, "--vkey", vkey), f"verify.py checkpoint {name}")
        for tree, wanted in ((log, True), (fork, int(name[5:]) <= 100)):  # the fork differs from leaf 100 on
            new = os.path.join(tree, "checkpoint")
            report.expect(wanted, verify("consistency", old, new, "--tiles", tree, "--vkey", vkey), f"verify.py {name} {tree}")
            if program:
                report.expect(wanted, go(program, "growth", tree, old, vkey), f"go growth {name} {tree}")
    print(f"heads:     {len(heads)} compared with a log and with its fork")
    if program:
        report.expect(True, go(program, "log", log, vkey), "go log")
        check_damaged_tiles(report, log, vkey, program)


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)
    return path


def check_options(report, path, folder, vkey):
    """The other ways to say which record a proof is of. `path` is a record with an object."""
    with open(path + ".tlog-proof", "rb") as file:
        lines = file.read().split(b"\n")
    with open(path + ".object", "rb") as file:
        stored = hashlib.sha256(file.read()).digest()
    with open(path + ".json", "rb") as file:
        described = hashlib.sha256(file.read()).digest()
    salt = base64.b64decode(lines[1].split(b" ")[1])
    commit = hashlib.sha256(b"correspondence-archive/commit/v1\n" + salt + described).digest()
    kind = next(kind for kind in range(1, 17) if verify(
        "proof", path + ".tlog-proof", "--vkey", vkey, "--descriptor", path + ".json", "--object", path + ".object", "--type", str(kind))[0])
    head = b"CAL1" + bytes([kind, 0, 0, 0])
    entry = write(os.path.join(folder, "entry"), head + commit + stored)
    other = write(os.path.join(folder, "other"), head + commit + bytes(32))
    with_object = write(os.path.join(folder, "with-object"), b"\n".join([lines[0], b"extra " + base64.b64encode(salt + stored)] + lines[2:]))
    without_salt = write(os.path.join(folder, "without-salt"), b"\n".join([lines[0]] + lines[2:]))
    plain, descriptor, sha = path + ".tlog-proof", ["--descriptor", path + ".json"], ["--object-sha256", stored.hex()]
    cases = [
        (True, plain, ["--entry", entry]), (True, plain, ["--entry", entry] + descriptor), (True, without_salt, ["--entry", entry]),
        (True, plain, descriptor + sha), (True, with_object, descriptor), (True, with_object, descriptor + ["--message", path + ".eml"]),
        (False, plain, []), (False, plain, ["--message", path + ".eml"]), (False, plain, descriptor), (False, without_salt, descriptor + sha),
        (False, plain, ["--entry", other]), (False, plain, ["--entry", other] + descriptor), (False, plain, ["--entry", entry, "--object", path + ".eml"]),
        (False, plain, ["--entry", path + ".json"]), (False, plain, descriptor + ["--object-sha256", "00"]),
        (False, plain, descriptor + sha + ["--type", str(kind % 16 + 1)]), (False, plain, descriptor + sha + ["--message", path + ".json"]),
        (False, folder, ["--entry", entry]), (False, os.path.join(folder, "absent"), ["--entry", entry]),
    ]
    for wanted, proof, options in cases:
        report.expect(wanted, verify("proof", proof, "--vkey", vkey, *options), f"verify.py {proof} {options}")
    print(f"verify.py: {len(cases)} combinations of options")


def check_junk(report, folder, vkey, rng):
    """Heads and keys that are damaged in any way are refused in words, never with a traceback."""
    with open(os.path.join(folder, "head-3000"), "rb") as file:
        head = file.read()
    junk, count = os.path.join(folder, "junk"), 0
    for _ in range(300):
        changed = mutate(head, [rng.randbytes(rng.randrange(200))], rng)
        report.expect(False, verify("checkpoint", write(junk, changed), "--vkey", vkey), f"verify.py checkpoint {changed!r}")
        key = mutate(vkey.encode(), [b"+", b"++", b"a+0+"], rng).decode("utf-8", "surrogateescape").replace("\0", "")
        if key != vkey:
            report.expect(False, verify("checkpoint", os.path.join(folder, "head-3000"), "--vkey", key), f"verify.py with the key {key!r}")
        count += 2
    tiles = os.path.join(folder, "no-tiles")
    log = os.path.join(folder, "log", "checkpoint")
    report.expect(False, verify("consistency", os.path.join(folder, "head-3000"), log, "--tiles", tiles, "--vkey", vkey), "no tiles")
    report.expect(False, verify("consistency", log, os.path.join(folder, "head-3000"), "--tiles", tiles, "--vkey", vkey), "shrunk")
    print(f"verify.py: {count} damaged heads and keys refused")


def tiles_of(log, size):
    """The tiles that a head of this size needs: the full ones and the partial ones of its right edge."""
    for level in range(8):
        count = size >> 8 * level
        for number in range((count + 255) // 256):  # the logs here have fewer than 1,000 tiles a level
            width = min(256, count - number * 256)
            yield os.path.join(log, "tile", str(level), f"{number:03}" + (f".p/{width}" if width < 256 else ""))


def check_damaged_tiles(report, log, vkey, program):
    """One flipped bit in any tile must be noticed."""
    with open(os.path.join(log, "checkpoint"), encoding="utf-8") as file:
        size = int(file.read().split("\n")[1])
    for tile in tiles_of(log, size):
        with open(tile, "r+b") as file:
            good = file.read()
            at = len(good) // 2
            file.seek(at)
            file.write(bytes([good[at] ^ 1]))
            file.flush()
            report.expect(False, go(program, "log", log, vkey), f"go with the damaged tile {tile}")
            file.seek(0)
            file.write(good)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.path.join(ROOT, "build", "foreign"), help="where the Go program is built")
    parser.add_argument("folder")
    arguments = parser.parse_args()
    with open(os.path.join(arguments.folder, "vkey"), encoding="utf-8") as file:
        vkey = file.read().strip()
    program = build_go(arguments.build)
    if program is None:
        print("go:        not installed (golang-go, golang-golang-x-mod-dev): only verify.py was asked")
    report, rng = Report(), random.Random(20)
    stored = os.path.join(arguments.folder, "records")
    records = sorted(os.path.join(stored, name[:-5]) for name in os.listdir(stored) if name.endswith(".json"))
    check_records(report, records, True, vkey, program)
    check_records(report, make_mutants(records, os.path.join(arguments.folder, "mutated"), rng), False, vkey, program)
    check_logs(report, arguments.folder, vkey, program)
    check_options(report, next(path for path in records if os.path.exists(path + ".object")), arguments.folder, vkey)
    check_junk(report, arguments.folder, vkey, rng)
    for line in report.wrong[:20]:
        print(line)
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
