#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The programs run on a file system that forgets what was not synced (src/journal/crash/forgetful_fs.cpp), are killed, and the power goes:
what was acknowledged is there, byte for byte, and the same import comes to its end (docs/promises.md D1).

Unlike power_cut_test no kernel's page cache and no ext4 stand between: a file that was synced and whose directory was not may be gone."""
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import syscall_test
from support import LETOPIS, LONG, MUTANT_BINARY, RELEASE, Archive, Pieces, Program, acks_of, digest, exported_digests, mails_of, size, whole_lines

FILE_SYSTEM = os.path.join(os.path.dirname(LETOPIS), "forgetful_fs")
DEVICE = "/dev/fuse"
MODES = ("strict", "ext4")
EACH = 25  # cycles of one archive


class ForgetfulDisk:
    """A folder that is mounted as a disk; cut() unmounts it and puts into place what a power cut left."""

    def __init__(self, folder, mode):
        self.folder, self.mode = folder, mode
        self.contents, self.point = os.path.join(folder, "contents"), os.path.join(folder, "disk")
        os.mkdir(self.contents)
        os.mkdir(self.point)
        self.process = None

    def mount(self, short_write=0):
        self.process = subprocess.Popen([FILE_SYSTEM, self.contents, self.point, self.mode, str(short_write)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        self.expect("mounted")

    def expect(self, pattern):
        line = self.process.stdout.readline()
        if not re.match(pattern, line):
            self.process.kill()
            raise AssertionError(f"the file system says {line!r}, not {pattern!r}: {self.process.stderr.read()[-1000:]}")
        return line

    def unmount(self):
        """Returns how many writes there were."""
        self.process.send_signal(signal.SIGTERM)
        return int(self.expect("unmounted").split()[-2])

    def remains(self, when, seed, name):
        """Lays out what the disk may hold, in a folder of that name. Returns (its path, how many calls were lost)."""
        target = os.path.join(self.folder, name)
        shutil.rmtree(target, ignore_errors=True)
        self.process.stdin.write(f"{when} {seed} {target}\n")
        self.process.stdin.flush()
        return target, int(self.expect(r"\d+ calls").split()[-4])

    def restart(self, seed):
        """The next mount begins with what the cut in the end left."""
        left, _ = self.remains("end", seed, "left")
        self.process.stdin.close()
        if self.process.wait() != 0:
            raise AssertionError(self.process.stderr.read())
        self.process.stdout.close()
        self.process.stderr.close()
        self.process = None
        shutil.rmtree(self.contents)
        os.unlink(os.path.join(left, "said"))
        os.rename(left, self.contents)

    def close(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
                pipe.close()
            subprocess.run(["umount", "-l", self.point], stderr=subprocess.DEVNULL)


class Site:
    """An archive on a forgetful disk."""

    def __init__(self, program, mode):
        self.folder = tempfile.mkdtemp(prefix="letopis-forgetful-")
        self.disk = ForgetfulDisk(self.folder, mode)
        Archive(RELEASE, self.disk.contents).init()
        self.archive = Archive(program, self.disk.point)
        self.acks, self.cuts, self.states, self.lost_calls = [], 0, 0, 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.disk.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def cut(self, dice, work, images=0):
        """Mounts, lets work(archive) run something and kill it, cuts the power. Yields archives that hold what is left: so many that were left by
        a cut at some moment before, then the one that the next mount begins with. What is done to them changes nothing."""
        self.disk.mount()
        work(self.archive)
        self.disk.unmount()
        seed = dice.getrandbits(60)
        for when, one in [("anywhere", dice.getrandbits(60)) for _ in range(images)] + [("end", seed)]:
            left, lost = self.disk.remains(when, one, "found")
            self.lost_calls += lost
            self.states += 1
            yield Archive(RELEASE, left)
        self.cuts += 1
        self.disk.restart(seed)


def killed_after(command, env, seconds, said=os.devnull, wait=False):
    """Kills a program so long after it started, or (wait) after it wrote the first byte to the file `said`."""
    with open(said, "wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.DEVNULL, start_new_session=True, env=env)
    until = time.monotonic() + 30
    while wait and os.path.getsize(said) == 0 and process.poll() is None and time.monotonic() < until:
        time.sleep(0.005)
    time.sleep(seconds)
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def appended_and_cut(site, dice, seed, images=1):
    """One cycle of an appender. Returns what is wrong with what is left."""
    early = dice.random() < 0.2  # while what the cut before left is mended

    def work(archive):
        said = os.path.join(archive.folder, "said")
        command = archive.torture_command("append", "--seed", seed, "--count", 1000000, "--threads", 2, "--shard", dice.choice((4, 20, 60, 200)))
        killed_after(command, archive.program.env, dice.uniform(0, 0.3), said, wait=not early)
    acks = []
    for found in site.cut(dice, work, images):
        with open(os.path.join(found.folder, "said"), "rb") as file:
            acks = acks_of(whole_lines(file.read()))
        done = found.torture("check", stdin="\n".join(site.acks + acks).encode())
        if done.returncode != 0:
            return (done.stdout[-1000:] + done.stderr[-1000:]).decode("utf-8", "replace").splitlines()
    site.acks += acks
    return []


def lost_after_cuts(program, cuts=12, mode="strict"):
    """What is lost or damaged after so many cuts; the first that shows something ends it."""
    dice = random.Random(3)
    with Site(program, mode) as site:
        for number in range(cuts):
            found = appended_and_cut(site, dice, number + 1)
            if found:
                return [f"cut {number + 1}: {one}" for one in found]
    return []


def append_with_short_write(contents, number):
    """(what is wrong, how many writes there were) when one write takes half of its bytes."""
    with tempfile.TemporaryDirectory(prefix="letopis-forgetful-") as folder:
        disk = ForgetfulDisk(folder, "ext4")
        shutil.copytree(contents, disk.contents, dirs_exist_ok=True)
        try:
            disk.mount(number)
            done = Archive(RELEASE, disk.point).torture("append", "--seed", 9, *syscall_test.APPEND)
            writes = disk.unmount()
        finally:
            disk.close()
        acks = acks_of(done.stdout)
        check = Archive(RELEASE, disk.contents).torture("check", stdin="\n".join(acks).encode())
        faults = [] if check.returncode == 0 else [check.stdout[-500:].decode()]
        if len(acks) != syscall_test.COUNT:
            faults.append(f"{len(acks)} of {syscall_test.COUNT} acknowledged: {done.stderr[-300:].decode()}")
        return [f"write {number} took half: {fault}" for fault in faults], writes


def answers_wrong(archive):
    """What is wrong with an archive that is asked right after a power cut, with nothing done by hand: everything opens, a search answers, and catalogue
    and index say what those say that are made again from the journal."""
    faults = archive.verify()[1]
    done = archive.run("--json", "search", "")
    if done.returncode != 0:
        return faults + [f"search: {done.stderr.decode('utf-8', 'replace').strip()}"]
    found = json.loads(done.stdout)
    if found["total"] != 0:
        archive.letopis("tag", "+seen", str(found["hits"][0]["id"]))  # so that the records of this access are in the catalogue, too
        grown, made = archive.json("rebuild", "ledger"), archive.json("rebuild")  # the first tells how they are and leaves them so
        faults += [f"the {name} is not what the journal makes of it" for name in ("catalog", "index") if grown.get(name) != made[name]]
        if archive.json("search", "")["total"] != found["total"]:
            faults.append(f"{found['total']} messages were found, and another number after a rebuild")
    return faults + archive.verify()[1]


def import_again_and_again(site, dice, cuts, messages, images=0):
    """An import whose power is cut again and again; at last it comes to its end. Returns what is wrong."""
    mbox = os.path.join(site.folder, "in.mbox")
    site.archive.letopis("bench-data", mbox, "--messages", str(messages), "--kind", "mail", "--seed", str(dice.randrange(1 << 30)))
    command = site.archive.command("import", "--quiet", mbox)
    for _ in range(cuts):
        for found in site.cut(dice, lambda archive: killed_after(command, archive.program.env, dice.uniform(0.1, 1.5)), images):
            faults = answers_wrong(found)
            if faults:
                return [f"after {site.cuts} cuts: {fault}" for fault in faults]
    found = Archive(RELEASE, site.disk.contents)
    faults = answers_wrong(found)
    result = found.json("import", mbox)
    if (result["seen"], result["refused"], result["stored"] + result["duplicates"]) != (messages, 0, messages):
        faults.append(f"the same command ended with {result}")
    if not all(source["balanced"] for source in found.json("books")):
        faults.append("the books do not balance")
    if exported_digests(found) != sorted(digest(mail) for mail in mails_of(mbox)):
        faults.append("other mails than those of the mailbox are in the archive")
    return faults + found.verify()[1]


@unittest.skipUnless(os.path.exists(DEVICE), f"there is no {DEVICE}: no file system of one's own can be mounted here")
class Forgetful(unittest.TestCase):
    def test_no_acknowledged_record_is_lost_when_unsynced_writes_are_forgotten(self):
        cuts, sites = size(10, 1000), []
        for first in Pieces("forgetful", range(0, cuts, EACH)):
            mode, dice = MODES[first // EACH % 2], random.Random(20261122 + first)
            with Site(RELEASE, mode) as site:
                sites.append(site)
                for number in range(first, min(first + EACH, cuts)):
                    self.assertEqual(appended_and_cut(site, dice, number + 1), [], f"cut {number + 1} ({mode})")
                print(f"{mode}: {site.cuts} cuts, {site.states} states, 0 of {len(site.acks)} acknowledged records lost, {site.lost_calls} calls that were not "
                      "synced lost or torn", flush=True)
        self.assertTrue(not sites or sum(site.lost_calls for site in sites) > 0)

    def test_an_import_whose_writes_are_forgotten_again_and_again_comes_to_its_end(self):
        cuts, dice, done, states, lost = size(4, 200), random.Random(7), 0, 0, 0
        each = size(2, 10)
        while done < cuts:
            with Site(RELEASE, MODES[done // each % 2]) as site:
                self.assertEqual(import_again_and_again(site, dice, min(each, cuts - done), 400, images=2), [], f"after {done} cuts without a fault")
                done, states, lost = done + site.cuts, states + site.states, lost + site.lost_calls
        print(f"{done} cuts of imports, {states} states, {lost} calls that were not synced lost or torn: each answered by itself, every mail is there", flush=True)

    def test_a_write_that_takes_half_of_its_bytes_costs_nothing(self):
        with Archive().init() as template:
            template.torture("append", "--seed", 1, "--count", 12, "--shard", 10)
            found, writes = append_with_short_write(template.folder, 0)
            self.assertEqual(found, [])
            pieces = Pieces("short_writes", range(1, writes + 1, 1 if LONG else 60))
            found = pieces.map(lambda number: append_with_short_write(template.folder, number)[0])
        print(f"{len(pieces.left)} short writes, one a run of {writes}", flush=True)
        self.assertEqual(found, [])

    @unittest.skipUnless(os.path.exists(Program(MUTANT_BINARY).torture), "the test-only build is not there")
    def test_a_sync_that_is_left_out_is_noticed(self):
        self.assertEqual(lost_after_cuts(Program(MUTANT_BINARY), 2), [], "the test-only build loses records without any fault")
        for mutant in ("drop_wal_sync", "skip_directory_sync", "skip_object_sync", "skip_shard_sync"):
            with self.subTest(mutant=mutant):
                found = lost_after_cuts(Program(MUTANT_BINARY, mutant), 40)
                self.assertNotEqual(found, [], f"{mutant} lives")
                print(f"{mutant}: {found[0][:150]}", flush=True)

    @unittest.skipUnless(os.path.exists(MUTANT_BINARY), "the test-only build is not there")
    def test_catalogue_and_index_without_syncs_are_noticed(self):
        found = []
        for mode in MODES:
            with Site(Program(MUTANT_BINARY, "skip_projection_sync"), mode) as site:
                found += import_again_and_again(site, random.Random(7), 12, 400, images=3)
            if found:
                break
        self.assertNotEqual(found, [], "skip_projection_sync lives")
        print(f"skip_projection_sync: {found[0][:200]}", flush=True)


if __name__ == "__main__":
    if not os.path.exists(DEVICE):
        print(f"not run: there is no {DEVICE}", flush=True)
    elif not os.path.exists(FILE_SYSTEM):
        sys.exit(f"{FILE_SYSTEM} is not built: it needs libfuse3-dev (scripts/packages/test.txt)")
    unittest.main()
