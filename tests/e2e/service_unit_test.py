#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The unit for systemd: it is one, and it does not get weaker unnoticed. What it does when it runs is told in docs/guide/server.md."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from harness import ROOT, main

UNIT = os.path.join(ROOT, "packaging", "letopis.service")
EXPOSURE_MAX = 2.8


class Unit(unittest.TestCase):
    def setUp(self):
        self.analyse = shutil.which("systemd-analyze")
        if self.analyse is None:
            print("not run: systemd-analyze is not here")
            self.skipTest("systemd-analyze is not here")

    def test_it_is_a_unit(self):
        with open(UNIT, encoding="utf-8") as file:
            text = file.read().replace("/opt/letopis/bin/letopis", "/bin/true")
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "letopis.service")
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            done = subprocess.run([self.analyse, "verify", path], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_its_hardening_holds(self):
        done = subprocess.run([self.analyse, "security", "--offline=true", "--no-pager", UNIT], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        score = re.search(r"exposure level for letopis\.service: ([\d.]+)", done.stdout)
        self.assertTrue(score, done)
        self.assertLessEqual(float(score[1]), EXPOSURE_MAX, done.stdout)


if __name__ == "__main__":
    main()
