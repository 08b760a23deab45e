#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ways in, in a real browser with a virtual authenticator: passkeys, one's own settings, the settings of an administrator, a session that ends, a lost phone."""
import os
import tempfile
import unittest

from browser import ROOT, WEB, BrowserTest, node

LETOPIS = os.environ.get("LETOPIS", os.path.join(ROOT, "build", "release", "letopis"))


class WaysIn(BrowserTest):
    def walk(self, language):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            done = node("sign_in.mjs", LETOPIS, os.path.join(WEB, "dist"), folder, language)
            self.assertEqual(done.returncode, 0, done.stdout[-4000:])

    def test_in_russian(self):
        self.walk("ru")

    def test_in_english(self):
        self.walk("en")


if __name__ == "__main__":
    unittest.main()
