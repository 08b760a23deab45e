#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every text that something is refused with has a code (src/capture/reasons.cpp), and every code has words on the page and a line in the guide;
so has what is wrong with a query."""
import glob
import json
import os
import re
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LITERAL = r'"((?:[^"\\]|\\.)*)"'
# Where reasons are written: the readers, the walk over files, the import, and the worker that reads.
SOURCES = sorted(glob.glob(os.path.join(ROOT, "src/capture/**/*.cpp"), recursive=True)) + [os.path.join(ROOT, "src", name) for name in ("app/importer.cpp", "app/intake.cpp", "app/zones.cpp", "workers/read_worker.cpp")]
# Not reasons: what a refused item is called, the frames between two processes of ours, and what an import as a whole fails with.
OTHERS = re.compile(
    r"message at byte \{\}|line at byte \{\}|entry at byte \{\}|everything from byte \{\}|bytes 0 to \{\}|end of the export|the end|byte \{\}|files|, |\{\}: \{\}|: "
    r"|Name one like .*|the request .*|the first frame .*|a frame of the reading worker .*|there is no format .*|the import was stopped|larger than 64 MiB|broken JSON"
    r"|it does not close before the end of the file|\{\}; everything up to \{\} is left out|the reader's last frame is cut|the reader sent a frame over the limit|reader stopped: .*|(read from|write to) the reader| bytes\)"
)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def joined(text):
    """Literals that stand beside each other are one; comments are none."""
    return re.sub(r'"\s*\n\s*"', "", re.sub(r"^\s*//.*$", "", text, flags=re.M))


def table():
    body = read("src/capture/reasons.cpp").split("to_array<KnownReason>", 1)[1].split("});", 1)[0]
    return [(code, text.replace('\\"', '"')) for code, text in re.findall(r"\{" + LITERAL + r",\s*" + LITERAL + r"\s*\}", joined(body))]


def form(text):
    return re.compile(re.escape(text).replace(r"\{\}", "(.+)"), re.S)


def texts(path):
    """The literals of statements that refuse or fail."""
    text = joined(read(path))
    if path.endswith("formats/refused.cpp"):
        for inner in re.findall(r"refused\(\s*" + LITERAL + r",\s*" + LITERAL + r",\s*\w+,\s*" + LITERAL, text):
            yield inner[2]
        return
    for found in re.finditer(r"\b(?:refuse|refuse_path|fail|system_error|link_reason|special_kind)\(|\breason = |\breturn \"a [a-z]+", text):
        statement = text[found.start():text.find(";\n", found.start())]
        statement = re.sub(r'"\s*\+[^";]*?\+\s*"', "{}", statement)  # "a " + what + " b"
        statement = re.sub(r'[\w.()]+ \+\s*" ', '"{} ', statement)
        for one in re.finditer(LITERAL + r"(\s*\+)?", statement):
            yield one.group(1) + ("{}" if one.group(2) else "")


class Reasons(unittest.TestCase):
    def test_every_text_has_a_code(self):
        forms = [form(text) for _, text in table()]
        found, without = 0, []
        for path in SOURCES:
            if path.endswith("_test.cpp"):
                continue
            for text in texts(os.path.relpath(path, ROOT)):
                said = text.replace('\\"', '"').replace("{}", "17")
                if any(one.fullmatch(said) or one.fullmatch(said + ": Input/output error") for one in forms):
                    found += 1
                elif not OTHERS.fullmatch(text) and not OTHERS.fullmatch(text.removesuffix("{}")) and " " in text:
                    without.append(f"{os.path.relpath(path, ROOT)}: {text}")
        self.assertEqual(without, [], "give it a line in src/capture/reasons.cpp")
        self.assertGreater(found, 70)

    def test_every_code_has_words_on_the_page_and_nothing_else_has(self):
        codes = {code for code, _ in table()}
        self.assertGreater(len(codes), 60)
        for language in ("ru", "en"):
            keys = set(re.findall(r'^  "reason\.(\w+)"', read(f"web/src/i18n/{language}/reasons.ts"), re.M))
            self.assertEqual(keys, codes, language)

    def test_every_code_stands_in_the_guide(self):
        section = read("docs/guide/api.md").split("## Why something was refused", 1)[1].split("\n## ", 1)[0]
        self.assertEqual(set(re.findall(r"`([a-z0-9_]+)`", section)) - {"code", "values", "reason"}, {code for code, _ in table()})

    def test_every_fault_of_a_query_has_words_on_the_page(self):
        known = [form(json.loads(f'"{text}"')) for text in re.findall(r"^  \[" + LITERAL + ", ", read("web/src/features/search/wrong.ts"), re.M)]
        without, found = [], 0
        for path in ("src/text/query.cpp", "src/text/query_values.cpp"):
            text = joined(read(path))
            for call in re.finditer(r"fail_at\(|QueryError\{", text):
                statement = re.sub(r'"\s*\+[^";]*?\+\s*"', "{}", text[call.start():text.find(";\n", call.start())])
                for one in re.findall(LITERAL, statement):
                    said = one.replace('\\"', '"').replace("{}", "x")
                    found += 1
                    if said and not any(each.fullmatch(said) for each in known):
                        without.append(one)
        self.assertEqual(without, [], "give it a line in web/src/features/search/wrong.ts")
        self.assertGreater(found, 40)

    def test_a_text_that_is_new_would_be_found(self):
        self.assertFalse(any(one.fullmatch("a text that nobody has written") for one in (form(text) for _, text in table())))


if __name__ == "__main__":
    unittest.main()
