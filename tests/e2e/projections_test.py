#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Catalogue, index and log are made of the journal alone: thrown away and made again they are what they were."""
import os
import shutil
import unittest

from harness import MUTANT_BINARY, SAMPLE, Scenario, call, mail, main, mbox, telegram


class Projections(Scenario):
    def fill_by_bits(self):
        """Many small imports: an index of many parts, versions, deliveries, tags."""
        for n in range(12):
            self.box.take(self.box.write(f"{n}.mbox", mbox([mail(100 * n + k, body=f"дело {n} {k}", subject=("Re: " if k else "") + f"Тема {n % 3}",
                                                                   more=f"In-Reply-To: <m{100 * n}@e2e.example>" if k else "") for k in range(6)] + [mail(7, body="общее")])))
        for text in ("первое", "второе", "третье"):
            self.box.take(self.box.write("tg/result.json", telegram([(1, text), (2, "всегда то же")])))
        self.box.take("--zone", "Europe/Moscow", os.path.join(SAMPLE, "mail"))
        ids = self.box.ids("дело")
        self.box.run("tag", "+важное", *map(str, ids[::5]))
        self.box.run("tag", "-важное", str(ids[0]))

    def answers(self):
        queries = ("", "дело", "тема", "всегда", "договор", "from:anna has:attachment", "tag:важное", "\"дело 3\"", "общее", "after:2026-01-01 -договор")
        found = {query: self.box.ids(query) for query in queries}
        found["conversation"] = {seq: self.box.show(seq)["conversation"] for seq in found["дело"][::7]}
        return found

    def digests(self, *what):
        told = self.box.run("rebuild", "--json", *what).json()
        return told["catalog"], told["index"]

    def test_a_rebuild_gives_the_same_answers_and_then_the_same_bytes(self):
        self.fill_by_bits()
        before = self.answers()
        first = self.digests()  # nothing may be recorded between two digests: access records are records too
        self.assertEqual(self.digests(), first)
        self.assertEqual(self.digests("search"), first)
        self.assertEqual(self.digests("catalog"), first)
        self.assertEqual(self.answers(), before)
        self.assertUnharmed()

    def test_what_grew_bit_by_bit_has_the_digest_of_what_is_made_at_once(self):
        self.fill_by_bits()
        grown = self.digests("ledger")  # tells the digests without touching catalogue and index
        self.assertEqual(self.digests(), grown)

    def test_many_imports_are_merged_into_few_parts_that_say_the_same(self):
        data = self.box.path("short.jsonl")
        for seed in range(7):  # each is a part of its own; from the sixth on the small ones become one
            call("bench-data", "--kind", "short", "--messages", "2100", "--seed", str(seed), data)
            self.box.take("--source", f"seed {seed}", data)
        parts = [name for name in os.listdir(os.path.join(self.box.archive, "index")) if name[0].isdigit() and name.endswith(".db")]
        self.assertLessEqual(len(parts), 5, parts)
        grown = self.digests("ledger")
        self.assertEqual(self.box.search("")["total"], 7 * 2100)
        self.assertEqual(self.digests("search")[1], grown[1])
        self.assertUnharmed()

    def test_lost_projections_come_back_by_themselves(self):
        self.fill_by_bits()
        before, root = self.answers(), self.box.verify()["root"]
        for lost in (["catalog.db", "catalog.db-wal", "catalog.db-shm"], ["index"], ["log"], ["catalog.db", "catalog.db-wal", "catalog.db-shm", "index", "log"]):
            with self.subTest(lost=lost):
                for name in lost:
                    path = os.path.join(self.box.archive, name)
                    shutil.rmtree(path, ignore_errors=True) if os.path.isdir(path) else os.path.exists(path) and os.remove(path)
                self.assertEqual(self.answers(), before)
                self.box.run("rebuild", "ledger")
                verified = self.box.verify()
                self.assertTrue(verified["ok"], verified)
                self.assertEqual(verified["root"], root)

    def damage(self, path):
        """As a disk may: the beginning cannot be read any more, nor anything in the middle."""
        size = os.path.getsize(path)
        with open(path, "r+b") as file:
            for at in (0, size // 2):
                file.seek(at)
                file.write(os.urandom(min(8192, size - at)))

    def index_files(self):
        folder = os.path.join(self.box.archive, "index")
        return [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".db")]

    def test_each_is_made_again_whatever_state_the_other_is_in(self):
        self.fill_by_bits()
        before, digests = self.answers(), None
        catalog, kept = os.path.join(self.box.archive, "catalog.db"), self.box.path("kept")
        for first, second in (("catalog", "search"), ("search", "catalog")):
            for damaged in ([catalog], self.index_files(), [catalog, *self.index_files()], [file for file in self.index_files() if "manifest" not in file]):
                with self.subTest(first=first, damaged=[os.path.basename(file) for file in damaged]):
                    digests = digests or self.digests()
                    shutil.copytree(self.box.archive, kept)
                    for path in damaged:
                        self.damage(path)
                    said = [self.box.run("rebuild", name) for name in (first, second)]
                    # The index needs the catalogue: where that cannot be read, both are made, and it is said.
                    self.assertEqual("catalogue could not be read" in said[0].err, first == "search" and catalog in damaged, said[0])
                    self.assertEqual(said[1].err, "")
                    self.assertEqual(self.digests("ledger"), digests)
                    self.assertUnharmed()
                    shutil.rmtree(self.box.archive)
                    os.rename(kept, self.box.archive)
        self.assertEqual(self.answers(), before)

    def test_one_part_of_the_index_that_is_lost(self):
        self.fill_by_bits()
        before = self.answers()
        folder = os.path.join(self.box.archive, "index")
        for name in sorted(os.listdir(folder)):
            if name.startswith("0"):
                os.remove(os.path.join(folder, name))
        done = self.box.run("search", "дело", expect=None)
        if done.code != 0:
            self.assertSentence(done, "rebuild")
            self.box.run("rebuild", "search")
        self.assertEqual(self.answers(), before)


@unittest.skipUnless(MUTANT_BINARY and os.path.exists(MUTANT_BINARY), "the test-only build is not there (LETOPIS_MUTANT_BINARY)")
class Mutants(Scenario):
    def test_another_rule_of_threading_leaves_every_tag_on_its_message(self):
        self.box.take(self.box.write("a.mbox", mbox([mail(n, subject=f"Тема {n % 3}", body=f"дело{n}") for n in range(40)])))
        tagged = {}
        for n, seq in enumerate(self.box.ids("")):
            if n % 3 == 0:
                self.box.run("tag", f"+t{n % 9}", str(seq))
                tagged[seq] = f"t{n % 9}"
        threads = {seq: self.box.show(seq)["conversation"]["id"] for seq in self.box.ids("")}
        other = {"program": MUTANT_BINARY, "env": {"LETOPIS_MUTANT": "thread_by_subject"}, "timeout": 300}
        self.box.run("rebuild", **other)
        # A catalogue of another rule is refused, not misread.
        self.assertSentence(self.box.run("search", "x", expect=3), "rebuild")
        shown = {seq: self.box.run("show", "--json", str(seq), **other).json() for seq in threads}
        changed = {seq: one["conversation"]["id"] for seq, one in shown.items()}
        self.assertNotEqual(changed, threads, "the mutant changed nothing, so the test shows nothing")
        self.assertEqual(len(set(changed.values())), 3)
        self.assertEqual({seq: one["tags"][0] for seq, one in shown.items() if one["tags"]}, tagged)
        for tag in set(tagged.values()):
            hits = self.box.run("search", "--json", "--limit", "100", f"tag:{tag}", **other).json()["hits"]
            self.assertEqual({hit["id"] for hit in hits}, {seq for seq, its in tagged.items() if its == tag})
        self.box.run("rebuild")
        self.assertEqual({seq: self.box.show(seq)["conversation"]["id"] for seq in self.box.ids("")}, threads)


if __name__ == "__main__":
    main()
