#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The second set of tests: real mail and chats of many programs, from the shared data (not in this repository). Nothing crashes, every file is
accounted for, every original comes out byte for byte."""
import hashlib
import json
import mailbox
import os
import re
import tarfile
import unittest
import zipfile

from harness import SHARED_DATA, Scenario, call, main, sha256

EMAIL, CHAT = os.path.join(SHARED_DATA, "email"), os.path.join(SHARED_DATA, "chat")
HERE = os.path.isdir(EMAIL) and os.path.isdir(CHAT)
# Counts of data/README.md (Python's mailbox module).
BOXES = {"asterix-dev-201709-mailarchivesao.mbox": 53, "empty_attachment.mbox": 1, "empty_body.mbox": 1, "httpd-dev-28428.mbox": 1, "httpd-users-200606-part.mbox": 12,
         "httpd-users-2020-07.asf.mbox": 108, "httpd-users-2020-07.mbox": 108, "httpd-users-4950.mbox": 1, "nexus-html-only.mbox": 3, "no_date.mbox": 1,
         "ponymail-dev-1079-mailarchiesao.mbox": 1, "ponymail-dev-1079-mboxvm.mbox": 1, "text_enriched.mbox": 1, "tomcat-ancient-boundary.mbox": 1}
PIPERMAIL = 530
if not HERE:
    print("shared data not there: second set skipped", flush=True)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def files_below(folder):
    return sorted(os.path.join(place, name) for place, _, names in os.walk(folder) for name in names)


@unittest.skipUnless(HERE, "shared data not there: second set skipped")
class Shared(Scenario):
    def take_all(self, *paths, timeout=120):
        done = self.box.run("import", "--json", "--no-documents", "--zone", "UTC", *paths, expect=None, timeout=timeout)
        self.assertIn(done.code, (0, 1), done)
        result = done.json()
        self.assertEqual(result["seen"], result["stored"] + result["duplicates"] + result["refused"] + result["pending"])
        self.assertEqual((result["pending"], result["refused"]), (0, len(result["refusals"])))
        return result

    def originals(self):
        """sha256 -> id of every message, deliveries included, out of the export."""
        return {row["sha256"]: row["id"] for row in self.box.export("")}

    def test_letters_in_files_come_out_byte_for_byte(self):
        wanted = [path for path in files_below(EMAIL) if path.endswith((".eml", ".msg.eml")) and os.path.getsize(path)]
        self.assertGreater(len(wanted), 250)
        result = self.take_all(*sorted({os.path.dirname(path) for path in wanted}))
        have = self.originals()
        refused = " ".join(refusal["item"] for refusal in result["refusals"])
        missing = [path for path in wanted if sha256(read(path)) not in have and os.path.basename(path) not in refused]
        self.assertEqual(missing, [])
        lost = [path for path in wanted if sha256(read(path)) not in have]
        self.assertLessEqual(len(lost), 3, lost)
        for path in wanted[::40]:
            if sha256(read(path)) in have:
                self.assertEqual(self.box.raw(have[sha256(read(path))]), read(path), path)
        self.assertUnharmed()

    def test_mailboxes_hold_what_the_readme_counts(self):
        for folder, counted in (("mbox-lists", BOXES), ("mbox-pipermail", None)):
            number = 0
            for path in files_below(os.path.join(EMAIL, folder)):
                result = self.take_all(path)
                number += result["seen"]
                self.assertEqual(result["refused"], 0, path)
                if counted and os.path.basename(path) in counted:
                    self.assertEqual(result["seen"], counted[os.path.basename(path)], path)
            if not counted:
                self.assertEqual(number, PIPERMAIL)
        # Every original is a slice of its mailbox.
        whole = b"".join(read(path) for folder in ("mbox-lists", "mbox-pipermail") for path in files_below(os.path.join(EMAIL, folder)))
        for seq in self.box.ids("")[::60]:
            self.assertIn(self.box.raw(seq), whole)
        self.assertUnharmed()

    def test_maildirs_and_archives_of_them(self):
        folder = os.path.join(EMAIL, "mail-parser", "maildir")
        letters = [path for path in files_below(folder) if os.path.basename(os.path.dirname(path)) in ("cur", "new")]
        result = self.take_all(folder)
        self.assertEqual(result["seen"], len(letters))
        have = self.originals()
        self.assertEqual([path for path in letters if sha256(read(path)) not in have], [])
        mox = os.path.join(EMAIL, "mox")
        first = self.take_all(os.path.join(mox, "importtest.maildir"))
        self.assertEqual((first["seen"], first["refused"]), (2, 0))
        packed = self.take_all(os.path.join(mox, "importtest.maildir.tgz"))
        self.assertEqual((packed["seen"], packed["refused"], packed["stored"]), (2, 0, 0), packed)
        plain = self.take_all(os.path.join(mox, "importtest.mbox"))
        zipped = self.take_all(os.path.join(mox, "importtest.mbox.zip"))
        self.assertEqual((plain["refused"], zipped["refused"], zipped["seen"]), (0, 0, plain["seen"]))  # not the same bytes inside
        self.assertUnharmed()

    def test_everything_of_email_is_accounted_for(self):
        paths = [path for path in files_below(EMAIL) if not re.search(r"/(cur|new|tmp)/", os.path.relpath(path, EMAIL))]
        number = 0
        result = self.take_all(EMAIL, timeout=300)
        told = {refusal["item"].split(": ")[0] for refusal in result["refusals"]}
        have = self.originals()
        boxes = ("mbox-lists", "mbox-pipermail", ".mbox", ".zip", ".tgz")
        unknown = []
        for path in paths:
            relative = os.path.relpath(path, EMAIL)
            if any(part in relative for part in boxes) or relative in told or os.path.basename(path) == "dovecot-keywords":
                continue
            number += 1
            data = read(path)
            if data.startswith(b"From ") and sha256(data) not in have:  # a mailbox of one: its From_ line and the line after the mail are no part of the mail
                data = data.split(b"\n", 1)[1]
            if sha256(data) not in have and sha256(data.removesuffix(b"\n")) not in have:
                unknown.append(relative)
        self.assertEqual(unknown, [])
        self.assertGreater(number, 200)
        for name in ("pst/dist-list.pst", *(f"tnef/{name}" for name in os.listdir(os.path.join(EMAIL, "tnef")))):
            self.assertIn(name, told)
        for refusal in result["refusals"]:
            self.assertGreater(len(refusal["reason"]), 3, refusal)
        self.assertUnharmed()

    def test_telegram_exports(self):
        folder = os.path.join(CHAT, "telegram")
        for path in files_below(folder):
            data = read(path)
            try:
                parsed = json.loads(data)
            except ValueError:
                parsed = None
            result = self.take_all(path)
            if isinstance(parsed, dict) and isinstance(parsed.get("messages"), list) and os.path.basename(path) != "test_single_export.json":
                self.assertEqual(result["seen"] - result["refused"], len(parsed["messages"]), (path, result))
        data = [read(path).decode("utf-8", "replace") for path in files_below(folder)]
        for seq in self.box.ids("channel:telegram")[::9]:
            raw = self.box.raw(seq).decode("utf-8")
            self.assertTrue(any(raw in text for text in data), raw[:200])
        self.assertUnharmed()

    def rows(self, query):
        return {(row["date"][:19], re.sub(r" ?<?user.*$", "", row["from"]), re.sub(r"\s+", " ", row["text"]).strip()) for row in self.box.export(query)}

    def test_telegram_rows_are_those_of_another_program(self):
        folder = os.path.join(CHAT, "telegram", "chat-miner")
        self.take_all(os.path.join(folder, "test_batch_export.json"))
        target = {(row["timestamp"], row["author"], row["message"]) for row in json.loads(read(os.path.join(folder, "target.json")))}
        # The other program puts a space between the pieces of a text; we keep them as they were written.
        plain = lambda rows: {(at, who, re.sub(r"\s", "", text)) for at, who, text in rows}
        self.assertEqual(plain(self.rows("channel:telegram")), plain(target))

    def test_whatsapp_rows_are_those_of_another_program(self):
        folder = os.path.join(CHAT, "whatsapp", "chat-miner")
        target = {(row["timestamp"], row["author"], row["message"]) for row in json.loads(read(os.path.join(folder, "target.json")))}
        for name in sorted(os.listdir(folder)):
            if not name.endswith(".txt"):
                continue
            with self.subTest(name):
                box = type(self.box)()
                self.addCleanup(box.close)
                done = box.run("import", "--json", "--zone", "UTC", os.path.join(folder, name), expect=None)
                self.assertEqual((done.json()["seen"], done.json()["refused"]), (9, 0), done)
                rows = {(row["date"][:19], row["from"], re.sub(r"\s+", " ", row["text"]).strip()) for row in box.export("")}
                self.assertEqual(target - rows, set())
                whole = read(os.path.join(folder, name))
                self.assertEqual([seq for seq in box.ids("") if box.raw(seq) not in whole], [])

    def test_whatsapp_halves_of_one_chat_are_merged(self):
        folder = os.path.join(CHAT, "whatsapp", "whatstk")
        first = self.take_all("--source", "chat", os.path.join(folder, "lorem-merge-part1.txt"))
        self.assertGreater(first["stored"], 100)
        second = self.take_all("--source", "chat", os.path.join(folder, "lorem-merge-part2.txt"))
        again = self.take_all("--source", "chat", os.path.join(folder, "lorem-merge-part2.txt"))
        self.assertEqual((again["stored"], again["duplicates"]), (0, second["seen"]))
        big = self.take_all(os.path.join(folder, "lorem-2000.txt"))
        self.assertEqual(big["seen"], 2000)
        self.assertUnharmed()

    def test_other_formats_are_refused_by_name_and_not_mangled(self):
        for path, said in ((os.path.join(EMAIL, "pst", "dist-list.pst"), "PST|pst"), (os.path.join(CHAT, "slack", "testarchive.zip"), "Slack"),
                           (os.path.join(CHAT, "mattermost", "export.jsonl"), "Mattermost|mattermost"), (os.path.join(EMAIL, "outlook-msg", "charset.msg"), "Outlook"),
                           (os.path.join(CHAT, "other", "signal", "test_export.txt"), "Signal"), (os.path.join(CHAT, "other", "instagram", "test_export.json"), ".")):
            with self.subTest(os.path.basename(path)):
                result = self.take_all(path)
                self.assertEqual((result["stored"], result["refused"]), (0, 1), result)
                self.assertRegex(result["refusals"][0]["reason"], said)
        self.assertEqual(self.box.total(""), 0)

    def test_attachments_given_as_mail_are_refused_or_kept_but_never_crash(self):
        result = self.take_all(os.path.join(SHARED_DATA, "attachments", "tika"), timeout=300)
        self.assertGreater(result["refused"], 150)
        self.assertUnharmed()


if __name__ == "__main__":
    main()
