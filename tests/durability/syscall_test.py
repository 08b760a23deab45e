#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""A fault at every system call (docs/promises.md D3, D5): EIO, ENOSPC and SIGKILL at the n-th call of each kind, by strace. And the order of
writes, syncs and promises, which no killing can show: a sync that is missing costs nothing until the power goes."""
import concurrent.futures
import os
import random
import re
import shutil
import subprocess
import tempfile
import unittest

from support import LONG, RELEASE, SAMPLE, Archive, Pieces, acks_of, calls_of, exported_digests, size, unsynced, whole_lines

STRACE = shutil.which("strace")
WRITING = "pwrite64 write fdatasync fsync rename ftruncate openat".split()
OTHERS = "unlink chmod mkdir pread64 read newfstatat statfs getdents64 fcntl lseek".split()
TRACED = "pwrite64,write,fsync,fdatasync,rename,renameat,renameat2,openat,ftruncate"
# So many appends that shards are closed on the way, and that one follows the last closing: it would meet a fault of it.
COUNT = 27
APPEND = ("--count", COUNT, "--shard", 10, "--batch", 3, "--go-on", 1)


def can_trace():
    return STRACE is not None and subprocess.run([STRACE, "-o", "/dev/null", "true"], stderr=subprocess.DEVNULL).returncode == 0


def counted(command, env):
    """How often each call is made when nothing goes wrong."""
    with tempfile.NamedTemporaryFile() as log:
        subprocess.run([STRACE, "-f", "-c", "-o", log.name, *command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)
        lines = log.read().decode("utf-8", "replace").splitlines()
    counts = {}
    for line in lines:
        words = line.split()
        if len(words) >= 5 and words[3].isdigit():
            counts[words[-1]] = int(words[3])
    return counts


def lines_of(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read().splitlines()


def inject(call, fault, when):
    # What is not traced is not injected either.
    return [STRACE, "-f", "-qqq", "-e", f"trace={call}", "-e", f"inject={call}:{fault}:when={when}", "-o", "/dev/null"]


def append_with_fault(template, call, fault, when):
    """Faults found after one injected fault; empty when the rules held."""
    with template.copy() as archive:
        done = archive.torture("append", "--seed", 9, *APPEND, prefix=inject(call, fault, when))
        name, faults = f"{call} #{when} {fault}", []
        output = whole_lines(done.stdout).decode()
        acks = acks_of(output.encode())
        if done.returncode not in (0, 3, -9, 127, 137):
            faults.append(f"ended with {done.returncode}: {done.stderr[-300:]}")
        if done.returncode == 0 and len(acks) != COUNT:
            faults.append("said nothing of the fault, and did not acknowledge everything")
        if call == "fsync" and "EIO" in fault and done.returncode == 0:
            faults.append("said nothing of a failed sync")
        # After a failed write or sync (not: a failed question for the free space) the journal takes nothing more: its state on disk is not known any longer.
        failed = re.search(r"^failed io$", output, re.M)
        if failed and call in WRITING and "ack " in output[failed.end():]:
            faults.append("went on after a failed write")
        check = archive.torture("check", "--verify", 0, stdin="\n".join(acks).encode())
        if check.returncode != 0:
            faults.append((check.stdout[-500:] + check.stderr[-500:]).decode())
        code, problems = archive.verify()
        if code != 0:
            faults += problems
        return [f"{name}: {fault}" for fault in faults]


def import_with_fault(template, mbox, mails, call, fault, when):
    with template.copy() as archive:
        done = archive.run("import", mbox, prefix=inject(call, fault, when))
        name, faults = f"import, {call} #{when} {fault}", []
        if done.returncode not in (0, 3, 4, 5, -9, 127, 137):
            faults.append(f"ended with {done.returncode}: {done.stderr[-300:]}")
        code, problems = archive.verify()
        if code != 0:
            faults.append(f"after the fault: {problems}")
        again = archive.run("import", mbox)
        if again.returncode != 0:
            faults.append(f"the same command did not go on: {again.stderr[-300:]}")
        elif exported_digests(archive) != mails:
            faults.append("other mails than those of the mailbox are in the archive")
        else:
            if not all(source["balanced"] for source in archive.json("books")):
                faults.append("the books do not balance")
            code, problems = archive.verify()
            if code != 0:
                faults.append(f"in the end: {problems}")
        return [f"{name}: {fault}" for fault in faults]


def traced(archive, command, trace):
    return subprocess.run([STRACE, "-f", "-y", "-s", "64", "-e", f"trace={TRACED}", "-o", trace, *command], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=archive.program.env)


def unsynced_acks(program):
    """Acknowledgements that the appender gave before everything they promise was synced."""
    with Archive(program).init() as archive:
        trace = os.path.join(archive.folder, "trace")
        done = traced(archive, archive.torture_command("append", *APPEND), trace)
        acks = acks_of(done.stdout)
        faults = unsynced(trace, archive.path, lambda name, arguments: name == "write" and '"ack ' in arguments)
        return faults if len(acks) == COUNT else faults + [f"{len(acks)} acknowledged: {done.stderr[-500:]}"]


def unsynced_heads(program):
    """Signed heads that got their name before the records and tiles under them were there and synced, in an import."""
    with Archive(program).init() as archive:
        trace = os.path.join(archive.folder, "trace")
        done = traced(archive, archive.command("import", "--quiet", os.path.join(SAMPLE, "mail", "inbox.mbox")), trace)
        is_head = lambda name, arguments: name.startswith("rename") and arguments.endswith('/checkpoint"')
        faults, heads, tiles = unsynced(trace, archive.path, is_head), 0, set()
        for name, arguments, _ in calls_of(trace):
            log = re.search(r"/log/([^/]+)/[^ ]*$", arguments) if name.startswith("rename") else None
            if log and is_head(name, arguments):
                heads += 1
                if log.group(1) not in tiles:
                    faults.append(f"a head of {log.group(1)} was signed before its tiles were written")
                tiles.discard(log.group(1))
            elif log:
                tiles.add(log.group(1))
        return faults if done.returncode == 0 and heads > 0 else faults + [f"{heads} heads, exit code {done.returncode}: {done.stderr[-500:]}"]


def unrecorded_answers(program):
    """Contents that left before the record of who read them was durable."""
    faults = []
    with Archive(program).init() as archive:
        archive.letopis("import", "--quiet", os.path.join(SAMPLE, "mail", "inbox.mbox"))
        hits = archive.json("search", "")["hits"]
        for command in (["show", str(hits[0]["id"]), "--raw"], ["--json", "search", hits[0]["subject"].split()[0]],
                        ["export", "--as", "mbox", "", "-"]):
            trace = os.path.join(archive.folder, "trace")
            before = archive.json("verify")["records"]
            traced(archive, archive.command(*command), trace)
            recorded = synced = False
            for line in lines_of(trace):
                if "/live.db-wal>" in line and "pwrite64(" in line:
                    recorded, synced = True, False
                elif "/live.db-wal>" in line and ("fdatasync(" in line or "fsync(" in line):
                    synced = recorded
                elif re.search(r"\bwrite\(1<", line) and not synced:
                    faults.append(f"{command[0]}: something was printed before the access record was durable")
                    break
            if archive.json("verify")["records"] <= before:
                faults.append(f"{command}: no access record")
    return faults


SIGNING = "rename fsync fdatasync openat write pwrite64 mkdir".split()


def goes_on(archive, name):
    """What an archive that was left by a crash has to complain about."""
    faults = []
    done = archive.run("search", "")
    if done.returncode != 0 or done.stderr:
        faults.append(f"{name}: search said {done.stderr[-300:]}")
    if archive.verify() != (0, []):
        faults.append(f"{name}: {archive.verify()}")
    done = archive.run("import", "--quiet", os.path.join(SAMPLE, "mail", "inbox.mbox"), "--source", "another")
    if done.returncode != 0:
        faults.append(f"{name}: import said {done.stderr[-300:]}")
    if archive.verify() != (0, []):
        faults.append(f"{name}: after an import: {archive.verify()}")
    return faults


def init_killed(call, fault, when):
    """(whether an archive was left, what is wrong with it)."""
    with Archive() as archive:
        archive.run("init", "--host", "t", "--disk-reserve", "0", prefix=inject(call, fault, when))
        whole = os.path.exists(os.path.join(archive.path, "archive.toml"))
        return whole, goes_on(archive, f"init, {call} #{when}") if whole else []


def signature_killed(template, call, fault, when):
    with template.copy() as archive:
        archive.run("tag", "+x", "5", prefix=inject(call, fault, when))
        return goes_on(archive, f"tag, {call} #{when}")


@unittest.skipUnless(can_trace(), "strace is not there or may not trace")
class Syscall(unittest.TestCase):
    maxDiff = None

    def all_points(self, counts, kinds, each):
        points = []
        for call in kinds:
            count = counts.get(call, 0)
            for fault in ("error=EIO", "error=ENOSPC", "signal=SIGKILL"):
                whens = list(range(1, count + 1))
                points += [(call, fault, when) for when in (whens if count <= each else random.Random(call + fault).sample(whens, each))]
        return points

    def test_a_fault_at_any_call_of_the_appender_loses_nothing_and_is_told(self):
        with Archive().init() as template:
            template.torture("append", "--seed", 1, "--count", 12, "--shard", 10)
            with template.copy() as one:
                counts = counted(one.torture_command("append", "--seed", 9, *APPEND), one.program.env)
            points = self.all_points(counts, WRITING, size(4, 1000)) + self.all_points(counts, OTHERS, size(1, 1000))
            pieces = Pieces("appender", points)
            found = pieces.map(lambda point: append_with_fault(template, *point))
        print(f"appender: {pieces.all} faults at {len({call for call, _, _ in points})} kinds of calls, {len(pieces.left)} of them in this run", flush=True)
        self.assertGreater(len(points), 100)
        self.assertEqual(found, [])

    def test_a_fault_at_any_call_of_an_import_loses_nothing_and_the_same_command_goes_on(self):
        mbox = os.path.join(SAMPLE, "mail", "inbox.mbox")
        with Archive().init() as template:
            with template.copy() as one:
                counts = counted(one.command("import", mbox), one.program.env)
                mails = exported_digests(one)
            points = self.all_points(counts, ("pwrite64", "fdatasync", "fsync", "rename", "openat", "write"), size(1, 100))
            pieces = Pieces("import", points)
            found = pieces.map(lambda point: import_with_fault(template, mbox, mails, *point))
        print(f"import: {pieces.all} faults, {len(pieces.left)} of them in this run", flush=True)
        self.assertEqual(found, [])

    def test_an_init_that_is_killed_at_any_call_leaves_a_whole_archive_or_none(self):
        with Archive() as one:
            counts = counted(one.command("init", "--host", "t", "--disk-reserve", "0"), one.program.env)
        points = [point for point in self.all_points(counts, SIGNING, size(12, 1000)) if "SIGKILL" in point[1]]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            found = list(pool.map(lambda point: init_killed(*point), points))
        print(f"init: {len(points)} kills, {sum(whole for whole, _ in found)} of them left an archive", flush=True)
        self.assertEqual([fault for _, faults in found for fault in faults], [])

    def test_a_signature_that_is_killed_at_any_call_is_made_up_for_by_the_next_command(self):
        with Archive().init() as template:
            template.letopis("import", "--quiet", os.path.join(SAMPLE, "mail", "inbox.mbox"))
            template.letopis("search", "")
            with template.copy() as one:
                counts = counted(one.command("tag", "+x", "5"), one.program.env)
            points = [point for point in self.all_points(counts, SIGNING, size(12, 1000)) if "SIGKILL" in point[1]]
            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                found = list(pool.map(lambda point: signature_killed(template, *point), points))
        print(f"signature: {len(points)} kills", flush=True)
        self.assertEqual([fault for faults in found for fault in faults], [])

    def test_every_failed_sync_stops_the_journal(self):
        found, points = [], 0
        with Archive().init() as template:
            template.torture("append", "--seed", 1, "--count", 12, "--shard", 10)
            with template.copy() as one:
                counts = counted(one.torture_command("append", "--seed", 9, *APPEND), one.program.env)
            for call in ("fdatasync", "fsync"):
                whens = range(1, counts[call] + 1)
                for when in whens if LONG else list(whens)[::4]:
                    found += append_with_fault(template, call, "error=EIO", when)
                    points += 1
        print(f"{points} failed syncs", flush=True)
        self.assertEqual(found, [])

    def test_nothing_is_acknowledged_before_it_is_synced(self):
        self.assertEqual(unsynced_acks(RELEASE), [])

    def test_no_head_is_signed_before_the_journal_and_the_tiles_are_synced(self):
        self.assertEqual(unsynced_heads(RELEASE), [])

    def test_nothing_is_shown_before_its_access_record_is_synced(self):
        self.assertEqual(unrecorded_answers(RELEASE), [])


if __name__ == "__main__":
    unittest.main()
