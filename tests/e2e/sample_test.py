#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The sample goes in whole, is found, shown, proved and made again: what ./run shows a newcomer, with every number checked against
tests/sample/README.md and against Python's own readers."""
import json
import mailbox
import os
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SAMPLE = os.path.join(ROOT, "tests", "sample")
LETOPIS = os.environ.get("LETOPIS", os.path.join(ROOT, "build", "release", "letopis"))
sys.path.insert(0, os.path.join(ROOT, "tests"))
from sample_test import table  # noqa: E402


class Archive(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.archive = os.path.join(cls.folder.name, "archive")
        cls.letopis("init")
        cls.imports = {}
        for name in sorted(table()):
            path = os.path.dirname(name) if name == "telegram/result.json" else name
            cls.imports[name] = json.loads(cls.letopis("--json", "import", "--zone", "Europe/Moscow", os.path.join(SAMPLE, path)))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def letopis(cls, *arguments, expect=0, raw=False):
        done = subprocess.run([LETOPIS, "--archive", cls.archive, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode != expect:
            raise AssertionError(f"letopis {' '.join(arguments)}: exit code {done.returncode}, not {expect}\n{done.stdout[-2000:].decode('utf-8', 'replace')}"
                                 f"{done.stderr[-2000:].decode('utf-8', 'replace')}")
        return done.stdout if raw else done.stdout.decode("utf-8")

    def search(self, query, *more):
        return json.loads(self.letopis("--json", "search", "--limit", "1000", *more, query))

    def subjects(self, query):
        return [hit["subject"] for hit in self.search(query)["hits"]]

    def test_every_input_brings_what_the_table_says(self):
        for name, (items, _) in table().items():
            result = self.imports[name]
            self.assertEqual((result["seen"], result["stored"], result["duplicates"], result["refused"], result["pending"]), (items, items, 0, 0, 0), name)

    def test_the_books_balance_and_add_up(self):
        books = json.loads(self.letopis("--json", "books"))
        self.assertTrue(all(source["balanced"] for source in books), books)
        self.assertEqual(sum(source["stored"] for source in books), sum(items for items, _ in table().values()))

    def test_nothing_of_the_sample_is_marked_as_unread(self):
        self.assertEqual([name for name, result in self.imports.items() if result["marked"]], [])

    def test_every_message_is_found_by_the_empty_query(self):
        self.assertEqual(self.search("")["total"], sum(items for items, _ in table().values()))

    def test_an_inflected_form_finds_every_other_form(self):
        totals = {word: self.search(word)["total"] for word in ("договор", "договора", "договорами", "ДОГОВОРЕ")}
        self.assertEqual(len(set(totals.values())), 1, totals)
        self.assertGreater(totals["договор"], 15)

    def test_every_charset_is_found(self):
        self.assertIn("Окно не закрывается", self.subjects("створка провисла"))  # KOI8-R, base64
        self.assertIn("Недопоставка по договору № 21", self.subjects("from:vasilev неустойка точную"))  # windows-1251, 8bit
        self.assertIn("Поздравляем с 8 Марта!", self.subjects("размещение объявлений"))  # HTML only
        self.assertIn("Contract No. 19: oak windows", self.subjects("prepayment contracts"))

    def test_one_person_is_found_in_every_channel(self):
        channels = {hit["channel"] for hit in self.search("сетка")["hits"]}
        self.assertEqual(channels, {"email", "telegram", "whatsapp", "other"})

    def test_attachments_are_found_and_come_out_whole(self):
        hits = self.search("has:attachment channel:email")["hits"]
        offer = next(hit for hit in hits if hit["subject"].startswith("Коммерческое предложение № 17"))
        detail = json.loads(self.letopis("--json", "show", str(offer["id"])))
        pdf = next(part for part in (detail[0] if isinstance(detail, list) else detail)["attachments"] if part["name"].endswith(".pdf"))
        self.assertEqual(pdf["name"], "КП_17_Петрова.pdf")
        self.assertTrue(self.letopis("show", str(offer["id"]), "--part", pdf["locator"], raw=True).startswith(b"%PDF-1.4\n"))

    def test_the_bytes_come_out_as_they_stand_in_the_mailbox(self):
        with open(os.path.join(SAMPLE, "mail", "inbox.mbox"), "rb") as file:
            stored = re.split(rb"(?:\A|(?<=\n)\n)From [^\n]+\n", file.read())[1:]
        self.assertEqual(len(stored), table()["mail/inbox.mbox"][0])
        by_id = {re.search(rb"^Message-ID: <([^>]+)>", raw, re.M).group(1).decode(): raw for raw in stored}
        checked = 0
        for hit in self.search("channel:email")["hits"]:
            if hit["message_id"] in by_id:
                raw = self.letopis("show", str(hit["id"]), "--raw", raw=True)
                self.assertEqual(raw.rstrip(b"\n"), by_id[hit["message_id"]].rstrip(b"\n"), hit["message_id"])
                checked += 1
        self.assertEqual(checked, len(by_id))

    def test_a_second_import_adds_nothing(self):
        before = self.search("")["total"]
        for name, (items, _) in table().items():
            result = json.loads(self.letopis("--json", "import", "--zone", "Europe/Moscow",
                                             os.path.join(SAMPLE, os.path.dirname(name) if name == "telegram/result.json" else name)))
            self.assertEqual((result["seen"], result["stored"], result["duplicates"]), (items, 0, items), name)
        self.assertEqual(self.search("")["total"], before)

    def test_verification_finds_no_fault(self):
        self.letopis("verify")
        self.letopis("verify", "--deep")

    def test_what_is_rebuilt_gives_the_same_answers(self):
        queries = ("", "договор", "from:vasilev", "has:attachment", "oak", "channel:telegram after:2026-04-20")
        before = [[hit["id"] for hit in self.search(query)["hits"]] for query in queries]
        self.letopis("rebuild")
        self.assertEqual([[hit["id"] for hit in self.search(query)["hits"]] for query in queries], before)
        self.letopis("verify")

    def test_a_stranger_accepts_the_proof_and_refuses_a_changed_letter(self):
        for hit in self.search("неустойка")["hits"][:3]:
            folder = os.path.join(self.folder.name, f"proof-{hit['id']}")
            self.letopis("proof", str(hit["id"]), "--with-files", folder)
            arguments = self.verify_arguments(folder)
            self.assertEqual(self.verify(arguments), 0, arguments)
            letter = arguments[arguments.index("--message") + 1]
            with open(letter, "r+b") as file:
                first = file.read(1)
                file.seek(0)
                file.write(bytes([first[0] ^ 1]))
            self.assertEqual(self.verify(arguments), 1)

    def verify_arguments(self, folder):
        """Arguments of tools/verify.py for what `proof --with-files` left, by the files' endings."""
        arguments = ["proof"]
        names = sorted(os.listdir(folder))
        ending = lambda *ends: [os.path.join(folder, name) for name in names if name.endswith(ends)]
        arguments += ending(".tlog-proof")[:1]
        arguments += ["--vkey", (ending("vkey", ".vkey", "key.txt") or ["no key"])[0]]
        for option, paths in (("--descriptor", ending(".json")), ("--object", ending(".object"))):
            if paths:
                arguments += [option, paths[0]]
        letters = ending(".eml", ".raw", ".msg", ".bin", ".txt")
        return arguments + ["--message", letters[0]]

    def verify(self, arguments):
        return subprocess.run([sys.executable, os.path.join(ROOT, "tools", "verify.py"), *arguments], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT).returncode

    def test_an_exported_mailbox_holds_the_letters_of_the_sample(self):
        out = os.path.join(self.folder.name, "out.mbox")
        self.letopis("export", "--as", "mbox", "channel:email", out)
        box = mailbox.mbox(out, create=False)
        exported = sorted(str(message["message-id"]) for message in box)
        box.close()
        self.assertEqual(len(exported), sum(table()[name][0] for name in ("mail/inbox.mbox", "mail/letters.zip", "mail/zamer")))
        self.assertEqual(len(exported), len(set(exported)))

    def test_nothing_of_it_can_be_read_on_disk(self):
        canaries = [word.encode(charset) for word in ("неустойка", "Петрова", "фурнитура", "Zelenograd", "krylova") for charset in ("utf-8", "utf-16-le", "windows-1251", "koi8-r")]
        for folder, _, names in os.walk(self.archive):
            for name in names:
                if os.path.isfile(os.path.join(folder, name)):
                    with open(os.path.join(folder, name), "rb") as file:
                        data = file.read()
                    self.assertEqual([canary for canary in canaries if canary in data], [], name)


if __name__ == "__main__":
    unittest.main()
