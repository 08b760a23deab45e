#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""What comes in comes in once, whole and byte for byte, whatever form it has and whenever the import was stopped."""
import gzip
import io
import json
import os
import random
import re
import shutil
import signal
import tarfile
import time
import zipfile

from harness import LONG, Scenario, counts, encoded, mail, main, mbox, multipart, sha256, stop, telegram, tree_memory, wait_until, whatsapp

RANDOM = random.Random(20260301)


def zipped(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def tarred(files, mode="w:gz"):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


class Importing(Scenario):
    def raws(self, query=""):
        """sha256 of every original, as `show --raw` gives it."""
        return sorted(sha256(self.box.raw(seq)) for seq in self.box.ids(query))

    def expect_raws(self, mails, query="channel:email"):
        self.assertEqual(self.raws(query), sorted(map(sha256, mails)))

    # --- once

    def test_the_same_mailbox_again_adds_nothing(self):
        path = self.box.write("a.mbox", mbox([mail(n) for n in range(10)]))
        self.assertEqual(counts(self.box.take(path)), (10, 10, 0, 0, 0))
        self.assertEqual(counts(self.box.take(path)), (10, 0, 10, 0, 0))
        self.assertEqual(self.box.total(""), 10)
        self.assertEqual(self.box.show(self.box.ids("")[0])["deliveries"], [])

    def test_a_moved_or_copied_mailbox_is_the_same_mailbox(self):
        path = self.box.write("a.mbox", mbox([mail(n) for n in range(5)]))
        self.box.take(path)
        os.makedirs(self.box.path("elsewhere"))
        shutil.copy(path, self.box.path("elsewhere", "b.mbox"))
        os.rename(path, self.box.path("c.mbox"))
        for name in ("elsewhere/b.mbox", "c.mbox"):
            self.assertEqual(counts(self.box.take(self.box.path(name))), (5, 0, 5, 0, 0))
        self.assertEqual(self.box.total(""), 5)
        self.assertEqual([len(self.box.show(seq)["deliveries"]) for seq in self.box.ids("")], [0] * 5)
        self.assertEqual(len(self.box.books()), 1)

    def test_a_grown_mailbox_brings_only_what_is_new(self):
        mails = [mail(n) for n in range(12)]
        path = self.box.write("a.mbox", mbox(mails[:8]))
        self.box.take(path)
        self.box.write("a.mbox", mbox(mails))
        self.assertEqual(counts(self.box.take(path)), (12, 4, 8, 0, 0))
        self.assertEqual(self.box.total(""), 12)

    def test_a_mailbox_that_grew_and_moved_brings_only_what_is_new(self):
        mails = [mail(n) for n in range(12)]
        self.box.take(self.box.write("a.mbox", mbox(mails[:8])))
        result = self.box.take(self.box.write("moved/a.mbox", mbox(mails)))
        self.assertEqual((result["seen"], result["stored"]), (12, 4))
        self.assertEqual(self.box.total(""), 12)

    def test_two_identical_letters_in_one_mailbox_are_two_places_of_one_message(self):
        path = self.box.write("a.mbox", mbox([mail(1), mail(2), mail(1)]))
        self.assertEqual(counts(self.box.take(path)), (3, 2, 1, 0, 0))
        self.assertEqual(counts(self.box.take(path)), (3, 0, 3, 0, 0))
        self.assertEqual(self.box.total(""), 2)

    def test_the_same_letter_in_two_mailboxes_is_one_message_with_two_deliveries(self):
        self.box.take(self.box.write("a.mbox", mbox([mail(1), mail(2)])))
        self.assertEqual(counts(self.box.take(self.box.write("b.mbox", mbox([mail(2), mail(3)])))), (2, 1, 1, 0, 0))
        self.assertEqual(self.box.total(""), 3)
        second = next(hit["id"] for hit in self.box.search("")["hits"] if hit["message_id"] == "m2@e2e.example")
        deliveries = self.box.show(second)["deliveries"]
        self.assertEqual([delivery["source"] for delivery in deliveries], [f"mbox:{self.box.path('b.mbox')}"])
        self.assertEqual(self.box.run("show", "--raw", str(deliveries[0]["id"])).out, self.box.raw(second))
        self.assertUnharmed()

    def test_the_same_letter_in_two_folders_of_a_maildir(self):
        for folder in ("cur", ".Архив/cur", ".Архив/new", "new", "tmp"):
            os.makedirs(self.box.path("md", folder))
        self.box.write("md/cur/1.a:2,S", mail(1))
        self.box.write("md/.Архив/cur/2.a:2,RS", mail(1))
        self.assertEqual(counts(self.box.take(self.box.path("md"))), (2, 1, 1, 0, 0))
        shown = self.box.show(self.box.ids("")[0])
        self.assertEqual(len(shown["deliveries"]), 1)
        self.assertEqual({shown["folder"], shown["deliveries"][0]["folder"]}, {"INBOX", "Архив"})
        self.assertEqual({shown["flags"], shown["deliveries"][0]["flags"]}, {"S", "RS"})

    # --- forms

    def test_a_maildir_keeps_folders_and_flags_and_letters_that_change_flags_are_the_same(self):
        for folder in ("cur", "new", "tmp", ".Sent/cur", ".A&BEAEQQ-.B/cur"):
            os.makedirs(self.box.path("md", folder))
        mails = {"cur/1.a:2,FS": mail(1), "new/2.a": mail(2), ".Sent/cur/3.a:2,": mail(3, end="\r\n"), ".A&BEAEQQ-.B/cur/4.a:2,RST": mail(4)}
        for name, data in mails.items():
            self.box.write("md/" + name, data)
        self.assertEqual(counts(self.box.take(self.box.path("md"))), (4, 4, 0, 0, 0))
        shown = {one["message_id"]: self.box.show(one["id"]) for one in self.box.search("")["hits"]}
        folders = {number: (shown[f"m{number}@e2e.example"]["folder"], shown[f"m{number}@e2e.example"]["flags"]) for number in range(1, 5)}
        self.assertEqual((folders[1], folders[2], folders[3]), (("INBOX", "FS"), ("INBOX", ""), ("Sent", "")))
        self.assertEqual(folders[4], ("Aрс/B", "RST"))
        self.expect_raws(mails.values())
        os.rename(self.box.path("md/new/2.a"), self.box.path("md/cur/2.a:2,S"))
        self.assertEqual(counts(self.box.take(self.box.path("md"))), (4, 0, 4, 0, 0))

    def test_single_letters_and_a_folder_of_them(self):
        mails = [mail(n, end="\r\n" if n % 2 else "\n") for n in range(6)]
        for n, raw in enumerate(mails):
            self.box.write(f"letters/sub{n % 2}/письмо {n}.eml", raw)
        self.assertEqual(counts(self.box.take(self.box.path("letters"))), (6, 6, 0, 0, 0))
        self.expect_raws(mails)
        self.assertEqual(counts(self.box.take(self.box.path("letters", "sub0", "письмо 0.eml"))), (1, 0, 1, 0, 0))

    def test_archives_of_every_form(self):
        mails = [mail(n) for n in range(16)]
        chat = whatsapp([("01.02.2026", "10:00", "Анна", "чат из архива")])
        files = lambda first: {"почта/a.mbox": mbox(mails[first:first + 2]), "письма/один.eml": mails[first + 2], "md/cur/7.x:2,S": mails[first + 3],
                               "md/new/": b"", "md/tmp/": b""}
        self.box.write("1.zip", zipped(files(0)))
        self.box.write("2.tar.gz", tarred({name: data for name, data in files(4).items() if data}))
        self.box.write("3.tar", tarred({name: data for name, data in files(8).items() if data}, "w"))
        self.box.write("4.zip", zipped({"внутри.zip": zipped({name: data for name, data in files(12).items() if data})}))
        for name in ("1.zip", "2.tar.gz", "3.tar", "4.zip"):
            self.assertEqual(counts(self.box.take(self.box.path(name))), (4, 4, 0, 0, 0), name)
        self.expect_raws(mails, "")
        self.assertEqual({self.box.show(seq)["flags"] for seq in self.box.ids("")}, {"", "S"})
        result = self.box.take(self.box.write("chat.zip", zipped({"_chat.txt": chat})))
        self.assertEqual(counts(result), (1, 1, 0, 0, 0))
        result = self.box.take(self.box.write("tg.tgz", tarred({"export/result.json": telegram([(1, "телеграм из архива")]).encode()})))
        self.assertEqual(counts(result), (1, 1, 0, 0, 0))
        self.assertEqual(self.box.total("из архива"), 2)
        self.assertEqual(counts(self.box.take(self.box.write("a.mbox.gz", gzip.compress(mbox([mail(99)]))))), (1, 1, 0, 0, 0))
        self.assertUnharmed()

    def test_dialects_of_mailboxes(self):
        quoted = lambda raw: re.sub(rb"(?m)^From ", b">From ", raw)  # mboxo
        tricky = mail(1, body="строка\nFrom нас вам\n>From цитата\n\nFrom the heart, not a mail\nконец")
        dialects = {
            "mboxrd": mbox([tricky, mail(2)]),
            "mboxo": mbox([tricky, mail(2)], quote=quoted),
            "crlf": mbox([tricky, mail(2)]).replace(b"\n", b"\r\n"),
            "unquoted": mbox([tricky, mail(2)], quote=lambda raw: raw),
            "mboxcl2": b"".join(b"From a@b Thu Jan  1 00:00:00 2026\n" + raw.replace(b"\nMIME-Version", b"\nContent-Length: %d\nMIME-Version" % len(raw.split(b"\n\n", 1)[1])) + b"\n"
                                for raw in (tricky, mail(2))),
            "no-blank-line": b"".join(b"From a@b Thu Jan  1 00:00:00 2026\n" + raw for raw in (mail(1), mail(2))),
        }
        for name, data in dialects.items():
            with self.subTest(name):
                box = type(self.box)()
                self.addCleanup(box.close)
                self.assertEqual(counts(box.take(box.write(name, data))), (2, 2, 0, 0, 0))
                raws = [box.raw(hit["id"]) for hit in sorted(box.search("")["hits"], key=lambda hit: hit["id"])]
                self.assertEqual([re.search(rb"m(\d+)@", raw).group(1) for raw in raws], [b"1", b"2"])
                for raw in raws:
                    self.assertIn(raw.rstrip(b"\r\n"), data, "not the bytes that stood in the mailbox")
                text = box.show(min(box.ids("")))["text"]
                if name != "no-blank-line":
                    self.assertIn("From нас вам", text)
                    self.assertIn("From the heart", text)
                    self.assertIn("конец", text)

    def test_a_mail_in_a_mail_is_found_by_its_words(self):
        inner = mail(2, body="внутреннее содержание про фурнитуру", subject="Вложенное")
        deeper = multipart(3, ("deep.txt", "text/plain", "слово глубина".encode()))
        outer = multipart(1).replace(b"--=-edge-1--", b"--=-edge-1\nContent-Type: message/rfc822\n\n" + inner + b"\n--=-edge-1\nContent-Type: message/rfc822\n\n" + deeper + b"\n--=-edge-1--")
        self.assertEqual(counts(self.box.take(self.box.write("one.eml", outer))), (1, 1, 0, 0, 0))
        self.assertEqual([self.box.total(word) for word in ("фурнитура", "глубина", "есть")], [1, 1, 0])
        self.expect_raws([outer])

    def test_what_only_the_html_form_of_a_mail_says_is_found(self):
        text = "Добрый день, отправляем вам договор и счёт на оплату замера окон на Заводской"
        head = b"From: anna@client.example\nTo: b@shop.example\nDate: Mon, 02 Mar 2026 09:00:00 +0000\nSubject: s\nMessage-ID: <%s@x>\nMIME-Version: 1.0\n"
        both = lambda name, html: head % name + b'Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\n\n' + text.encode() + \
            b"\n--b\nContent-Type: text/html; charset=utf-8\n\n" + html.encode() + b"\n--b--\n"
        more = both(b"more", f"<p>{text}, <b>фурнитура бесплатно</b>")
        other = both(b"other", "<p>Совсем другое письмо: доставка отменена, склад закрыт, менеджер уволился вчера вечером")
        self.assertEqual(counts(self.box.take(self.box.write("more.eml", more), self.box.write("other.eml", other))), (2, 2, 0, 0, 0))
        one, two = self.box.ids("фурнитура")[0], self.box.ids("уволился")[0]
        self.assertEqual([self.box.ids(query) for query in ("бесплатная", '"фурнитурой бесплатно"', "склад", "отменена")], [[one], [one], [two], [two]])
        self.assertEqual(sorted(self.box.ids("замер договор")), sorted([one, two]))
        self.assertEqual(self.box.show(one)["text"].strip(), text)
        self.assertEqual(self.box.show(one)["marks"], [])
        self.assertIn("ambiguous", self.box.show(two)["marks"])
        self.expect_raws([more, other])

    def maildir(self, letters):
        for folder in ("cur", "new", "tmp"):
            os.makedirs(self.box.path("md", folder))
        for name, data in letters.items():
            self.box.write("md/cur/" + name, data)
        return self.box.take(self.box.path("md"))

    def test_broken_letters_are_kept_byte_for_byte_and_marked(self):
        broken = {"nohead.eml": b"\x00\xff\xfe" * 300 + b"\n\nnothing\n", "bad.eml": b"From: a@b\nSubject: x\nthis is no header\n\nbody\n",
                  "empty-head.eml": b"\n\nonly a body\n"}
        result = self.maildir(broken)
        self.assertEqual(counts(result), (3, 3, 0, 0, 0))
        self.assertGreaterEqual(result["marked"], 1)
        self.expect_raws(broken.values(), "")
        self.assertEqual([self.box.show(seq)["key"] for seq in self.box.ids("") if not self.box.show(seq)["marks"]], [])
        self.assertEqual(sum(source["marked"] for source in self.box.books()), result["marked"])
        self.assertUnharmed()

    def test_a_letter_that_was_cut_inside_an_attachment_is_marked(self):
        cut = multipart(5, ("a.bin", "application/octet-stream", bytes(range(256)) * 40))[:-2500]
        result = self.maildir({"cut.eml": cut})
        self.assertEqual(counts(result), (1, 1, 0, 0, 0))
        self.expect_raws([cut])
        self.assertEqual(result["marked"], 1, "nothing says that the end of this letter is missing")

    # --- chats

    def test_two_equal_lines_in_one_minute_are_two_messages(self):
        lines = [("01.02.2026", "10:00", "Анна", "да"), ("01.02.2026", "10:00", "Анна", "да"), ("01.02.2026", "10:00", "Пётр", "да")]
        path = self.box.write("Чат WhatsApp с Анна.txt", whatsapp(lines))
        self.assertEqual(counts(self.box.take("--zone", "+03:00", path)), (3, 3, 0, 0, 0))
        self.assertEqual(counts(self.box.take("--zone", "+03:00", path)), (3, 0, 3, 0, 0))
        self.assertEqual(self.box.total("да"), 3)
        self.assertEqual({hit["date"] for hit in self.box.search("да")["hits"]}, {"2026-02-01T07:00:00Z"})

    def test_overlapping_exports_of_a_chat_are_one_chat(self):
        lines = [(f"{1 + n // 24:02}.02.2026", f"{n % 24:02}:00", ("Анна", "Пётр")[n % 2], f"сообщение {n}" if n % 5 else "да") for n in range(60)]
        first = self.box.write("1/Чат WhatsApp с Анна.txt", whatsapp(lines[:40]))
        second = self.box.write("2/Чат WhatsApp с Анна.txt", whatsapp(lines[20:]))
        self.assertEqual(counts(self.box.take("--zone", "+03:00", first)), (40, 40, 0, 0, 0))
        self.assertEqual(counts(self.box.take("--zone", "+03:00", second)), (40, 20, 20, 0, 0))
        self.assertEqual(self.box.total(""), 60)
        self.assertUnharmed()

    def test_a_repeated_telegram_export_brings_new_and_edited_messages(self):
        path = self.box.write("tg/result.json", telegram([(1, "первое"), (2, "второе"), (3, "третье")]))
        self.assertEqual(counts(self.box.take(path)), (3, 3, 0, 0, 0))
        before = {hit["id"] for hit in self.box.search("")["hits"]}
        edit = {"edited": "2026-03-02T11:00:00", "edited_unixtime": "1772449200"}
        self.box.write("tg/result.json", telegram([(1, "первое"), (2, "исправленное", edit), (3, "третье"), (4, "четвёртое")]))
        self.assertEqual(counts(self.box.take(path)), (4, 2, 2, 0, 0))
        self.assertEqual(self.box.total("исправленное"), 1)
        self.assertEqual(self.box.total("четвертое"), 1)
        seq = self.box.ids("исправленное")[0]
        shown = self.box.show(seq)
        self.assertTrue(shown["edited"])
        self.assertEqual(len(shown["versions"]), 2)
        old = next(version["id"] for version in shown["versions"] if not version["current"])
        self.assertIn(old, before)
        self.assertIn("второе".encode(), self.box.raw(old))
        self.assertEqual(len(self.box.show(shown["conversation"]["id"])), 4)
        self.assertUnharmed()

    def test_originals_of_a_chat_are_exact_slices_of_the_export(self):
        data = telegram([(n, f"слово{n} «ёлка» \U0001f600") for n in range(1, 30)]).encode()
        text = whatsapp([("01.02.2026", f"10:{n:02}", "Анна", f"строка {n}\nи продолжение") for n in range(30)]).encode()
        self.box.take(self.box.write("tg/result.json", data))
        self.box.take(self.box.write("wa/Чат WhatsApp с Анна.txt", text))
        rows = self.box.search("")["hits"]
        self.assertEqual(len(rows), 59)
        for hit in rows[::7]:
            raw = self.box.raw(hit["id"])
            self.assertIn(raw, data if hit["channel"] == "telegram" else text)
            position = self.box.show(hit["id"])["position"]
            self.assertTrue((data if hit["channel"] == "telegram" else text)[position:].startswith(raw))

    def test_media_beside_an_export_and_in_a_zip(self):
        photo, note = b"\xff\xd8\xff" + bytes(5000), b"OggS" + bytes(300)
        media = {"photo": "photos/photo_1.jpg", "photo_file_size": len(photo), "width": 10, "height": 10}
        self.box.write("tg/result.json", telegram([(1, "смотрите", media), (2, "без файла", {"file": "(File not included. Change data exporting settings to download.)",
                                                                                      "file_name": "a.pdf", "media_type": "document"})]))
        self.box.write("tg/photos/photo_1.jpg", photo)
        result = self.box.take(self.box.path("tg"))
        self.assertEqual((counts(result), result["files"]), ((2, 2, 0, 0, 0), 1))
        shown = self.box.show(self.box.ids("смотрите")[0])
        attachment = next(one for one in shown["attachments"] if "file" in one)
        self.assertEqual(self.box.run("show", "--raw", str(attachment["file"])).out, photo)
        exported = next(row for row in self.box.export("смотрите"))["attachments"][0]
        self.assertEqual((exported["sha256"], exported["size"]), (sha256(photo), len(photo)))
        chat = whatsapp([("01.02.2026", "10:00", "Анна", "PTT-20260201-WA0001.opus (файл добавлен)"), ("01.02.2026", "10:01", "Анна", "слушай")])
        result = self.box.take(self.box.write("wa.zip", zipped({"Чат WhatsApp с Анна.txt": chat, "PTT-20260201-WA0001.opus": note})))
        self.assertEqual((counts(result), result["files"]), ((2, 2, 0, 0, 0), 1))
        shown = next(self.box.show(seq) for seq in self.box.ids("channel:whatsapp has:attachment"))
        self.assertEqual(self.box.run("show", "--raw", str(shown["attachments"][0]["file"])).out, note)
        self.assertUnharmed()

    def test_exports_of_two_forms_side_by_side_are_both_read(self):
        chat = whatsapp([("01.02.2026", "10:00", "Пётр", "в архиве")])
        self.box.write("chats/WhatsApp Chat with John.txt", "[01/02/2026, 10:00:00] John: beside\n")
        self.box.write("chats/Чат WhatsApp с Пётр.zip", zipped({"Чат WhatsApp с Пётр.txt": chat}))
        self.box.write("chats/почта.mbox", mbox([mail(1)]))
        result = self.box.take("--zone", "+03:00", self.box.path("chats"))
        self.assertEqual(counts(result), (3, 3, 0, 0, 0))
        self.assertEqual([self.box.total(word) for word in ("beside", "архиве", "текст")], [1, 1, 1])

    def test_own_lines_and_tables(self):
        rows = [{"id": str(n), "channel": "other", "chat": "сайт", "date": f"2026-02-01T10:{n:02}:00Z", "from": {"name": "Гость", "address": f"g{n}"}, "text": f"вопрос {n}"} for n in range(10)]
        data = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        self.assertEqual(counts(self.box.take(self.box.write("chat.jsonl", data))), (10, 10, 0, 0, 0))
        rows[3]["text"] = "поправка"
        data = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        self.assertEqual(counts(self.box.take(self.box.write("chat.jsonl", data))), (10, 1, 9, 0, 0))
        self.assertEqual(self.box.total("поправка"), 1)
        # What was said first stays findable: it is an earlier version of the same message.
        versions = self.box.show(self.box.ids("поправка")[0])["versions"]
        self.assertEqual([version["current"] for version in versions], [False, True])
        self.assertIn(versions[0]["id"], self.box.ids("вопрос"))
        self.assertEqual(len(self.box.show(self.box.show(versions[0]["id"])["conversation"]["id"])), 10)

    # --- many paths, wrong paths

    def test_a_path_that_is_not_there_is_refused_and_the_others_are_taken(self):
        good = self.box.write("a.eml", mail(1))
        result = self.box.take(self.box.path("missing"), good, expect=1)
        self.assertEqual(counts(result), (2, 1, 0, 1, 0))
        self.assertIn("no such file", result["refusals"][0]["reason"])

    # --- interrupted

    def interrupted(self, how, path, limit=60):
        """Starts the import and stops it at a random moment until it gets through by itself."""
        stops, quick = 0, 0.03
        while True:
            process = self.box.start("import", "--json", path)
            delay = RANDOM.uniform(0.01, 0.03 + quick)
            try:
                code = process.wait(delay)
            except Exception:
                process.send_signal(how)
                code = process.wait(60)
            if code == 0:
                return stops
            self.assertIn(code, (1, -how))
            stops += 1
            quick = min(quick * 1.25, 20)
            self.assertLess(stops, limit)
            if stops % 4 == 1:
                for source in self.box.books():
                    self.assertTrue(source["balanced"], source)
                    self.assertEqual(source["seen"], source["stored"] + source["duplicates"] + source["refused"] + source["pending"])

    def killed(self, how):
        number = 12000 if LONG else 2500
        mails = [mail(n, body=f"дело {n} " + "слово за слово " * (n % 40)) for n in range(number)]
        path = self.box.write("a.mbox", mbox(mails))
        stops = self.interrupted(how, path)
        self.assertGreater(stops, 1, "it was never stopped")
        self.assertEqual(self.box.total(""), number)
        rows = self.box.export("")
        self.assertEqual(sorted(row["sha256"] for row in rows), sorted(map(sha256, mails)))
        self.assertUnharmed()
        self.assertEqual([source["unfinished_runs"] for source in self.box.books()], [0])
        self.assertEqual(counts(self.box.take(path)), (number, 0, number, 0, 0))
        for row in RANDOM.sample(rows, 5):
            self.assertEqual(sha256(self.box.raw(row["id"])), row["sha256"])
        return mails

    def test_an_import_killed_again_and_again_ends_with_every_letter_once(self):
        self.killed(signal.SIGKILL)

    def test_an_import_stopped_by_ctrl_c_again_and_again_ends_with_every_letter_once(self):
        self.killed(signal.SIGINT)

    # --- memory

    def peak(self, *arguments):
        process, peak = self.box.start("import", "--quiet", *arguments), 0
        while process.poll() is None:
            peak = max(peak, tree_memory(process.pid))
            time.sleep(0.005)
        self.assertEqual(process.returncode, 0)
        return peak

    def test_a_huge_letter_or_file_takes_memory_for_two_of_it_and_no_more(self):
        size, more = 100 << 20, 60 << 20
        data = RANDOM.randbytes(size * 3 // 4)
        # The process that splits a mailbox reads ahead.
        for name, letter, ahead in (("a.eml", multipart(1, ("a.bin", "application/octet-stream", data)), 0),
                                    ("b.mbox", mbox([multipart(2, ("b.bin", "application/octet-stream", data))]), 64 << 20)):
            with self.subTest(name=name):
                path = self.box.write(name, letter)
                self.assertLess(self.peak(path), 2 * len(letter) + ahead + more)
                raw = letter if name == "a.eml" else letter[letter.index(b"\n") + 1:-1]
                self.assertEqual(sha256(self.box.raw(self.box.ids("")[-1 if name == "a.eml" else 0])), sha256(raw))
                os.remove(path)
        with self.subTest(name="result.json"):
            data = RANDOM.randbytes(size)
            self.box.write("chat/files/c.bin", data)
            self.box.write("chat/result.json", telegram([(1, "see", {"file": "files/c.bin", "file_name": "c.bin", "mime_type": "application/octet-stream"})]))
            self.assertLess(self.peak("--zone", "UTC", self.box.path("chat")), 2 * size + more)
        self.assertUnharmed()

    # --- the books

    def stopped_midway(self, how, *arguments):
        journal = [self.box.path("archive", name) for name in ("live.db", "live.db-wal")]
        taken = lambda: sum(os.path.getsize(file) for file in journal if os.path.exists(file))
        before = taken()
        process = self.box.start("import", *arguments)
        wait_until(lambda: taken() > before + 300_000, 30)
        time.sleep(RANDOM.uniform(0, 0.2))
        process.send_signal(how)
        process.wait(60)

    def test_a_run_that_was_stopped_is_unfinished_until_a_later_one_has_read_the_same(self):
        unfinished = lambda: [source["unfinished_runs"] for source in self.box.books()]
        other = self.box.write("other.mbox", mbox([mail(1)]))
        for seed, how in enumerate((signal.SIGKILL, signal.SIGINT)):
            with self.subTest(how=how):
                big = self.box.path(f"big{seed}.mbox")
                self.box.run("bench-data", "--kind", "mail", "--messages", "9000", "--seed", str(seed), big)
                self.stopped_midway(how, "--source", "office", big)
                self.assertEqual(unfinished(), [1])
                self.box.take("--source", "office", other)  # another file of the same source says nothing of the first
                self.assertEqual(unfinished(), [1])
                with open(big, "ab") as file:  # the mailbox has grown meanwhile
                    file.write(mbox([mail(100 + seed)]))
                self.box.take("--source", "office", big)
                self.assertEqual(unfinished(), [0])
        told = self.box.books()
        self.box.run("rebuild", "catalog")
        self.assertEqual(self.box.books(), told)
        self.assertUnharmed()

    def test_the_books_of_an_import_that_was_killed_balance_at_once(self):
        self.box.run("bench-data", "--kind", "mail", "--messages", "6000", self.box.path("big.mbox"))
        self.stopped_midway(signal.SIGKILL, self.box.path("big.mbox"))
        books = self.box.books()
        self.assertTrue(all(source["balanced"] for source in books), books)
        self.assertEqual(sum(source["stored"] for source in books), self.box.total(""))
        self.assertUnharmed()


if __name__ == "__main__":
    main()
