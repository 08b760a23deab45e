#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every screen of a served archive in Chromium, and what a person does there from beginning to end."""
import json
import os
import tempfile
import unittest

from browser import SHOTS, BrowserTest, node  # noqa: E402
from company import Company  # noqa: E402


class Screens(BrowserTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = Company(cls.addClassCleanup)
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.plan = os.path.join(folder.name, "plan.json")
        with open(cls.plan, "w", encoding="utf-8") as file:
            json.dump(cls.company.plan, file)

    def run_script(self, script):
        done = node(script, self.plan, os.environ.get("LETOPIS_ONLY", ""), seconds=900, env=dict(os.environ, LETOPIS_SHOTS=SHOTS))
        print("\n".join(line for line in done.stdout.split("\n") if " ms" in line or " passed, " in line), flush=True)
        self.assertEqual(done.returncode, 0, done.stdout[-8000:])

    def test_every_screen_keeps_its_promises(self):
        self.run_script("screens.mjs")

    def test_what_people_do_from_beginning_to_end(self):
        self.run_script("scenarios.mjs")


if __name__ == "__main__":
    unittest.main()
