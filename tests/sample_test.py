#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The sample is what tests/sample/README.md says: counted here by Python's own readers, without Letopis."""
import email
import email.policy
import json
import mailbox
import os
import re
import unittest
import zipfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SAMPLE = os.path.join(ROOT, "tests", "sample")
BYTES_MAX = 250 * 1024


def table():
    """input -> (items, service), out of the last table of the README."""
    with open(os.path.join(SAMPLE, "README.md"), encoding="utf-8") as file:
        rows = re.findall(r"^\| (\S.*?) \| .+? \| (\d+) \| (\d+) \|$", file.read(), re.M)
    return {name: (int(items), int(service)) for name, items, service in rows}


def letters():
    """Every mail of the sample as bytes, with where it stands."""
    box = mailbox.mbox(os.path.join(SAMPLE, "mail", "inbox.mbox"), create=False)
    for key in box.keys():
        yield "mail/inbox.mbox", box.get_bytes(key)
    box.close()
    with zipfile.ZipFile(os.path.join(SAMPLE, "mail", "letters.zip")) as archive:
        for name in archive.namelist():
            yield "mail/letters.zip", archive.read(name)
    for folder, _, names in os.walk(os.path.join(SAMPLE, "mail", "zamer")):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                yield "mail/zamer", file.read()


def whatsapp(text, header):
    """Messages of a WhatsApp text: (author or None, body)."""
    found = []
    for line in text.split("\n"):
        match = re.match(header, line)
        if match:
            author, colon, body = match.group(1).partition(": ")
            found.append([author, body] if colon else [None, author])
        elif found and line:
            found[-1][1] += "\n" + line
    return found


def whatsapp_service(author, body):
    return author is None or "end-to-end encrypted" in body or body.strip("\u200e") in ("Missed voice call", "Пропущенный аудиозвонок")


class Sample(unittest.TestCase):
    def setUp(self):
        self.table = table()

    def test_the_table_names_every_input(self):
        self.assertEqual(len(self.table), 7)
        for name in self.table:
            self.assertTrue(os.path.exists(os.path.join(SAMPLE, name)), name)

    def test_the_letters_are_counted(self):
        counted = {}
        for where, _ in letters():
            counted[where] = counted.get(where, 0) + 1
        for where, number in counted.items():
            self.assertEqual((number, 0), self.table[where], where)

    def test_every_letter_is_whole_and_known_by_one_id(self):
        ids = []
        for where, raw in letters():
            message = email.message_from_bytes(raw, policy=email.policy.default)
            self.assertEqual(message.defects, [], where)
            ids.append(str(message["message-id"]))
            body = message.get_body(("plain", "html"))
            self.assertNotIn("\ufffd", body.get_content(), message["message-id"])
        self.assertEqual(len(ids), len(set(ids)))

    def test_every_charset_and_encoding_is_there(self):
        seen = set()
        for _, raw in letters():
            for part in email.message_from_bytes(raw).walk():
                if part.get_content_maintype() == "text":
                    seen |= {str(part.get_content_charset()), str(part.get("content-transfer-encoding", "")).lower()}
        self.assertLessEqual({"utf-8", "koi8-r", "windows-1251", "us-ascii", "base64", "quoted-printable", "8bit", "7bit"}, seen)

    def test_the_telegram_export_is_counted_and_its_files_are_there(self):
        with open(os.path.join(SAMPLE, "telegram", "result.json"), encoding="utf-8") as file:
            export = json.load(file)
        messages = [message for chat in export["chats"]["list"] for message in chat["messages"]]
        service = [message for message in messages if message["type"] == "service"]
        self.assertEqual((len(messages), len(service)), self.table["telegram/result.json"])
        photos = [message["photo"] for message in messages if "photo" in message]
        self.assertEqual(len(photos), 1)
        for message in messages:
            if "photo" in message:
                self.assertEqual(os.path.getsize(os.path.join(SAMPLE, "telegram", message["photo"])), message["photo_file_size"])

    def test_the_whatsapp_exports_are_counted(self):
        name = "whatsapp/Чат WhatsApp с Анна Петрова.zip"
        with zipfile.ZipFile(os.path.join(SAMPLE, name)) as archive:
            self.assertEqual(len(archive.namelist()), 2)
            text = archive.read("Чат WhatsApp с Анна Петрова.txt").decode("utf-8")
        lines = whatsapp(text, r"\d\d\.\d\d\.\d{4}, \d\d:\d\d - (.*)")
        self.assertEqual((len(lines), sum(whatsapp_service(*line) for line in lines)), self.table[name])
        name = "whatsapp/WhatsApp Chat with John Whitaker.txt"
        with open(os.path.join(SAMPLE, name), encoding="utf-8") as file:
            lines = whatsapp(file.read(), r"\u200e?\[\d\d/\d\d/\d{4}, \d\d:\d\d:\d\d\] (.*)")
        self.assertEqual((len(lines), sum(whatsapp_service(*line) for line in lines)), self.table[name])

    def test_the_site_chat_is_counted(self):
        name = "site-chat/site-chat.jsonl"
        with open(os.path.join(SAMPLE, name), encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        self.assertEqual((len(rows), sum(row.get("event") == "service" for row in rows)), self.table[name])

    def test_the_sample_is_small_and_names_nobody(self):
        total, text = 0, ""
        for folder, _, names in os.walk(SAMPLE):
            for name in names:
                path = os.path.join(folder, name)
                total += os.path.getsize(path)
                with open(path, "rb") as file:
                    text += file.read().decode("latin-1").replace("=\n", "")  # quoted-printable breaks words
        self.assertLess(total, BYTES_MAX)
        domains = set(re.findall(r"[\w.+-]+@([\w-]+(?:\.[\w-]+)+)", text))
        self.assertEqual([domain for domain in domains if not domain.endswith((".example", ".jpg"))], [])
        phones = re.findall(r"(?:\+7|\b8)[ -]\(?(\d{3})\)?[ -](\d{3})", text)
        self.assertGreater(len(phones), 10)
        self.assertEqual([phone for phone in phones if phone != ("916", "000")], [])


if __name__ == "__main__":
    unittest.main()
