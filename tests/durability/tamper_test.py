#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""An insider who has the disk and every key but the one that signs (docs/promises.md I2): whatever is changed, removed, put in, moved or dated
back, `verify --deep` finds it; the exchange of everything for an older copy is found with one head kept outside."""
import os
import random
import shutil
import unittest

from support import RELEASE, SAMPLE, Archive, size


def prepared(program):
    """An archive of the sample with a closed shard and object files; its heads are signed."""
    archive = Archive(program).init()
    archive.letopis("import", "--quiet", "--zone", "Europe/Moscow", os.path.join(SAMPLE, "mail"))
    archive.torture("append", "--seed", 4, "--count", 12)
    if archive.torture("close").returncode != 0:
        raise AssertionError("the shard could not be closed")
    archive.letopis("import", "--quiet", "--zone", "Europe/Moscow", os.path.join(SAMPLE, "telegram"), os.path.join(SAMPLE, "whatsapp"))
    # Whoever begins with an archive that is not whole proves nothing.
    archive.letopis("rebuild", "ledger")
    code, problems = archive.verify()
    if code != 0:
        raise AssertionError(f"before anything was changed: {problems}")
    return archive


def shard_of(archive, part):
    return f"{part}/{sorted(os.listdir(os.path.join(archive.path, part)))[0]}"


def places(archive):
    """(file with the rows, file with the bodies) of the closed and of the live shard."""
    return [(shard_of(archive, "journal"), shard_of(archive, "bodies")), ("live.db", "live.db")]


def unlocked(archive, label):
    os.chmod(os.path.join(archive.path, label), 0o600)


def seqs(archive, rows):
    return [int(row[0]) for row in archive.sql(rows, "SELECT seq FROM record ORDER BY seq")]


def edit_body(archive, dice):
    rows, bodies = dice.choice(places(archive))
    unlocked(archive, bodies)
    seq = dice.choice(seqs(archive, rows))
    archive.sql(bodies, f"UPDATE body SET bytes = CAST(substr(bytes, 1, length(bytes) - 5) || randomblob(5) AS BLOB) WHERE seq = {seq}"
                if dice.random() < 0.5 else f"UPDATE body SET bytes = substr(bytes, 1, length(bytes) - 1) WHERE seq = {seq}")


def edit_entry(archive, dice):
    rows, _ = dice.choice(places(archive))
    unlocked(archive, rows)
    seq = dice.choice(seqs(archive, rows))
    archive.sql(rows, f"UPDATE record SET entry = CAST(substr(entry, 1, 20) || randomblob(8) || substr(entry, 29) AS BLOB) WHERE seq = {seq}")


def delete_record(archive, dice):
    rows, bodies = dice.choice(places(archive))
    unlocked(archive, rows), unlocked(archive, bodies)
    seq = dice.choice(seqs(archive, rows)[1:-1])
    archive.sql(rows, f"DELETE FROM record WHERE seq = {seq}")
    archive.sql(bodies, f"DELETE FROM body WHERE seq = {seq}")


def delete_and_close_the_gap(archive, dice):
    numbers = seqs(archive, "live.db")
    seq = dice.choice(numbers[1:-1])
    origin = archive.sql("live.db", f"SELECT origin FROM record WHERE seq = {seq}")[0][0]
    archive.sql("live.db", f"DELETE FROM record WHERE seq = {seq}; DELETE FROM body WHERE seq = {seq};"
                f"UPDATE record SET leaf = leaf - 1 WHERE seq > {seq} AND origin = {origin};"
                f"UPDATE record SET seq = seq - 1 WHERE seq > {seq}; UPDATE body SET seq = seq - 1 WHERE seq > {seq}; UPDATE object SET seq = seq - 1 WHERE seq > {seq};"
                f"UPDATE head SET records = records - 1, leaf{origin} = leaf{origin} - 1")


def pretend_an_erasure(archive, dice):
    rows, bodies = dice.choice(places(archive))
    unlocked(archive, rows), unlocked(archive, bodies)
    seq = dice.choice(seqs(archive, rows)[1:])
    archive.sql(rows, f"INSERT INTO hole VALUES({seq}, {dice.choice(seqs(archive, rows))})")
    archive.sql(bodies, f"DELETE FROM body WHERE seq = {seq}")


def insert_record(archive, dice):
    numbers = seqs(archive, "live.db")
    seq = dice.choice(numbers[1:-1])
    origin = archive.sql("live.db", f"SELECT origin FROM record WHERE seq = {seq}")[0][0]
    archive.sql("live.db", f"UPDATE record SET seq = -seq - 1 WHERE seq >= {seq}; UPDATE record SET seq = -seq WHERE seq < 0;"
                f"UPDATE body SET seq = -seq - 1 WHERE seq >= {seq}; UPDATE body SET seq = -seq WHERE seq < 0;"
                f"UPDATE object SET seq = -seq - 1 WHERE seq >= {seq}; UPDATE object SET seq = -seq WHERE seq < 0;"
                f"UPDATE record SET leaf = leaf + 1 WHERE seq > {seq} AND origin = {origin};"
                f"INSERT INTO record SELECT {seq}, origin, leaf - 1, at_us, type, entry FROM record WHERE seq = {seq + 1};"
                f"INSERT INTO body SELECT {seq}, form, key_id, bytes FROM body WHERE seq = {seq + 1};"
                f"UPDATE head SET records = records + 1, leaf{origin} = leaf{origin} + 1")


def reorder(archive, dice):
    rows, bodies = dice.choice(places(archive))
    unlocked(archive, rows), unlocked(archive, bodies)
    origin = {row[0]: row[1] for row in archive.sql(rows, "SELECT seq, origin FROM record")}
    first, second = dice.sample([seq for seq in seqs(archive, rows) if origin[str(seq)] == "1"], 2)
    # Whole rows with entry and time; number and leaf stay with the place.
    archive.sql(rows, f"CREATE TEMP TABLE t AS SELECT * FROM record WHERE seq IN ({first}, {second});"
                + "".join(f"UPDATE record SET (at_us, type, entry) = (SELECT at_us, type, entry FROM t WHERE t.seq = {b}) WHERE seq = {a};" for a, b in ((first, second), (second, first))))
    archive.sql(bodies, f"UPDATE body SET seq = -1 WHERE seq = {first}; UPDATE body SET seq = {first} WHERE seq = {second}; UPDATE body SET seq = {second} WHERE seq = -1")


def back_date(archive, dice):
    rows, _ = dice.choice(places(archive))
    unlocked(archive, rows)
    archive.sql(rows, f"UPDATE record SET at_us = at_us - {dice.randrange(1, 10 ** 13)} WHERE seq = {dice.choice(seqs(archive, rows))}")


def swap_object_files(archive, dice):
    files = [name for name in archive.files() if name.startswith("objects/")]
    first, second = (os.path.join(archive.path, name) for name in dice.sample(files, 2))
    os.rename(first, first + "x")
    os.rename(second, first)
    os.rename(first + "x", second)


def remove_object_file(archive, dice):
    os.remove(os.path.join(archive.path, dice.choice([name for name in archive.files() if name.startswith("objects/")])))


def swap_object_rows(archive, dice):
    bodies = shard_of(archive, "bodies")
    unlocked(archive, bodies)
    rows = [row[0] for row in archive.sql(bodies, "SELECT seq FROM object")]
    first, second = dice.sample(rows, 2)
    archive.sql(bodies, f"UPDATE object SET seq = -1 WHERE seq = {first}; UPDATE object SET seq = {first} WHERE seq = {second}; UPDATE object SET seq = {second} WHERE seq = -1")


def truncate_the_tail(archive, dice):
    numbers = seqs(archive, "live.db")
    last = dice.choice(numbers[1:])
    archive.sql("live.db", f"DELETE FROM record WHERE seq >= {last}; DELETE FROM body WHERE seq >= {last}; DELETE FROM object WHERE seq >= {last};"
                f"UPDATE head SET records = {last}, leaf1 = leaf1 - (leaf1 + leaf2 - {last}) + "
                f"(leaf2 - (SELECT coalesce(max(leaf) + 1, 0) FROM record WHERE origin = 2)) * (SELECT count(*) > 0 FROM record WHERE origin = 2)")
    # Leaves of each log, counted anew.
    archive.sql("live.db", f"UPDATE head SET leaf2 = (SELECT coalesce(max(leaf) + 1, leaf2) FROM record WHERE origin = 2); UPDATE head SET leaf1 = records - leaf2")


KINDS = {kind.__name__: kind for kind in (edit_body, edit_entry, delete_record, delete_and_close_the_gap, pretend_an_erasure, insert_record, reorder,
                                          back_date, swap_object_files, swap_object_rows, remove_object_file, truncate_the_tail)}


def unnoticed(program, kind, times, template=None):
    """How often the change was not found, as sentences."""
    own = template is None
    template = template or prepared(program)
    missed = []
    for number in range(times):
        with template.copy() as archive:
            KINDS[kind](archive, random.Random(f"{kind}{number}"))
            code, problems = archive.verify()
            if code == 0 or not problems:
                missed.append(f"{kind} #{number}: verify said all is well")
    if own:
        template.remove()
    return missed


def continued_over_truncation(program):
    """The journal's end is taken away: a write-ahead log that was not moved yet is deleted, and the archive must not be continued."""
    with Archive(program).init() as archive:
        archive.letopis("import", "--quiet", os.path.join(SAMPLE, "mail", "inbox.mbox"))
        older = archive.copy()
        try:
            archive.letopis("import", "--quiet", os.path.join(SAMPLE, "telegram"))
            # live.db of before, heads of after.
            shutil.copy(os.path.join(older.path, "live.db"), os.path.join(archive.path, "live.db"))
        finally:
            older.remove()
        faults, before = [], seqs(archive, "live.db")
        if archive.run("import", "--quiet", os.path.join(SAMPLE, "whatsapp")).returncode == 0:
            faults.append("an import went on over the lost end")
        if seqs(archive, "live.db") != before:
            faults.append("records were written where others are lost")
        if archive.run("verify").returncode == 0:
            faults.append("verify said all is well")
        return faults


def lose_the_log(archive):
    shutil.rmtree(os.path.join(archive.path, "log"))


def lose_one_log(archive):
    shutil.rmtree(os.path.join(archive.path, "log", "audit-1"))


def damage_a_head(archive):
    with open(os.path.join(archive.path, "log", "archive-1", "checkpoint"), "r+b") as file:
        file.seek(20)
        file.write(b"?")


def lose_the_tiles(archive):
    shutil.rmtree(os.path.join(archive.path, "log", "archive-1", "tile"))


def truncate_and_lose_the_log(archive):
    last = seqs(archive, "live.db")[-5]
    archive.sql("live.db", f"DELETE FROM record WHERE seq >= {last}; DELETE FROM body WHERE seq >= {last}; DELETE FROM object WHERE seq >= {last};"
                f"UPDATE head SET records = {last}, leaf1 = (SELECT count(*) FROM record WHERE origin = 1), leaf2 = (SELECT count(*) FROM record WHERE origin = 2)")
    lose_the_log(archive)


def heads(archive):
    found = {}
    for slug in ("archive-1", "audit-1"):
        path = os.path.join(archive.path, "log", slug, "checkpoint")
        if os.path.exists(path):
            with open(path, "rb") as file:
                found[slug] = file.read()
    return found


def signed_silently(program):
    """What stood in log/ is taken away or damaged: nothing may be signed or stored over that before a person asks for it, reading goes on
    and says so, and what the person did is found afterwards."""
    faults = []
    with Archive(program).init() as template:
        template.letopis("import", "--quiet", os.path.join(SAMPLE, "mail", "inbox.mbox"))
        template.letopis("export", "--as", "mbox", "", "-")
        template.letopis("import", "--quiet", os.path.join(SAMPLE, "mail", "inbox.mbox"))  # signs the access records too
        outside = os.path.join(template.folder, "head")
        shutil.copy(os.path.join(template.path, "log", "archive-1", "checkpoint"), outside)
        for harm in (lose_the_log, lose_one_log, damage_a_head, lose_the_tiles, truncate_and_lose_the_log):
            with template.copy() as archive:
                say = lambda condition, text: condition or faults.append(f"{harm.__name__}: {text}")
                harm(archive)
                found, ordinary = heads(archive), "SELECT count(*) FROM record WHERE origin = 1"
                stored = archive.sql("live.db", ordinary)
                for reading in (["search", ""], ["show", "5"], ["books"], ["export", "--as", "mbox", "", "-"], ["rebuild", "search"]):
                    done = archive.run("--json", *reading)
                    say(done.returncode == 0, f"{reading[0]} gave {done.returncode}")
                    say(done.stderr.count(b"\n") == 1 and b"warning" in done.stderr, f"{reading[0]} did not warn: {done.stderr}")
                for writing in (["import", os.path.join(SAMPLE, "telegram")], ["tag", "+x", "5"], ["proof", "5"], ["rebuild"]):
                    done = archive.run("--quiet", *writing)
                    say(done.returncode == 3 and b"letopis rebuild ledger" in done.stderr, f"{writing[0]} gave {done.returncode}: {done.stderr}")
                say(archive.verify()[0] == 4, "verify said all is well")
                say(archive.sql("live.db", ordinary) == stored, "records were stored")
                say(heads(archive) == found, "something was signed")
                rebuilt = archive.json("rebuild", "ledger")["logs"]
                asked = sum(log["before"] != "valid" for log in rebuilt)
                say((asked == 0) == (harm is lose_the_tiles), f"the logs were {rebuilt}")
                say(archive.verify() == (0, []), "rebuild ledger did not help")
                say(archive.run("--quiet", "import", os.path.join(SAMPLE, "telegram")).returncode == 0, "rebuild ledger did not help import")
                say((archive.verify("--head", outside)[0] == 0) == (harm is not truncate_and_lose_the_log), "the head from outside says something else")
    return faults


def repeated_nonces(program):
    """Sealed bodies under one key that begin with the same nonce."""
    with Archive(program).init() as archive:
        archive.letopis("import", "--quiet", os.path.join(SAMPLE, "mail", "inbox.mbox"))
        rows = archive.sql("live.db", "SELECT key_id, hex(substr(bytes, 1, 24)), count(*) FROM body GROUP BY 1, 2 HAVING count(*) > 1")
        return [f"nonce {row[1]} was used {row[2]} times" for row in rows]


class Tamper(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.template = prepared(RELEASE)

    @classmethod
    def tearDownClass(cls):
        cls.template.remove()

    def test_an_older_journal_under_newer_heads_is_not_continued(self):
        self.assertEqual(continued_over_truncation(RELEASE), [])

    def test_nothing_is_signed_silently_where_no_valid_head_is(self):
        self.assertEqual(signed_silently(RELEASE), [])

    def test_no_nonce_is_used_twice(self):
        self.assertEqual(repeated_nonces(RELEASE), [])

    def older_copy(self):
        """(the archive, a head kept outside, an older copy of everything)."""
        archive = self.template.copy()
        older = archive.copy()
        archive.letopis("import", "--quiet", os.path.join(SAMPLE, "site-chat"))
        head = os.path.join(archive.folder, "outside-head")
        shutil.copy(os.path.join(archive.path, "log", "archive-1", "checkpoint"), head)
        return archive, head, older

    def test_an_older_copy_of_everything_is_found_with_a_head_from_outside(self):
        archive, head, older = self.older_copy()
        with archive, older:
            self.assertEqual(archive.verify("--head", head), (0, []))
            code, problems = older.verify("--head", head)
            self.assertEqual(code, 4)
            self.assertTrue(any("outside" in problem for problem in problems), problems)

    def test_a_fork_that_outgrew_the_head_is_found_with_a_head_from_outside(self):
        archive, head, older = self.older_copy()
        with archive, older:
            older.letopis("import", "--quiet", os.path.join(SAMPLE, "mail", "inbox.mbox"), "--source", "another")
            older.letopis("rebuild", "ledger")
            self.assertEqual(older.verify(), (0, []))  # by itself it is without fault: this is what outside heads are for
            code, problems = older.verify("--head", head)
            self.assertEqual(code, 4)
            self.assertTrue(problems)


def add(kind):
    def test(self):
        self.assertEqual(unnoticed(RELEASE, kind, size(3, 100), self.template), [])
    setattr(Tamper, f"test_{kind}_is_found", test)


for name in KINDS:
    add(name)

if __name__ == "__main__":
    unittest.main()
