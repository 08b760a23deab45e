#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The sample goes in whole, is found, shown, proved and made again: what ./run shows a newcomer, with every number checked against
tests/sample/README.md and against Python's own readers."""
import mailbox
import os
import re
import subprocess
import sys

import harness
from harness import ROOT, SAMPLE, Scenario

sys.path.insert(0, os.path.join(ROOT, "tests"))
from sample_test import table  # noqa: E402


def input_of(name):
    """The path that is imported for a row of the table: a Telegram export is its folder."""
    return os.path.join(SAMPLE, os.path.dirname(name) if name == "telegram/result.json" else name)


class SampleArchive(Scenario):
    shared = True

    @classmethod
    def fill(cls):
        cls.table = table()
        cls.everything = sum(items for items, _ in cls.table.values())
        cls.imports = {name: cls.box.take("--zone", "Europe/Moscow", input_of(name)) for name in sorted(cls.table)}

    def subjects(self, query):
        return [hit["subject"] for hit in self.box.search(query)["hits"]]

    def test_every_input_brings_what_the_table_says(self):
        for name, (items, _) in self.table.items():
            self.assertEqual(harness.counts(self.imports[name]), (items, items, 0, 0, 0), (name, self.imports[name]))
        self.assertEqual([name for name, result in self.imports.items() if result["marked"]], [])

    def test_a_second_import_adds_nothing(self):
        for name, (items, _) in self.table.items():
            self.assertEqual(harness.counts(self.box.take("--zone", "Europe/Moscow", input_of(name))), (items, 0, items, 0, 0), name)
        self.assertEqual(self.box.total(""), self.everything)

    def test_the_books_add_up_to_what_is_found(self):
        self.assertEqual(sum(source["stored"] for source in self.box.books()), self.everything)
        self.assertEqual(self.box.total(""), self.everything)
        self.assertUnharmed()

    def test_an_inflected_form_finds_every_other_form(self):
        totals = {word: self.box.total(word) for word in ("договор", "договора", "договорами", "ДОГОВОРЕ")}
        self.assertEqual(len(set(totals.values())), 1, totals)
        self.assertGreater(totals["договор"], 15)

    def test_every_charset_is_found(self):
        self.assertIn("Окно не закрывается", self.subjects("створка провисла"))  # KOI8-R, base64
        self.assertIn("Недопоставка по договору № 21", self.subjects("from:vasilev точную дату"))  # windows-1251, 8bit
        self.assertIn("Поздравляем с 8 Марта!", self.subjects("размещение объявлений"))  # HTML only
        self.assertIn("Contract No. 19: oak windows", self.subjects("prepayment contracts"))

    def test_one_matter_is_found_in_every_channel(self):
        self.assertEqual({hit["channel"] for hit in self.box.search("сетка")["hits"]}, {"email", "telegram", "whatsapp", "other"})

    def test_the_pdf_of_the_offer_comes_out_whole(self):
        offer = next(hit for hit in self.box.search("has:attachment channel:email")["hits"] if hit["subject"] == "Коммерческое предложение № 17")
        pdf = next(part for part in self.box.show(offer["id"])["attachments"] if part["name"] == "КП_17_Петрова.pdf")
        self.assertTrue(self.box.run("show", "--part", pdf["locator"], str(offer["id"])).out.startswith(b"%PDF-1.4\n"))

    def test_the_letters_come_out_as_they_stand_in_the_mailbox(self):
        with open(os.path.join(SAMPLE, "mail", "inbox.mbox"), "rb") as file:
            stored = re.split(rb"(?:\A|(?<=\n)\n)From [^\n]+\n", file.read())[1:]
        by_id = {re.search(rb"^Message-ID: <([^>]+)>", raw, re.M).group(1).decode(): raw for raw in stored}
        self.assertEqual(len(by_id), self.table["mail/inbox.mbox"][0])
        hits = [hit for hit in self.box.search("channel:email")["hits"] if hit["message_id"] in by_id]
        self.assertEqual(len(hits), len(by_id))
        for hit in hits:
            self.assertEqual(self.box.raw(hit["id"]).rstrip(b"\n"), by_id[hit["message_id"]].rstrip(b"\n"), hit["message_id"])

    def test_what_is_rebuilt_gives_the_same_answers(self):
        queries = ("", "договор", "from:vasilev", "has:attachment", "oak", "channel:telegram after:2026-04-20")
        before = [self.box.ids(query) for query in queries]
        self.box.run("rebuild")
        self.assertEqual([self.box.ids(query) for query in queries], before)

    def test_a_stranger_refuses_a_letter_that_was_changed(self):
        seq = self.box.search("channel:email недопоставка")["hits"][0]["id"]
        folder = self.box.path("proof")
        self.box.run("proof", "--with-files", folder, str(seq))
        self.assertEqual(self.verify(folder), 0)
        letter = next(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".raw"))
        with open(letter, "r+b") as file:
            file.seek(100)
            byte = file.read(1)[0]
            file.seek(100)
            file.write(bytes([byte ^ 1]))
        self.assertEqual(self.verify(folder), 1)

    def verify(self, folder):
        """tools/verify.py on what `proof --with-files` left, by the files' endings."""
        with_ending = lambda *ends: [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(ends)]
        arguments = ["proof", with_ending(".tlog-proof")[0], "--vkey", with_ending("vkey", ".vkey")[0], "--message", with_ending(".raw")[0]]
        for option, paths in (("--descriptor", with_ending(".json")), ("--object", with_ending(".object"))):
            arguments += [option, paths[0]] if paths else []
        done = subprocess.run([sys.executable, os.path.join(ROOT, "tools", "verify.py"), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode

    def test_an_exported_mailbox_holds_every_letter_once(self):
        out = self.box.path("out.mbox")
        self.box.run("export", "--as", "mbox", "channel:email", out)
        box = mailbox.mbox(out, create=False)
        exported = [str(message["message-id"]) for message in box]
        box.close()
        self.assertEqual(len(exported), sum(self.table[name][0] for name in ("mail/inbox.mbox", "mail/letters.zip", "mail/zamer")))
        self.assertEqual(len(set(exported)), len(exported))


if __name__ == "__main__":
    harness.main()
