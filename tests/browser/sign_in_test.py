#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ways in, in a real browser with a virtual authenticator: passkeys, one's own settings, the settings of an administrator, a session that ends, a lost phone."""
import os
import shutil
import tempfile
import unittest

from browser_test import HERE, LETOPIS, NODE, WEB, run


@unittest.skipUnless(shutil.which("chromium"), "chromium is not installed")
class WaysIn(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not os.path.exists(NODE):
            done = run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=HERE)
            if done.returncode:
                raise AssertionError(done.stdout[-2000:])

    def walk(self, language):
        with tempfile.TemporaryDirectory() as folder:
            done = run(NODE, "sign_in.mjs", LETOPIS, os.path.join(WEB, "dist"), folder, language)
            self.assertEqual(done.returncode, 0, done.stdout[-4000:])

    def test_in_russian(self):
        self.walk("ru")

    def test_in_english(self):
        self.walk("en")


if __name__ == "__main__":
    unittest.main()
