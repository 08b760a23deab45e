#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""kill -9 at any moment: what was acknowledged is there, byte for byte, and the books balance (docs/promises.md D1, D7)."""
import glob
import os
import random
import select
import signal
import subprocess
import time
import unittest

from support import RELEASE, Archive, acks_of, digest, exported_digests, mails_of, size, whole_lines


def appended_and_killed(archive, seed, seconds, shard, threads=2):
    """Appends until it is killed: some time after the first acknowledgement, or after the start (then even recovery may be hit).
    Returns the acknowledgements that got out."""
    process = subprocess.Popen(archive.torture_command("append", "--seed", seed, "--count", 1000000, "--threads", threads, "--shard", shard),
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=archive.program.env)
    with process.stdout:
        if seed % 4 != 0:
            select.select([process.stdout], [], [], 10)
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        output = process.stdout.read()
    process.wait()
    return acks_of(whole_lines(output))


def lost_after(archive, acks):
    """What `check` has to complain about after a restart; empty when all that was acknowledged is there and everything verifies."""
    done = archive.torture("check", stdin="\n".join(acks).encode())
    return [] if done.returncode == 0 else (done.stdout[-1000:] + done.stderr[-1000:]).decode("utf-8", "replace").splitlines()


def finished_append_is_there(program):
    """Faults after an append that came to its end without being killed."""
    with Archive(program).init() as archive:
        done = archive.torture("append", "--seed", 1, "--count", 12)
        acks = acks_of(done.stdout)
        return lost_after(archive, acks) or ([] if len(acks) == 12 else [f"{len(acks)} of 12 acknowledged"])


class Kill(unittest.TestCase):
    def test_a_finished_append_is_there(self):
        self.assertEqual(finished_append_is_there(RELEASE), [])

    def test_no_acknowledged_record_is_lost_when_the_appender_is_killed(self):
        rounds, each = size(300, 10000), 50
        dice, acknowledged, closing, shards = random.Random(20261121), 0, 0, 0
        for first in range(0, rounds, each):
            with Archive().init() as archive:
                acks = []
                for number in range(first, min(first + each, rounds)):
                    acks += appended_and_killed(archive, number + 1, dice.uniform(0.002, 0.050), dice.choice((4, 20, 60, 200)))
                    closing += bool(glob.glob(os.path.join(archive.path, "*", "*.new")) or glob.glob(os.path.join(archive.path, "live.db.new")))
                    if number % 10 == 9:
                        self.assertEqual(lost_after(archive, acks[-400:]), [], f"round {number}")
                self.assertEqual(lost_after(archive, acks), [])
                self.assertEqual(archive.verify(), (0, []))
                acknowledged += len(acks)
                shards += len(glob.glob(os.path.join(archive.path, "journal", "*.db")))
        print(f"killed {rounds} appenders, {closing} of them while a shard was closed ({shards} shards): {acknowledged} records acknowledged, 0 lost", flush=True)
        self.assertGreater(acknowledged, rounds)
        self.assertGreater(closing, 0)

    def test_an_import_that_is_killed_again_and_again_comes_to_its_end(self):
        dice, kills, alive = random.Random(7), 0, size(20, 500)
        mails = 1500
        while kills < alive:
            with Archive().init() as archive:
                mbox = os.path.join(archive.folder, "in.mbox")
                archive.letopis("bench-data", mbox, "--messages", str(mails), "--kind", "mail", "--seed", str(kills + 1))
                for _ in range(min(20, alive - kills)):
                    process = subprocess.Popen(archive.command("import", mbox), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                               start_new_session=True, env=archive.program.env)
                    time.sleep(dice.uniform(0.02, 0.7))
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
                    kills += 1
                    if kills % 5 == 0:
                        self.assertEqual(archive.verify(), (0, []), f"after {kills} kills")
                result = archive.json("import", mbox)
                self.assertEqual((result["seen"], result["refused"], result["stored"] + result["duplicates"]), (mails, 0, mails))
                self.assertTrue(all(source["balanced"] for source in archive.json("books")))
                self.assertEqual(archive.json("search", "")["total"], mails)
                self.assertEqual(exported_digests(archive), sorted(digest(mail) for mail in mails_of(mbox)))
                self.assertEqual(archive.verify(), (0, []))

    def test_a_tail_of_64_mib_is_recovered_within_two_seconds(self):
        with Archive().init() as archive:
            done = archive.torture("append", "--count", 6000, "--batch", 60, "--bytes-max", 60000, "--hold-reader", 1, "--kill", 1)
            while os.path.getsize(os.path.join(archive.path, "live.db-wal")) < 64 << 20:
                self.assertEqual(done.returncode, -signal.SIGKILL)
                done = archive.torture("append", "--seed", str(time.monotonic_ns() % 1000000), "--count", 3000, "--batch", 60, "--bytes-max", 60000, "--hold-reader", 1, "--kill", 1)
            tail = os.path.getsize(os.path.join(archive.path, "live.db-wal")) >> 20
            done = archive.torture("check", "--verify", 0)
            self.assertEqual(done.returncode, 0, done.stderr)
            seconds = float(done.stdout.split()[-1])
            print(f"a write-ahead log of {tail} MiB is recovered in {seconds:.2f} s", flush=True)
            self.assertLess(seconds, 2.0)
            self.assertEqual(archive.verify(), (0, []))


if __name__ == "__main__":
    unittest.main()
