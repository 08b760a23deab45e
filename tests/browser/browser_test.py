#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The page: its own tests, and a newcomer's first five minutes in a real browser against the real server, in both languages: from the
printed link to a found phrase, without a violation that axe finds, an error of a script or a request that leaves."""
import gzip
import os
import tempfile
import unittest

from browser import ROOT, SHOTS, WEB, BrowserTest, node, run

LETOPIS = os.environ.get("LETOPIS", os.path.join(ROOT, "build", "release", "letopis"))


class Page(unittest.TestCase):
    def test_its_own_tests_pass(self):
        done = run("npm", "run", "--silent", "test", cwd=WEB)
        self.assertEqual(done.returncode, 0, done.stdout[-4000:])

    def test_what_the_first_look_needs_is_small(self):
        assets = os.path.join(WEB, "dist", "assets")
        with open(os.path.join(WEB, "dist", "index.html"), encoding="utf-8") as file:
            html = file.read()
        self.assertNotIn("<style", html)
        # What the document names, and the larger of the two languages, which comes with it.
        first = [name for name in os.listdir(assets) if name in html]
        words = [name for name in os.listdir(assets) if name.startswith(("ru-", "en-"))]
        self.assertTrue(first and words)

        def packed(name):
            with open(os.path.join(assets, name), "rb") as file:
                return len(gzip.compress(file.read(), 9))

        total = sum(map(packed, first)) + max(map(packed, words))
        print(f"first load: {total} bytes", flush=True)
        self.assertLessEqual(total, 150_000)


class Newcomer(BrowserTest):
    def first_run(self, language, way):
        with tempfile.TemporaryDirectory() as folder:
            done = node("first_run.mjs", LETOPIS, os.path.join(WEB, "dist"), os.path.join(ROOT, "tests", "sample"), folder, language, way, env=dict(os.environ, LETOPIS_SHOTS=SHOTS), seconds=600)
            print(done.stdout[:600], flush=True)
            self.assertEqual(done.returncode, 0, done.stdout[-4000:])

    def test_finds_a_phrase_within_minutes_in_russian(self):
        self.first_run("ru", "key")

    def test_finds_a_phrase_within_minutes_in_english(self):
        self.first_run("en", "passphrase")

    def test_opens_the_demo_with_one_press(self):
        self.first_run("en", "demo")


if __name__ == "__main__":
    unittest.main()
