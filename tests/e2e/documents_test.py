#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the documents say of the command line is what the command line says of itself."""
import os
import re
import unittest

import harness


def read(path):
    with open(os.path.join(harness.ROOT, path), encoding="utf-8") as file:
        return file.read()


def commands():
    section = harness.call("help").text.split("\nCommands:\n")[1].split("\n\n")[0]
    return sorted(set(re.findall(r"^  ([a-z][a-z-]+)", section, re.M)))


def options(*command):
    return re.findall(r"^  (--[a-z-]+)", harness.call("help", *command).text, re.M)


def manual():
    return read("docs/man/letopis.1").replace("\\-", "-")


class Documents(unittest.TestCase):
    def test_the_manual_page_names_every_command_and_option(self):
        names = commands()
        self.assertGreater(len(names), 12)
        self.assertEqual([name for name in names if not re.search(rf"^\.(B|BI|BR) \"?{name}\b", manual(), re.M)], [])
        self.assertEqual([(name, option) for name in names for option in options(name) if not re.search(rf"{option}\b", manual())], [])
        self.assertEqual([option for option in options() if not re.search(rf"{option}\b", manual())], [])

    def test_the_manual_page_invents_no_option(self):
        known = {option for name in commands() for option in options(name)} | set(options())
        self.assertEqual(sorted(set(re.findall(r"(?<![\w-])(--[a-z][a-z-]+)", manual())) - known), [])

    def test_the_readme_names_only_commands_that_are_there(self):
        known = set(commands())
        for page in ("README.md", "README.ru.md"):
            said = re.findall(r"^letopis ([a-z-]+)", read(page), re.M)
            self.assertGreater(len(said), 5)
            self.assertEqual([name for name in said if name not in known], [], page)

    def test_the_completions_are_those_of_the_command(self):
        for shell, file in (("bash", "letopis.bash"), ("zsh", "_letopis"), ("fish", "letopis.fish")):
            self.assertEqual(read(os.path.join("completions", file)), harness.call("completion", shell).text, f"letopis completion {shell} > completions/{file}")


if __name__ == "__main__":
    unittest.main()
