#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""A full disk (docs/promises.md D6): one clear sentence, nothing lost, reading goes on, and with space again the same command goes on."""
import os
import re
import resource
import shutil
import subprocess
import tempfile
import unittest

from support import RELEASE, Archive, acks_of, digest, exported_digests, mails_of, whole_lines


class Disk:
    """A small file system of its own: ext4 on a loop device, or tmpfs."""

    def __init__(self, kind, mib):
        self.folder = tempfile.mkdtemp(prefix="letopis-disk-")
        self.mount = os.path.join(self.folder, "mnt")
        os.mkdir(self.mount)
        if kind == "tmpfs":
            command = ["mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", self.mount]
        else:
            image = os.path.join(self.folder, "image")
            with open(image, "wb") as file:
                file.truncate(mib << 20)
            made = subprocess.run(["mkfs.ext4", "-q", "-m", "0", "-F", image], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            if made.returncode != 0:
                self.remove()
                raise unittest.SkipTest("mkfs.ext4 does not work here")
            command = ["mount", "-o", "loop", image, self.mount]
        if subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode != 0:
            self.remove()
            raise unittest.SkipTest(f"no {kind} can be mounted here (needs root and loop devices)")

    def fill(self, leave_kib):
        """A file that takes all but so much of the space."""
        space = os.statvfs(self.mount)
        size = max(0, space.f_bavail * space.f_frsize - (leave_kib << 10))
        path = os.path.join(self.mount, "filler")
        with open(path, "wb") as file:
            os.posix_fallocate(file.fileno(), 0, size) if size else None
        return path

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()

    def remove(self):
        if os.path.ismount(self.mount):
            subprocess.run(["umount", "-l", self.mount], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


def acked_but_cut_short(program):
    """Objects that were acknowledged though the write ended early. A file may not grow beyond 256 KiB here, so that the kernel takes a
    part of a large object and then refuses the rest: what a full disk does, without a disk."""
    with Archive(program).init() as archive:
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (256 << 10, 256 << 10))
        acks = []
        for seed in range(1, 9):  # some contents are larger than the limit; each run ends at the first of them
            done = archive.torture("append", "--seed", seed, "--count", 30, "--batch", 1, before=limit)
            acks += acks_of(whole_lines(done.stdout))
        check = archive.torture("check", stdin="\n".join(acks).encode())
        faults = [] if acks else ["nothing was acknowledged"]
        return faults if check.returncode == 0 else faults + check.stdout.decode("utf-8", "replace").splitlines()[-6:]


class FullDisk(unittest.TestCase):
    maxDiff = None

    def test_an_object_whose_write_ended_early_is_not_acknowledged(self):
        self.assertEqual(acked_but_cut_short(RELEASE), [])

    def import_until_full(self, kind, mib, reserve):
        with Disk(kind, mib) as disk, tempfile.TemporaryDirectory() as outside:
            archive = Archive(folder=disk.mount)
            archive.key = os.path.join(outside, "key")
            archive.program.env["LETOPIS_KEY_FILE"] = archive.key
            self.addCleanup(archive.program.env.pop, "LETOPIS_KEY_FILE", None)
            archive.letopis("init", "--host", "t", "--disk-reserve", str(reserve))
            mbox = os.path.join(outside, "in.mbox")
            archive.letopis("bench-data", mbox, "--messages", "1500", "--kind", "mail", "--seed", "3")
            small = os.path.join(outside, "first.mbox")
            archive.letopis("bench-data", small, "--messages", "300", "--kind", "mail", "--seed", "4")
            archive.letopis("import", "--quiet", small)
            filler = disk.fill(1200)
            done = archive.run("import", "--quiet", mbox)
            said = done.stderr.decode()
            self.assertEqual(done.returncode, 3, said + done.stdout.decode())
            lines = [line for line in said.splitlines() if line.strip()]
            self.assertEqual(len(lines), 1, said)
            self.assertRegex(lines[0], r"^letopis: .*(full|no space|space left|left, below the reserve|No space).*")
            self.assertRegex(lines[0], r"[Ff]ree some space")
            # Reading goes on: the reserve gives room for the records of it.
            for command in (["--json", "search", "--limit", "3", ""], ["books"], ["verify", "--deep"]):
                asked = archive.run(*command)
                self.assertEqual(asked.returncode, 0, f"{command}: {asked.stdout[-800:]}{asked.stderr[-500:]}")
            os.remove(filler)
            again = archive.run("--json", "import", "--quiet", mbox)
            self.assertEqual(again.returncode, 0, again.stderr)
            self.assertEqual(archive.verify(), (0, []))
            self.assertEqual(exported(archive, outside), sorted(digest(mail) for path in (mbox, small) for mail in mails_of(path)))
            self.assertTrue(all(source["balanced"] for source in archive.json("books")))

    def test_a_full_ext4_costs_nothing(self):
        self.import_until_full("ext4", 96, 0)

    def test_a_full_tmpfs_costs_nothing(self):
        self.import_until_full("tmpfs", 96, 0)

    def test_the_reserve_is_kept_for_reading(self):
        self.import_until_full("tmpfs", 96, 2 << 20)

    def test_appends_on_a_filling_disk_lose_nothing(self):
        for kind, left in (("ext4", 900), ("ext4", 2500), ("tmpfs", 700), ("tmpfs", 3000)):
            with Disk(kind, 32) as disk:
                archive = Archive(folder=disk.mount).init()
                filler = disk.fill(left)
                acks = []
                for seed in range(1, 4):
                    done = archive.torture("append", "--seed", seed, "--count", 400, "--threads", 2, "--shard", 40)
                    acks += acks_of(whole_lines(done.stdout))
                    self.assertIn(done.returncode, (3,), done.stderr)
                    self.assertRegex(done.stderr.decode(), "error (no_space|io)")
                os.remove(filler)
                check = archive.torture("check", stdin="\n".join(acks).encode())
                self.assertEqual(check.returncode, 0, f"{kind} {left}: {check.stdout[-600:]}{check.stderr}")
                more = archive.torture("append", "--seed", 77, "--count", 30, "--shard", 40)
                self.assertEqual(more.returncode, 0, more.stderr)
                self.assertEqual(archive.verify(), (0, []))


def exported(archive, outside):
    there = Archive(folder=outside)
    there.path, there.program = archive.path, archive.program
    return exported_digests(there)


if __name__ == "__main__":
    unittest.main()
