#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The power is cut while a guest appends: what it acknowledged on its console is on the disk, byte for byte (docs/promises.md D1, D5).
Only in the long form. machine.py says what a power cut is here."""
import os
import random
import shutil
import tempfile
import unittest

import machine
from support import LONG, MUTANT_BINARY, RELEASE, Archive, Pieces, Program, acks_of, size, whole_lines

IMAGES = 5  # what the disk would be at so many more moments, for each boot whose power is cut


class Site:
    """An archive on a disk from which machines are booted again and again; each one's power is cut."""

    def __init__(self, program):
        self.folder = tempfile.mkdtemp(prefix="letopis-power-")
        content = os.path.join(self.folder, "content")
        os.mkdir(content)
        Archive(RELEASE, content).init()
        image, self.initrd = os.path.join(self.folder, "disk"), os.path.join(self.folder, "initrd")
        machine.new_disk(image, content, 512)
        self.disk = machine.Disk(image)
        with open(self.initrd, "wb") as file:
            file.write(machine.initramfs(program.torture))
        self.environment = [(name, program.env[name]) for name in ("LETOPIS_MUTANT",) if name in program.env]
        self.running = None
        self.acks, self.cuts, self.images, self.recovering, self.sectors_lost = [], 0, 0, 0, 0

    def __enter__(self):
        self.accelerator = machine.accelerator(self.initrd, self.disk)
        self.disk.lose_power(random.Random(0))
        return self

    def __exit__(self, *_):
        if self.running is not None:
            self.running.kill()
        self.disk.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def guest(self, seed, *more):
        words = " ".join(map(str, ("--seed", seed, "--count", 1000000, *more)))
        machine.mend(self.disk.image)
        self.running = machine.Guest(self.initrd, self.disk, words, self.accelerator, self.environment)
        if not self.running.wait_for(b"^started", 300):
            raise AssertionError(f"the guest does not come up: {self.running.output[-2000:]}")
        return self.running

    def faults(self, image, acks):
        """What the archive on an image lacks of what was acknowledged, or has wrong."""
        found = Archive(RELEASE, os.path.join(self.folder, "found"))
        machine.contents_of(image, found.folder)
        done = found.torture("check", stdin="\n".join(acks).encode())
        if done.returncode != 0:
            return (done.stdout[-1000:] + done.stderr[-1000:]).decode("utf-8", "replace").splitlines()
        return found.verify()[1]

    def faults_of_images(self, guest, dice):
        image, found = os.path.join(self.folder, "now"), []
        for _ in range(IMAGES):
            if not guest.watch(dice.uniform(0.1, 1)):
                break
            acks = self.acks + acks_of(whole_lines(guest.said()))
            self.sectors_lost += self.disk.image_after_power_loss(dice, image)
            self.images += 1
            found += self.faults(image, acks)
        return found

    def cut(self, dice, seed):
        """One boot, one cut: while the archive is opened after the cut before, or while records are appended. Returns the faults."""
        guest, found = self.guest(seed, "--threads", 2, "--shard", dice.choice((4, 20, 60, 200))), []
        if seed % 4 == 0:
            guest.watch(dice.uniform(0, 1.5))
        elif not guest.wait_for(b"^ack ", 300):
            found = [f"the guest acknowledges nothing: {guest.output[-1000:]}"]
        else:
            found = self.faults_of_images(guest, dice)
            guest.watch(dice.uniform(0, 1))
        guest.kill()
        self.sectors_lost += self.disk.lose_power(dice)
        self.cuts += 1
        acks = acks_of(whole_lines(guest.said()))
        self.recovering += not acks
        self.acks += acks
        if b"failed" in guest.output:
            found.append(f"an append failed on a sound disk: {guest.output[-1000:]}")
        return found + self.faults(self.disk.image, self.acks)


@unittest.skipUnless(LONG, "the power is cut only in the long form (./test --long)")
@unittest.skipIf(machine.missing(), machine.missing())
class PowerCut(unittest.TestCase):
    def test_no_acknowledged_record_is_lost_when_the_power_is_cut(self):
        cuts, each, total = size(5, 200), 10, []
        pieces = Pieces("power_cuts", range(0, cuts, each))
        for first in pieces:
            dice = random.Random(20261122 + first)
            with Site(RELEASE) as site:
                total.append(site)
                for number in range(first, min(first + each, cuts)):
                    self.assertEqual(site.cut(dice, number + 1), [], f"cut {number + 1}, {number - first} before it on the same disk without a fault")
                print(f"{site.accelerator}: {site.cuts} cuts and {site.images} images, {site.recovering} cuts before the first acknowledgement; "
                      f"{site.sectors_lost} unflushed sectors and 0 of {len(site.acks)} acknowledged records lost", flush=True)
        if pieces.left:
            self.assertGreater(sum(len(site.acks) for site in total), 0)
            self.assertGreater(sum(site.sectors_lost for site in total), 0)

    def test_a_disk_that_cannot_flush_is_told_and_nothing_is_acknowledged_after_it(self):
        rounds, dice, acknowledged = size(1, 10), random.Random(5), 0
        for number in range(rounds):
            with Site(RELEASE) as site:  # a disk that could not flush is not used again
                guest = site.guest(number + 1, "--go-on", 1)
                self.assertTrue(guest.wait_for(b"^ack ", 300), guest.output)
                site.disk.broken_from = site.disk.flushes + dice.randint(1, 10)
                self.assertTrue(guest.wait_for(b"^failed io", 300), guest.output[-1000:])
                guest.watch(3)
                guest.kill()
                site.disk.lose_power(dice)
                said = guest.said().decode("utf-8", "replace")
                self.assertNotIn("\nack ", said[said.index("\nfailed io"):])
                site.acks += acks_of(whole_lines(guest.said()))
                self.assertEqual(site.faults(site.disk.image, site.acks), [], f"round {number}")
                acknowledged += len(site.acks)
        print(f"{rounds} disks that could not flush: {acknowledged} records acknowledged, 0 lost", flush=True)

    @unittest.skipUnless(os.path.exists(Program(MUTANT_BINARY).torture), "the test-only build is not there")
    def test_a_write_ahead_log_that_is_not_synced_is_noticed(self):
        with Site(Program(MUTANT_BINARY)) as site:
            self.assertEqual(site.cut(random.Random(1), 1), [], "the test-only build loses records without any fault")
        dice = random.Random(1)
        with Site(Program(MUTANT_BINARY, "drop_wal_sync")) as site:
            noticed = any(site.cut(dice, number) for number in range(1, 4))
            self.assertTrue(noticed, f"{site.cuts} cuts and {site.images} images did not notice the missing sync")
            print(f"drop_wal_sync: noticed after {site.cuts} cuts and {site.images} images", flush=True)


if __name__ == "__main__":
    if LONG and machine.missing():
        print(f"not run: {machine.missing()}", flush=True)
    unittest.main()
