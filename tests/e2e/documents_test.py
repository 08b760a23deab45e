#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the documents say of the command line is what the command line says of itself, and the programs are linked as the architecture says."""
import os
import re
import subprocess
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LETOPIS = os.environ.get("LETOPIS", os.path.join(ROOT, "build", "release", "letopis"))
# Parsers of what strangers write: only letopis-parse may load them.
PARSERS = ("gmime", "libxml2", "libarchive", "poppler", "libicui18n")


def letopis(*arguments):
    done = subprocess.run([LETOPIS, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise AssertionError(f"letopis {' '.join(arguments)}: exit code {done.returncode}\n{done.stdout}")
    return done.stdout


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def commands():
    found = re.findall(r"^  ([a-z][a-z-]+)\b", letopis("help"), re.M)
    return sorted(set(found))


def options(command):
    return re.findall(r"^  (--[a-z-]+)", letopis("help", command), re.M)


class Documents(unittest.TestCase):
    def test_the_manual_page_names_every_command_and_option(self):
        page = read("docs/man/letopis.1").replace("\\-", "-")
        names = commands()
        self.assertGreater(len(names), 12)
        self.assertEqual([name for name in names if not re.search(rf"^\.(B|BI|BR) \"?{name}\b", page, re.M)], [])
        self.assertEqual([(name, option) for name in names for option in options(name) if not re.search(rf"{option}\b", page)], [])

    def test_the_manual_page_invents_no_option(self):
        page = read("docs/man/letopis.1").replace("\\-", "-")
        known = {option for name in commands() for option in options(name)} | set(re.findall(r"^  (--[a-z-]+)", letopis("help"), re.M))
        self.assertEqual(sorted(set(re.findall(r"(?<![\w-])(--[a-z][a-z-]+)", page)) - known), [])

    def test_the_readme_names_only_commands_that_are_there(self):
        known = set(commands())
        for page in ("README.md", "README.ru.md"):
            said = re.findall(r"^letopis ([a-z-]+)", read(page), re.M)
            self.assertGreater(len(said), 5)
            self.assertEqual([name for name in said if name not in known], [], page)

    def test_the_completions_are_those_of_the_command(self):
        for shell, file in (("bash", "letopis.bash"), ("zsh", "_letopis"), ("fish", "letopis.fish")):
            self.assertEqual(read(os.path.join("completions", file)), letopis("completion", shell), f"letopis completion {shell} > completions/{file}")

    def test_the_completions_are_valid_bash(self):
        done = subprocess.run(["bash", "-n"], input=letopis("completion", "bash"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_the_program_with_the_keys_loads_no_parser(self):
        linked = subprocess.run(["ldd", LETOPIS], stdout=subprocess.PIPE, text=True).stdout
        self.assertIn("libcrypto", linked)
        self.assertEqual([name for name in PARSERS if name in linked], [])

    def test_a_wrong_command_is_usage(self):
        done = subprocess.run([LETOPIS, "serach", "x"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("search", done.stderr)


if __name__ == "__main__":
    unittest.main()
