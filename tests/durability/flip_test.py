#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""One flipped bit anywhere in a closed archive (docs/promises.md I1): `verify --deep` or the opening is red and names the file or the record,
nothing wrong is served meanwhile, and with the bit turned back all is well."""
import concurrent.futures
import json
import os
import random
import re
import unittest

from support import RELEASE, SAMPLE, Archive, size

# Files whose contents say nothing: of the lock only the lock itself is asked, of the reserve only its size.
HARMLESS = ("archive.lock", "reserve")


def kind_of(name):
    first = name.split("/")[0]
    if first == "log":
        return "checkpoint" if name.endswith("checkpoint") else "tile"
    return first if "/" in name else re.sub(r"[.]\d+$", "", name)


def prepared():
    archive = Archive().init()
    archive.letopis("import", "--quiet", "--zone", "Europe/Moscow", os.path.join(SAMPLE, "mail"))
    archive.torture("append", "--seed", 4, "--count", 12)
    archive.torture("close")
    archive.letopis("import", "--quiet", "--zone", "Europe/Moscow", os.path.join(SAMPLE, "telegram"), os.path.join(SAMPLE, "site-chat"))
    archive.letopis("rebuild", "ledger")
    return archive


def flip(path, position, bit):
    os.chmod(path, 0o600)
    with open(path, "r+b") as file:
        file.seek(position)
        byte = file.read(1)[0]
        file.seek(position)
        file.write(bytes([byte ^ 1 << bit]))


def lost_with_the_log(program, flips=12):
    """The write-ahead log that a short command leaves holds records that no signed head covers yet. A bit of it flips: SQLite drops the frame and
    all behind it in silence, and Letopis may not."""
    faults = []
    with Archive(program).init() as template:
        template.letopis("import", "--quiet", os.path.join(SAMPLE, "mail", "inbox.mbox"))
        for word in ("окно", "договор", "счёт"):
            template.letopis("search", word)
        log = os.path.join(template.path, "live.db-wal")
        if not os.path.exists(log):
            raise AssertionError("no log was left")
        bytes_there = os.path.getsize(log)
        with template.copy() as whole:
            records = whole.json("verify")["records"]
        for number in range(flips):
            dice = random.Random(number)
            position, bit = (dice.randrange(bytes_there) if number else 3), dice.randrange(8)
            with template.copy() as archive:
                path = os.path.join(archive.path, "live.db-wal")
                for command in (("search", "окно"), ("verify",)):
                    flip(path, position, bit)
                    done = archive.run("--json", *command)
                    if done.returncode == 0:
                        faults.append(f"live.db-wal byte {position} bit {bit}: {command[0]} said nothing")
                    elif b"live.db-wal" not in done.stdout:
                        faults.append(f"live.db-wal byte {position} bit {bit}: {command[0]} does not name it: {done.stdout[:200]}")
                    if os.path.exists(path):
                        flip(path, position, bit)
                if archive.json("verify")["records"] != records:
                    faults.append(f"live.db-wal byte {position} bit {bit}: with the bit turned back, records are missing")
    return faults


class Truth:
    """What the archive answers while it is whole."""

    def __init__(self, archive):
        self.hits = archive.json("search", "--limit", "1000", "")["hits"]
        self.raws = {str(hit["id"]): archive.letopis("show", str(hit["id"]), "--raw") for hit in self.hits[::20]}
        self.queries = {query: [hit["id"] for hit in archive.json("search", "--limit", "1000", query)["hits"]] for query in ("договор", "окно", "from:vasilev")}

    def lies(self, archive):
        """Wrong answers; an honest error is none."""
        found = []
        for number, raw in self.raws.items():
            done = archive.run("show", number, "--raw")
            if done.returncode == 0 and done.stdout != raw:
                found.append(f"show {number} --raw gave other bytes")
        for query, ids in self.queries.items():
            done = archive.run("--json", "search", "--limit", "1000", query)
            if done.returncode == 0:
                if [hit["id"] for hit in json.loads(done.stdout)["hits"]] != ids:
                    found.append(f"search {query} gave other hits")
        return found


class Flip(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.template = prepared()
        with cls.template.copy() as asked:
            cls.truth = Truth(asked)

    @classmethod
    def tearDownClass(cls):
        cls.template.remove()

    def one(self, name, seed):
        """Faults after one flip in the file."""
        dice, faults = random.Random(seed), []
        with self.template.copy() as archive:
            path = os.path.join(archive.path, name)
            position, bit = dice.randrange(os.path.getsize(path)), dice.randrange(8)
            where = f"{name} byte {position} bit {bit}"
            flip(path, position, bit)
            code, problems = archive.verify()
            if code == 0:
                faults.append(f"{where}: verify said all is well")
            elif not any(re.search(r"record \d+", problem) or part in problem for problem in problems
                         for part in (os.path.basename(name), name, kind_of(name))):
                faults.append(f"{where}: not located: {problems[:3]}")
            if dice.random() < 0.3:
                faults += [f"{where}: {lie}" for lie in self.truth.lies(archive)]
        return faults

    def test_every_kind_of_file_is_here(self):
        kinds = {kind_of(name) for name in self.template.files()}
        self.assertEqual(kinds - {"archive.lock", "reserve"}, {"archive.toml", "keyring", "bodies", "catalog.db", "checkpoint", "index", "journal", "live.db", "objects", "once.db", "tile"})

    def test_the_archive_is_whole_before_and_after_a_bit_was_there_and_back(self):
        self.assertEqual(self.template.verify(), (0, []))
        with self.template.copy() as archive:
            for name in archive.files():
                path = os.path.join(archive.path, name)
                if os.path.getsize(path):
                    for _ in range(2):
                        flip(path, os.path.getsize(path) // 2, 3)
            self.assertEqual(archive.verify(), (0, []))

    def test_a_flipped_bit_in_the_log_that_a_short_command_leaves_is_found(self):
        self.assertEqual(lost_with_the_log(RELEASE, size(12, 300)), [])

    def test_a_flipped_bit_is_found_and_located_and_nothing_wrong_is_served(self):
        by_kind = {}
        for name in self.template.files():
            if name not in HARMLESS and os.path.getsize(os.path.join(self.template.path, name)):
                by_kind.setdefault(kind_of(name), []).append(name)
        kinds, flips = sorted(by_kind), size(160, 10000)
        work = [(random.Random(number).choice(by_kind[kinds[number % len(kinds)]]), number) for number in range(flips)]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            found = [fault for faults in pool.map(lambda one: self.one(*one), work) for fault in faults]
        print(f"{flips} flips in {len(kinds)} kinds of files: {len(found)} not as they should", flush=True)
        self.assertEqual(found, [])


if __name__ == "__main__":
    unittest.main()
