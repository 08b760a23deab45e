#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a power cut may leave, at every call of an appending run and in any combination of unsynced writes: it opens, nothing acknowledged is
lost, verify is green, appending goes on (docs/promises.md D2). The model stands in src/journal/crash/disk.hpp.

A violation names its seed and state: journal_crash --seed S --state N shows it again."""
import datetime
import os
import re
import subprocess
import unittest

from support import LETOPIS, progress_file, size

PROGRAM = os.path.join(os.path.dirname(LETOPIS), "journal_crash")

# Syncs that are left out to see whether the explorer misses them: the part of the name by which the files are known.
NEEDED_SYNCS = {
    "the write-ahead log": "live.db-wal",
    "objects and their directories": "objects/",
    "the copies of a closed shard": "bodies/",
    "the new live file": "live.db.new",
    "the keyring": "keyring.",
}


def resuming(name):
    path = progress_file(name, PROGRAM)
    return ("--progress", path) if path else ()


def explored(*arguments):
    """(violations, states, output) of one exploration."""
    done = subprocess.run([PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = done.stdout.decode("utf-8", "replace")
    summary = re.search(r"^explored (\d+) states .*: (\d+) violations$", output, re.M)
    if done.returncode not in (0, 1) or not summary:
        raise AssertionError(f"the explorer ended with {done.returncode}:\n{output[-3000:]}")
    return int(summary.group(2)), int(summary.group(1)), output


class CrashStates(unittest.TestCase):
    def test_every_state_keeps_the_promise(self):
        today = int(datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%d"))
        states = size(2000, 500_000)
        for seed in (1, today):
            with self.subTest(seed=seed):
                violations, done, output = explored("--seed", seed, "--states", states, "--per-run", 10_000, *resuming(f"crash-{seed}"))
                print(f"seed {seed}: {output.splitlines()[-1]}", flush=True)
                self.assertEqual((violations, done), (0, states), output[-3000:])

    def test_a_sync_that_is_left_out_is_noticed(self):
        for what, part in NEEDED_SYNCS.items():
            with self.subTest(what=what):
                violations, done, _ = explored("--seed", 1, "--states", 20_000, "--stop-after", 1, "--forget", part)
                print(f"without syncing {what}: noticed after {done} states", flush=True)
                self.assertGreater(violations, 0)


if __name__ == "__main__":
    unittest.main()
