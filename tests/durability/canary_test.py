#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Nothing that can be read (docs/promises.md E1): words that stand nowhere else are brought in by every way, found, shown, exported and made
again, and then no file of the archive and no temporary file holds any of them, in no charset and no encoding."""
import base64
import email.message
import email.policy
import hashlib
import json
import os
import quopri
import random
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest

from support import Archive, size

LETTERS = "бвгджзклмнпрстф"
VOWELS = "аеиоуыя"
CHARSETS = ("utf-8", "utf-16-le", "utf-16-be", "windows-1251", "koi8-r")


def word(dice):
    return "".join(dice.choice(LETTERS) + dice.choice(VOWELS) for _ in range(5)) + "ний"


def encodings(canary):
    """Every form of the word that a scan looks for: by charset, as it is, in base64 at each offset, quoted-printable, hex."""
    forms = set()
    for text in {canary, canary.upper(), canary.capitalize(), canary[:-2]}:  # the last: its stem
        for charset in CHARSETS:
            raw = text.encode(charset)
            forms.add(raw)
            forms.add(raw.hex().encode())
            forms.add(raw.hex().upper().encode())
            forms.add(quopri.encodestring(raw).replace(b"=\n", b""))
            for offset in range(3):
                coded = base64.b64encode(b"\0" * offset + raw)
                forms.add(coded[(0, 2, 3)[offset]:len(coded) - 4])  # without the letters that depend on the neighbours
    return {form for form in forms if len(form) >= 8}


class Scanner:
    """Looks for all forms at once: by their first eight bytes, then whole."""

    def __init__(self, canaries):
        self.by_prefix = {}
        for canary in canaries:
            for form in encodings(canary):
                self.by_prefix.setdefault(form[:8], []).append((form, canary))
        self.forms = sum(len(forms) for forms in self.by_prefix.values())
        self.bytes = 0
        self.seen = set()

    def hits(self, data):
        self.bytes += len(data)
        found = set()
        table = self.by_prefix
        for at in range(len(data) - 7):
            forms = table.get(data[at:at + 8])
            if forms:
                found |= {canary for form, canary in forms if data.startswith(form, at)}
        return found

    def scan(self, folder):
        found = []
        for where, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(where, name)
                found += [f"{os.path.relpath(path, folder)} holds {canary}" for canary in self.hits(name.encode())]
                try:
                    with open(path, "rb") as file:
                        data = file.read()
                except OSError:
                    continue
                known = hashlib.sha256(data).digest()
                if known not in self.seen:  # the copies are mostly alike
                    self.seen.add(known)
                    found += [f"{os.path.relpath(path, folder)} holds {canary}" for canary in sorted(self.hits(data.rstrip(b"\0")))]
        return found


def pdf_of(text):
    """A PDF with the words in clear in its content stream; the letters are Latin, the PDF needs no font file then."""
    body = f"BT /F1 12 Tf 20 100 Td ({text}) Tj ET".encode()
    parts, offsets, out = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
                           b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
                           b"<</Length %d>>stream\n%s\nendstream" % (len(body), body), b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"], [], b"%PDF-1.4\n"
    for number, part in enumerate(parts, 1):
        offsets.append(len(out))
        out += b"%d 0 obj%s endobj\n" % (number, part)
    start = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return out + b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start


class Canary(unittest.TestCase):
    maxDiff = None

    def test_the_scan_finds_every_form_that_it_looks_for(self):
        scanner = Scanner(["карабулений"])
        for form in encodings("карабулений"):
            self.assertEqual(scanner.hits(b"xyz" + form + b"tail"), {"карабулений"}, form)
        self.assertEqual(scanner.hits(os.urandom(100000)), set())
        self.assertEqual(scanner.hits(base64.b64encode("Вот и карабулений, и другое".encode())), {"карабулений"})

    def make(self, folder, canaries, latin):
        """A folder of mails and chats; each canary stands in one place. Returns what was made."""
        dice, used = random.Random(5), iter(canaries)
        mails = []
        for number in range(len(canaries) // 8):
            message = email.message.EmailMessage(policy=email.policy.SMTP.clone(cte_type="8bit"))
            subject, body, sender, receiver, attachment, filename, html, quoted = (next(used) for _ in range(8))
            message["Subject"] = f"О деле {subject}"
            message["From"] = f"{sender} <sender{number}@example.org>"
            message["To"] = f"Отдел {receiver} <{latin[number]}@example.net>"
            message["Date"] = f"Mon, 0{dice.randrange(1, 9)} Jun 2026 10:00:00 +0300"
            message["Message-ID"] = f"<canary{number}@example.org>"
            charset = dice.choice(("utf-8", "windows-1251", "koi8-r"))
            message.set_content(f"Добрый день, {body}.\n\n> {quoted} писал\n", charset=charset, cte=dice.choice(("base64", "quoted-printable", "8bit")))
            message.add_alternative(f"<p>Добрый день, {html}</p>", subtype="html", charset=charset)
            message.add_attachment(f"Приложение: {attachment}\n".encode(charset), maintype="text", subtype="plain", filename=f"{filename}.txt", params={"charset": charset})
            if number % 4 == 0:
                message.add_attachment(pdf_of(latin[number] + " invoice"), maintype="application", subtype="pdf", filename="счёт.pdf")
            mails.append(bytes(message).replace(b"\r\n", b"\n"))
        with open(os.path.join(folder, "mail.mbox"), "wb") as file:
            for mail in mails:
                file.write(b"From sender@example.org Mon Jun  1 10:00:00 2026\n" + mail.replace(b"\nFrom ", b"\n>From ") + b"\n")
        chat = {"name": canaries[-1], "type": "personal_chat", "id": 4242, "messages": [
            {"id": number, "type": "message", "date": "2026-06-01T10:00:00", "date_unixtime": str(1780000000 + number), "from": canaries[-2],
             "from_id": "user77", "text": f"В чате {canary}", "text_entities": [{"type": "plain", "text": f"В чате {canary}"}]}
            for number, canary in enumerate(canaries[-12:], 1)]}
        os.mkdir(os.path.join(folder, "chat"))
        with open(os.path.join(folder, "chat", "result.json"), "w", encoding="utf-8") as file:
            json.dump(chat, file, ensure_ascii=False)
        return len(mails)

    def test_no_word_of_the_contents_is_on_the_disk(self):
        dice = random.Random(20261121)
        canaries = [word(dice) for _ in range(size(200, 1000))]
        latin = ["".join(dice.choice("bcdfgklmnprst") + dice.choice("aeiou") for _ in range(6)) for _ in canaries]
        scanner = Scanner(canaries + latin)
        with tempfile.TemporaryDirectory() as source, tempfile.TemporaryDirectory() as temporary, Archive().init() as archive:
            self.make(source, canaries, latin)
            archive.program.env["TMPDIR"] = temporary
            self.addCleanup(archive.program.env.pop, "TMPDIR", None)
            copies, stop = os.path.join(archive.folder, "copies"), threading.Event()

            def watch():
                number = 0
                while not stop.is_set() and number < 6:
                    for folder in (archive.path, temporary):
                        try:
                            shutil.copytree(folder, os.path.join(copies, str(number)), dirs_exist_ok=False, ignore=lambda *_: ["archive.sock"])
                        except (shutil.Error, OSError):
                            pass  # files come and go while they are copied
                        number += 1
                    time.sleep(0.15)

            watcher = threading.Thread(target=watch)
            watcher.start()
            for path in ("mail.mbox", "chat"):
                archive.letopis("import", "--quiet", "--zone", "+03:00", os.path.join(source, path))
            # They are in, and found: names by their field, also what only the HTML of a mail with plain text says.
            fields = ("", "", "from:", "to:", "", "filename:", "", "")
            asked = [f"{fields[number % 8]}{canaries[number]}" for number in dice.sample(range(len(canaries) - 12), 16)]
            hits = {query: archive.json("search", query)["total"] for query in asked + canaries[-12:-9]}
            self.assertEqual([canary for canary, total in hits.items() if total == 0], [])
            self.assertGreater(archive.json("search", latin[0])["total"], 0)
            archive.letopis("show", str(archive.json("search", canaries[1])["hits"][0]["id"]))
            archive.letopis("export", "--as", "mbox", "", "-")
            archive.letopis("rebuild")
            archive.letopis("verify", "--deep")
            stop.set()
            watcher.join()
            # And what a killed import leaves.
            process = subprocess.Popen(archive.command("import", "--quiet", "--source", "again", os.path.join(source, "mail.mbox")), stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, env=archive.program.env)
            time.sleep(0.3)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            found = scanner.scan(archive.path) + scanner.scan(temporary) + (scanner.scan(copies) if os.path.isdir(copies) else [])
            print(f"{len(canaries) + len(latin)} canaries in {scanner.forms} forms, {scanner.bytes >> 20} MiB scanned: {len(found)} hits", flush=True)
            self.assertEqual(found, [])
            self.assertGreater(scanner.bytes, 500000)

    def test_no_core_can_be_left(self):
        with Archive().init() as archive:
            process = subprocess.Popen(archive.command("unlock", "--for", "30s"), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                       env=archive.program.env)
            try:
                deadline = time.monotonic() + 10
                while not os.path.exists(os.path.join(archive.path, "archive.sock")) and time.monotonic() < deadline:
                    time.sleep(0.02)
                with open(f"/proc/{process.pid}/limits", encoding="ascii") as file:
                    limit = next(line for line in file if line.startswith("Max core file size"))
                self.assertEqual(limit.split()[4:6], ["0", "0"])
            finally:
                process.terminate()
                process.wait()


if __name__ == "__main__":
    unittest.main()
