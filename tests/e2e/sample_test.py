#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The sample goes in whole, is found, shown, proved and made again: what ./run shows a newcomer, with every number checked against
tests/sample/README.md and against Python's own readers."""
import mailbox
import os
import re
import shutil
import subprocess
import sys
import unittest

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

    def ids(self, query):
        return set(self.box.ids(query))

    def test_inflected_forms_of_many_words(self):
        for forms in (("окно", "окна", "окнами", "ОКНЕ"), ("монтаж", "монтажа", "монтажом"), ("замер", "замера", "замером"), ("неустойка", "неустойки", "неустойку"),
                      ("window", "windows", "Windows"), ("prepayment", "prepayments")):
            found = [self.ids(form) for form in forms]
            self.assertTrue(found[0], forms)
            self.assertEqual(found, found[:1] * len(forms), forms)

    def test_a_vowel_that_comes_and_goes(self):
        for forms in (("окно", "окон", "ОКНАМИ"), ("скидка", "скидок"), ("доставка", "доставок"), ("письмо", "писем", "письмом"), ("день", "дней", "дня", "днём"), ("рынок", "рынка"),
                      ("отделка", "отделок"), ("деньги", "денег"), ("стекло", "стёкол"), ("пришёл", "пришла")):
            found = [self.ids(form) for form in forms]
            self.assertEqual(found, found[:1] * len(forms), forms)
        for word in ("окон", "писем", "дней"):
            self.assertTrue(self.ids(word), word)
        self.assertTrue(self.ids("окон*") >= self.ids("=окон"))
        self.assertTrue(self.ids("=окон") < self.ids("окон"))
        self.assertEqual(self.ids("окон") & self.ids("договор"), self.ids("окон договор"))

    def test_yo_and_ye_are_one_letter(self):
        for one, other in (("четвёртый", "четвертый"), ("счёт", "счет"), ("ещё", "еще")):
            self.assertEqual(self.ids(one), self.ids(other), one)
            self.assertTrue(self.ids(one), one)

    def test_a_telephone_is_found_in_every_notation(self):
        found = [self.ids(query) for query in ("\"+7 916 000-21-01\"", "+79160002101", "8(916)000-21-01", "\"8 916 000 21 01\"", "79160002101", "9160002101")]
        self.assertGreater(len(found[0]), 1)
        self.assertEqual(found, found[:1] * len(found))

    def test_a_sum_is_found_in_every_notation(self):
        found = [self.ids(query) for query in ("186400", "\"186 400\"", "186 400", "186.400", "\"186\u00a0400\"")]
        self.assertGreater(len(found[0]), 2)
        self.assertEqual(found[1:3] + found[4:], found[:1] * 3)

    def test_numbers_of_contracts(self):
        self.assertTrue(self.ids("№17") and self.ids("№17") == self.ids("№ 17"))
        self.assertTrue(self.ids("\"договор № 21\"") <= self.ids("договор 21"))
        self.assertTrue(self.ids("\"договору № 21\""))

    def test_phrases_exact_words_and_beginnings(self):
        self.assertTrue(self.ids("\"москитная сетка\"") <= self.ids("москитная сетка"))
        self.assertEqual(self.ids("\"москитную сетку\""), self.ids("\"москитная сетка\""))
        self.assertTrue(self.ids("=\"москитную сетку\"") < self.ids("\"москитную сетку\""))
        self.assertTrue(self.ids("догов*") >= self.ids("договор"))
        self.assertEqual(self.ids("=договору") | self.ids("=договор") | self.ids("договор"), self.ids("договор"))

    def test_without_either_and_brackets(self):
        contract, mesh = self.ids("договор"), self.ids("сетка")
        self.assertEqual(self.ids("договор -сетка"), contract - mesh)
        self.assertEqual(self.ids("договор OR сетка"), contract | mesh)
        self.assertEqual(self.ids("договор ИЛИ сетка"), contract | mesh)
        self.assertEqual(self.ids("договор сетка"), contract & mesh)
        self.assertEqual(self.ids("(договор OR сетка) -channel:email"), (contract | mesh) - self.ids("channel:email"))

    def test_dates(self):
        everything = self.box.search("")["hits"]
        for query, right in (("after:2026-05-01", lambda at: at >= "2026-05-01"), ("before:2026-03-10", lambda at: at < "2026-03-10"), ("on:2026-04-14", lambda at: at[:10] == "2026-04-14"),
                             ("on:2026-04", lambda at: at[:7] == "2026-04"), ("after:2026-04-01 before:2026-04-15", lambda at: "2026-04-01" <= at < "2026-04-15")):
            self.assertEqual(self.ids(query), {hit["id"] for hit in everything if right(hit["date"])}, query)
            self.assertTrue(self.ids(query), query)
        self.assertEqual(self.ids("on:14.04.2026"), self.ids("on:2026-04-14"))

    def test_people(self):
        letters = [hit for hit in self.box.search("channel:email")["hits"]]
        wrote = {hit["id"] for hit in letters if "vasilev@" in hit["from"]}
        self.assertTrue(wrote)
        self.assertEqual(self.ids("from:vasilev channel:email"), wrote)
        self.assertEqual(self.ids("from:vasilev@vektor.example"), wrote)
        got = {hit["id"] for hit in letters if any("vasilev@" in party for party in hit["to"])}
        self.assertTrue(got <= self.ids("to:vasilev@vektor.example"))
        self.assertTrue(self.ids("to:vasilev@vektor.example"))
        self.assertTrue(self.ids("from:Васильев channel:telegram"))

    def test_attachments_by_kind_and_name(self):
        with_files = self.ids("has:attachment")
        self.assertTrue(self.ids("filename:КП_17_Петрова.pdf") <= with_files)
        self.assertEqual(len(self.ids("filename:КП_17_Петрова.pdf")), 1)
        self.assertTrue(self.ids("filename:КП_17_Петрова.pdf") <= self.ids("filename:pdf") <= with_files | self.ids("channel:telegram"))
        self.assertEqual(self.ids("has:вложение"), with_files)

    def test_the_words_of_a_pdf_are_found(self):
        if shutil.which("pdftotext") is None:
            self.skipTest("pdftotext is not installed")
        offer = self.ids("filename:КП_17_Петрова.pdf")
        seq = str(next(iter(offer)))
        detail = self.box.show(seq)
        part = next(part for part in detail["attachments"] if part["name"].endswith(".pdf"))
        pdf = self.box.write("kp.pdf", self.box.run("show", seq, "--part", part["locator"]).out)
        words = subprocess.run(["pdftotext", pdf, "-"], stdout=subprocess.PIPE).stdout.decode("utf-8")
        only = [word for word in re.findall(r"[а-яёa-z]{6,}", words.lower()) if word not in detail["text"].lower() and word not in detail["subject"].lower()]
        self.assertTrue(only, words)
        self.assertTrue(offer <= self.ids(only[0]), only[0])

    def test_a_query_on_the_other_keyboard_is_offered(self):
        for typed, meant in (("ljujdjh", "договор"), ("ctnrf", "сетка"), ("jryf", "окна")):
            self.assertEqual(self.box.search(typed).get("suggestion"), meant)

    def test_a_near_word_is_offered(self):
        for typed, meant in (("договар", "договор"), ("prepaiment", "prepayment"), ("нейстойка", "неустойка"), ("маскитную сетку", "москитную сетку")):
            self.assertEqual(self.box.search(typed).get("suggestion"), meant)
        self.assertIsNone(self.box.search("абракадабра").get("suggestion"))

    def test_a_wrong_query_points_at_the_character(self):
        for query, at in (("договор (сетка", 8), ("сетка before:вчерась", 13), ("\"сетка", 0)):
            lines = self.box.run("search", query, expect=2).err.split("\n")
            self.assertEqual((lines[0], lines[1].index("^")), (query, at))

    def test_the_media_of_the_chats_come_along(self):
        self.assertEqual((self.imports["telegram/result.json"]["files"], self.imports["whatsapp/Чат WhatsApp с Анна Петрова.zip"]["files"]), (1, 1))

    def test_the_whole_folder_brings_what_its_parts_bring(self):
        box = harness.Box()
        self.addCleanup(box.close)
        result = box.take("--zone", "Europe/Moscow", SAMPLE, expect=1)
        self.assertEqual([refusal["item"] for refusal in result["refusals"]], ["README.md"])  # no mail: refused by name
        self.assertEqual((result["stored"], result["files"]), (self.everything, 2))

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
