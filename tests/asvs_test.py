#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""docs/asvs.md says where each requirement of OWASP ASVS 5.0 stands. Each rule is a pure function from the page to findings: no number is
missing, and every test, place and page that a row names is there. That a test shows what its row says, people must judge."""
import glob
import os
import re
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# Sections of 5.0.0 and how many requirements of levels 1 and 2 each has; those of level 3 come behind them in every section.
SECTIONS = """1.1:2 1.2:9 1.3:11 1.4:3 1.5:2 2.1:3 2.2:3 2.3:4 2.4:1 3.2:2 3.3:4 3.4:6 3.5:5 3.7:2 4.1:3 4.2:1 4.3:2 4.4:4 5.1:1 5.2:3 5.3:2 5.4:3
6.1:3 6.2:12 6.3:4 6.4:4 6.5:5 6.6:3 6.8:4 7.1:3 7.2:4 7.3:2 7.4:5 7.5:2 7.6:2 8.1:2 8.2:3 8.3:1 8.4:1 9.1:3 9.2:4 10.1:2 10.2:2 10.3:4 10.4:11 10.5:5 10.6:2 10.7:3
11.1:2 11.2:3 11.3:3 11.4:4 11.5:1 11.6:1 12.1:3 12.2:2 12.3:4 13.1:1 13.2:5 13.3:2 13.4:5 14.1:2 14.2:4 14.3:3 15.1:3 15.2:3 15.3:7 16.1:1 16.2:5 16.3:4 16.4:3 16.5:3
17.1:1 17.2:4 17.3:2"""
IDS = [f"{section}.{n}" for section, count in (entry.split(":") for entry in SECTIONS.split()) for n in range(1, int(count) + 1)]
ONE = r"\d+\.\d+\.\d+"
LEADING = re.compile(rf"(?:{ONE}(?:, | to |(?= |$)))+")
CASE = re.compile(r"[A-Z]\w*\.(?!txt$|md$)\w+")  # of GoogleTest
WORDS = ("**not met**", "**in part**")
PLACES = ("bench", "cmake", "docs", "fuzz", "packaging", "scripts", "src", "tests", "third_party", "tools", "web")


# --- reading the page

def leading_ids(text):
    """The numbers that a text begins with: "3.4.1, 3.4.3 to 3.4.5 headers" names four."""
    found, named = [], LEADING.match(text)
    for part in (named[0] if named else "").strip(", ").split(", "):
        first, _, last = part.partition(" to ")
        if last:
            section, start = first.rsplit(".", 1)
            found += [f"{section}.{n}" for n in range(int(start), int(last.rsplit(".", 1)[1]) + 1)]
        elif first:
            found.append(first.strip())
    return found


def rows(page):
    """Numbers and cells of each row of a table of requirements."""
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("| ") else []
        ids = leading_ids(cells[0]) if cells else []
        if ids:
            yield ids, cells


def names(text):
    return re.findall(r"`([^`]+)`", text)


# --- rules

def missing_findings(page, ids):
    """Every requirement has one row, or a line of its own that begins "Not met:"."""
    said = [one for found, _ in rows(page) for one in found]
    said += [one for line in page.splitlines() if line.startswith("Not met: ") for one in leading_ids(line[len("Not met: "):].replace(",", "", 1))]
    return ([f"{one} is missing" for one in ids if one not in said] + [f"{one} stands there twice" for one in sorted(set(said)) if said.count(one) > 1] +
            [f"{one} is no requirement of levels 1 and 2" for one in sorted(set(said)) if one not in ids])


def form_findings(page):
    findings = []
    for ids, cells in rows(page):
        if len(cells) != 3 or not cells[1]:
            findings.append(f"{ids[0]}: a row is what, how, shown by")
        elif not cells[2] and not cells[1].startswith(("does not apply: ", WORDS[0])):
            findings.append(f"{ids[0]}: nothing shows it")
    return findings


def summary_findings(page):
    """The list at the head is the list of the rows that say so."""
    listed = {word: leading_ids(cell) for word, cell in re.findall(r"^\| (not met|in part) \| (.*) \|$", page, re.M)}
    return [f"the list of what is {word} is not that of the rows: {listed.get(word, [])} and {marked}" for word in ("not met", "in part")
            if (marked := [one for ids, cells in rows(page) if cells[1].startswith(f"**{word}**") for one in ids]) != listed.get(word, [])]


def test_findings(page, cases, scripts):
    """`Suite.case`, `test_name` with its file in the same cell. `cases`: of GoogleTest; `scripts`: path -> names of its tests."""
    findings = []
    for ids, cells in rows(page):
        for cell in cells[1:]:
            told = names(cell)
            files = [path for name in told if name.endswith(".py") for path in (name, "tests/e2e/" + name) if path in scripts]
            for name in told:
                if CASE.fullmatch(name) and name not in cases:
                    findings.append(f"{ids[0]}: there is no test {name}")
                if re.fullmatch(r"test_\w+", name) and not any(name in scripts[path] for path in files):
                    findings.append(f"{ids[0]}: there is no {name} in {', '.join(files) or 'any file that the cell names'}")
    for name in re.findall(r"`(\w+)\.\*`", page):
        if not any(case.startswith(name + ".") for case in cases):
            findings.append(f"there are no tests {name}.*")
    return findings


def place_findings(page, exists, read):
    """Files and folders that are named, and `name` in `file`."""
    findings = []
    for name in names(page):
        if name.split("/")[0] in PLACES and "/" in name and not exists(name.rstrip("/")):
            findings.append(f"there is no {name}")
        if re.fullmatch(r"\w+\.py", name) and not exists("tests/e2e/" + name):
            findings.append(f"there is no tests/e2e/{name}")
    for listed, path in re.findall(r"((?:`[^`]+`(?:, | and )?)+) in `([\w./-]+)`", page):
        for name in names(listed):
            if not name.startswith("test_") and not CASE.fullmatch(name) and exists(path) and name.split("::")[-1] not in read(path):
                findings.append(f"{name} does not stand in {path}")
    return findings


class Rules(unittest.TestCase):
    PAGE = "| 1.1.1 a | yes | `Suite.case` |\n| 1.1.2 to 1.1.3 b | **not met**: no | |\n| 1.2.1, 1.2.3 c | does not apply: d | |\n| not met | 1.1.2, 1.1.3 |\n"

    def test_numbers_are_read(self):
        self.assertEqual(leading_ids("1.1.1, 1.2.3 to 1.2.5 of 9.9.9"), ["1.1.1", "1.2.3", "1.2.4", "1.2.5"])
        self.assertEqual(leading_ids("what 1.1.1 is"), [])

    def test_what_is_missing_is_found(self):
        self.assertEqual(missing_findings(self.PAGE, ["1.1.1", "1.1.2", "1.1.3", "1.2.1", "1.2.3"]), [])
        self.assertEqual(len(missing_findings(self.PAGE, ["1.1.1", "1.1.2", "1.1.3", "1.2.1", "1.2.2"])), 2)
        self.assertEqual(len(missing_findings(self.PAGE + "| 1.1.1 e | again | f |", ["1.1.1", "1.1.2", "1.1.3", "1.2.1", "1.2.3"])), 1)
        self.assertEqual(missing_findings("Not met: 1.1.1, because", ["1.1.1"]), [])

    def test_a_row_without_a_proof_is_found(self):
        self.assertEqual(form_findings(self.PAGE), [])
        self.assertEqual(len(form_findings("| 1.1.1 a | yes | |\n| 1.1.2 b | yes |\n")), 2)

    def test_a_list_that_is_not_that_of_the_rows_is_found(self):
        self.assertEqual(summary_findings(self.PAGE), [])
        self.assertEqual(len(summary_findings(self.PAGE.replace("1.1.2, 1.1.3 |", "1.1.2 |"))), 1)
        self.assertEqual(len(summary_findings(self.PAGE + "| 1.4.1 d | **in part**: a bit | e |")), 1)

    def test_a_test_that_is_not_there_is_found(self):
        scripts = {"tests/e2e/a_test.py": ["test_a"], "tests/b_test.py": ["test_b"]}
        for cell, count in (("`Suite.case`", 0), ("`Suite.other`", 1), ("`a_test.py`: `test_a`", 0), ("`tests/b_test.py`: `test_b`", 0), ("`a_test.py`: `test_b`", 1), ("`test_a`", 1), ("`Other.*`", 1)):
            self.assertEqual(len(test_findings(f"| 1.1.1 a | yes | {cell} |", {"Suite.case"}, scripts)), count, cell)

    def test_a_place_that_is_not_there_is_found(self):
        tree = {"src/a.cpp": "int used;", "src": ""}
        for text, count in (("`src/a.cpp`", 0), ("`src/b.cpp`", 1), ("`used` in `src/a.cpp`", 0), ("`used`, `A::gone` in `src/a.cpp`", 1), ("`c_test.py`", 1), ("`GET /x`", 0)):
            self.assertEqual(len(place_findings(text, tree.__contains__, tree.get)), count, text)


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.page = cls.read("docs/asvs.md")

    @staticmethod
    def read(path):
        with open(os.path.join(ROOT, path), encoding="utf-8") as file:
            return file.read()

    def none(self, findings):
        self.assertFalse(findings, "\n" + "\n".join(findings))

    def test_every_requirement_is_there(self):
        self.assertEqual(len(IDS), 253)
        self.none(missing_findings(self.page, IDS))

    def test_every_row_says_how_and_what_shows_it(self):
        self.none(form_findings(self.page))

    def test_what_is_not_met_stands_at_the_head(self):
        self.none(summary_findings(self.page))

    def test_every_test_that_is_named_is_there(self):
        paths = [os.path.relpath(path, ROOT) for folder in ("tests", "tests/*") for path in glob.glob(os.path.join(ROOT, folder, "*.py"))]
        scripts = {path: re.findall(r"^    def (test_\w+)\(", self.read(path), re.M) for path in paths}
        cases = set()
        for path in glob.glob(os.path.join(ROOT, "src", "**", "*_test.cpp"), recursive=True):
            cases |= {".".join(case) for case in re.findall(r"^TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)", self.read(path), re.M)}
        self.assertGreater(len(cases), 500)
        self.none(test_findings(self.page, cases, scripts))

    def test_every_place_that_is_named_is_there(self):
        self.none(place_findings(self.page, lambda path: os.path.exists(os.path.join(ROOT, path)), self.read))


if __name__ == "__main__":
    unittest.main()
