#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every command works beside a long import, and a process that dies leaves nothing in the way."""
import os
import signal
import subprocess
import threading
import time
import unittest

from harness import LETOPIS, LONG, Scenario, counts, environment, mail, main, mbox, stop, wait_until


class Beside(Scenario):
    def setUp(self):
        super().setUp()
        self.box.take(self.box.write("first.mbox", mbox([mail(n, body=f"прежнее{n}") for n in range(20)])))
        self.first = self.box.ids("")[0]

    def writer(self, messages=40_000 if LONG else 15_000):
        """A long import that holds the archive."""
        self.box.run("bench-data", "--messages", str(messages), self.box.path("many.jsonl"))
        process = self.box.start("import", "--json", self.box.path("many.jsonl"), stdout=subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        self.addCleanup(stop, process)
        self.assertTrue(wait_until(lambda: os.path.exists(self.box.path("archive", "archive.sock"))), "the importer answers nobody")
        return process

    def test_every_command_answers_while_an_import_runs(self):
        process = self.writer()
        self.assertEqual(self.box.total("прежнее7"), 1)
        self.assertEqual(self.box.show(self.first)["id"], self.first)
        self.assertEqual(self.box.raw(self.first).rstrip(b"\n"), mail(19, body="прежнее19").rstrip(b"\n"))
        self.assertTrue(all(source["balanced"] for source in self.box.books()))
        self.box.run("tag", "+рядом", str(self.first))
        self.assertEqual(len(self.box.export("прежнее7")), 1)
        self.box.run("proof", str(self.first), "--with-files", self.box.path("proof"))
        self.box.run("search", "договор (", expect=2)
        self.box.run("show", "99999999", expect=3)
        still = process.poll() is None
        verified = self.box.run("verify", "--json").json()
        self.assertTrue(verified["ok"], verified)
        self.assertTrue(still, "the import was over before the commands were tried")
        out, _ = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, out)
        self.assertEqual(self.box.ids("tag:рядом"), [self.first])
        self.assertUnharmed()

    def test_an_import_beside_an_import_brings_both(self):
        process = self.writer()
        result = self.box.take(self.box.write("second.mbox", mbox([mail(n, body="второе") for n in range(100, 130)])), timeout=120)
        self.assertEqual(counts(result), (30, 30, 0, 0, 0))
        process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0)
        self.assertEqual(self.box.total("второе"), 30)
        self.assertUnharmed()

    def test_many_commands_at_once(self):
        wrong = []

        def work(number):
            try:
                if number % 3 == 0:
                    self.box.take(self.box.write(f"{number}.eml", mail(1000 + number, body="наперегонки")))
                elif number % 3 == 1:
                    self.box.total("прежнее3")
                else:
                    self.box.run("tag", f"+t{number}", str(self.first))
            except Exception as error:  # told below, in the test's own thread
                wrong.append(error)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])
        self.assertEqual(self.box.total("наперегонки"), 4)
        self.assertEqual(sorted(self.box.show(self.first)["tags"]), ["t11", "t2", "t5", "t8"])
        self.assertUnharmed()

    def test_a_killed_writer_leaves_nothing_in_the_way(self):
        for _ in range(3):
            process = self.writer()
            time.sleep(0.2)
            stop(process)
            started = time.monotonic()
            self.assertEqual(self.box.total("прежнее7"), 1)
            self.assertLess(time.monotonic() - started, 15)
        self.assertTrue(all(source["balanced"] for source in self.box.books()))
        self.assertUnharmed()

    def test_ctrl_c_of_a_served_command_ends_that_command_only(self):
        process = self.writer()
        self.box.write("other.mbox", mbox([mail(n) for n in range(200, 260)]))
        second = subprocess.Popen([LETOPIS, *self.box.options(), "import", "--json", self.box.path("other.mbox")], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, env=environment())
        time.sleep(0.1)
        stop(second, signal.SIGKILL)
        process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0)
        self.assertTrue(all(source["balanced"] for source in self.box.books()))
        self.assertUnharmed()

    def test_an_agent_serves_many_and_survives_a_caller_that_dies(self):
        self.box.run("unlock", "--for", "60s")
        self.addCleanup(self.box.run, "lock", expect=None)
        for _ in range(3):
            caller = self.box.start("export", "", self.box.path(f"x{time.monotonic_ns()}"))
            time.sleep(0.01)
            stop(caller)
        self.assertEqual(self.box.total("прежнее7"), 1)
        self.box.run("unlock", "--for", "60s")
        self.box.run("lock")
        self.assertEqual(self.box.total("прежнее7"), 1)


if __name__ == "__main__":
    main()
