#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Deliberate faults (docs/promises.md D4): each is switched on in the test-only build, and the named check must fail with it and pass without it.
A check that lets one live is what is broken."""
import os
import unittest

import flip_test
import full_disk_test
import kill_test
import syscall_test
import tamper_test
from support import MUTANT_BINARY, SAMPLE, Archive, Program


def failed_sync_is_told(program):
    """A sync that fails once, in the middle: the run must report it, and acknowledge nothing afterwards."""
    faults = []
    with Archive(program).init() as template:
        template.torture("append", "--seed", 1, "--count", 6)
        with template.copy() as one:
            count = syscall_test.counted(one.torture_command("append", "--seed", 9, "--count", 24, "--go-on", 1), one.program.env)["fdatasync"]
        for when in (count // 2, count // 2 + 1):
            with template.copy() as archive:
                done = archive.torture("append", "--seed", 9, "--count", 24, "--go-on", 1, prefix=syscall_test.inject("fdatasync", "error=EIO", when))
                output = done.stdout.decode()
                if "failed io" not in output:
                    faults.append(f"sync {when} failed and nobody said so")
                elif "ack " in output[output.index("failed io"):]:
                    faults.append(f"sync {when} failed and the journal went on")
    return faults


def books_tell_the_truth(program):
    """The second import of a mailbox stores nothing: so says the number of messages, and so must the books."""
    with Archive(program).init() as archive:
        mbox = os.path.join(SAMPLE, "mail", "inbox.mbox")
        first = archive.json("import", mbox)
        second = archive.json("import", mbox)
        stored, there = first["stored"] + second["stored"], archive.json("search", "")["total"]
        return [] if stored == there else [f"the imports say that they stored {stored}, there are {there}"]


def dating_back_is_noticed(program):
    return tamper_test.unnoticed(program, "back_date", 2)


# The fault, and the check that must notice it.
MUTANTS = {
    "ack_without_commit": kill_test.finished_append_is_there,
    "drop_wal_sync": syscall_test.unsynced_acks,
    "skip_directory_sync": syscall_test.unsynced_acks,
    "skip_object_sync": syscall_test.unsynced_acks,
    "skip_shard_sync": syscall_test.unsynced_acks,
    "retry_failed_sync": failed_sync_is_told,
    "continue_after_io_error": failed_sync_is_told,
    "ignore_short_write": full_disk_test.acked_but_cut_short,
    "continue_over_truncation": tamper_test.continued_over_truncation,
    "skip_aad": dating_back_is_noticed,
    "reuse_nonce": tamper_test.repeated_nonces,
    "skip_audit_wait": syscall_test.unrecorded_answers,
    "skip_end": flip_test.lost_with_the_log,
    "sign_first": syscall_test.unsynced_heads,
    "sign_without_checkpoint": tamper_test.signed_silently,
    "count_duplicates_as_stored": books_tell_the_truth,
}


@unittest.skipUnless(os.path.exists(MUTANT_BINARY) and os.path.exists(Program(MUTANT_BINARY).torture), "the test-only build is not there")
@unittest.skipUnless(syscall_test.can_trace(), "strace is not there or may not trace")
class Mutants(unittest.TestCase):
    passed = {}

    def passes_without(self, check):
        if check not in self.passed:
            self.passed[check] = check(Program(MUTANT_BINARY))
        self.assertEqual(self.passed[check], [], "the check fails without any fault")

    def test_there_are_enough(self):
        self.assertGreaterEqual(len(MUTANTS), 12)


def add(mutant, check):
    def test(self):
        self.passes_without(check)
        try:
            found = check(Program(MUTANT_BINARY, mutant))
        except AssertionError as stopped:  # the fault showed itself before the check came to its question
            found = [str(stopped)]
        self.assertNotEqual(found, [], f"{check.__name__} lets {mutant} live")
    setattr(Mutants, f"test_{mutant}_is_killed_by_{check.__name__}", test)


for name, named_check in MUTANTS.items():
    add(name, named_check)

if __name__ == "__main__":
    unittest.main()
