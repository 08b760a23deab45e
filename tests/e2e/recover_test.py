#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Losing the key is not losing the archive: the printed sheet, typed back, gives it a new one."""
import os
import tempfile
import unittest

from harness import call


class Recover(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.archive = os.path.join(self.folder.name, "archive")
        self.sheet = call("--archive", self.archive, "init", "--json").json()["recovery_sheet"]

    def write(self, name, text):
        path = os.path.join(self.folder.name, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def test_the_sheet_in_small_letters_gives_a_new_key_and_retires_the_old_one(self):
        new_key = os.path.join(self.folder.name, "new.key")

        call("--archive", self.archive, "recover", self.write("sheet", self.sheet.lower().replace(" ", "-")), "--key-file", new_key)

        self.assertTrue(call("--archive", self.archive, "--key-file", new_key, "verify", "--json").json()["ok"])
        self.assertIn("does not open", call("--archive", self.archive, "verify", expect=3).err)

    def test_a_mistyped_group_is_named_and_nothing_changes(self):
        first = self.sheet[0]
        wrong = ("2" if first != "2" else "3") + self.sheet[1:]

        done = call("--archive", self.archive, "recover", self.write("sheet", wrong), "--key-file", os.path.join(self.folder.name, "new.key"), expect=None)

        self.assertNotEqual(done.code, 0)
        self.assertIn("group 1", done.err)
        self.assertTrue(call("--archive", self.archive, "verify", "--json").json()["ok"])


if __name__ == "__main__":
    unittest.main()
