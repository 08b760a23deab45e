# SPDX-License-Identifier: AGPL-3.0-or-later
"""A served archive of a small company, with something of every kind that a screen can show."""
import base64
import json
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))

from harness import SAMPLE, Box  # noqa: E402
from server import PASSWORD, PNG, Server, join, take  # noqa: E402

LONG = 10_000


def pdf(pages, extra="", content="BT /F1 28 Tf 72 700 Td ({}) Tj ET"):
    """A PDF written by hand; the cross-reference table is right."""
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [f"<</Type/Catalog/Pages 2 0 R{extra}>>", f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>", "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    for n, words in enumerate(pages):
        stream = content.format(words)
        objects.append(f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents {5 + 2 * n} 0 R/Resources<</Font<</F1 3 0 R>>>>>>")
        objects.append(f"<</Length {len(stream)}>>stream\n{stream}\nendstream")
    out, table = "%PDF-1.4\n", ""
    for n, one in enumerate(objects):
        table += f"{len(out):010} 00000 n \n"
        out += f"{n + 1} 0 obj{one}\nendobj\n"
    return (out + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer<</Size {len(objects) + 1}/Root 1 0 R>>\nstartxref\n{len(out)}\n%%EOF\n").encode()


ENDLESS = pdf(["x"], content="q " + "0 0 595 842 re f " * 40000 + "Q {}")
SCRIPTED = pdf(["Act of acceptance"], extra="/Names<</JavaScript<</Names[(a)<</S/JavaScript/JS(app.alert\\(1\\))>>]>>>>")
# name, type, bytes
FILES = [
    ("Договор 17.pdf", "application/pdf", pdf(["Contract 17, page one", "Contract 17, page two", "Contract 17, page three"])),
    ("Акт.pdf", "application/pdf", SCRIPTED),
    ("Не PDF.pdf", "application/pdf", b"this is no PDF at all"),
    ("Замер.png", "image/png", PNG),
    ("Выписка.txt", 'text/plain; charset="windows-1251"', "Выписка по счёту\nПоступило 225 990,00\n".encode("cp1251")),
    ("Прайс.exe", "application/octet-stream", b"MZ" + bytes(64)),
    ("Фото.zip", "application/zip", b"PK\5\6" + bytes(18)),
]


def letter(subject, body, kind="text/plain", files=(), number=1, sender="Анна Ветрова <anna@severny-bereg.example>"):
    mark = f"part-{number}"
    lines = [f"Message-ID: <w{number}@severny-bereg.example>", f"Date: Wed, 18 Nov 2026 12:{number:02}:00 +0300", f"From: {header(sender)}", "To: sales@teply-kontur.example",
             f"Subject: {header(subject)}", "MIME-Version: 1.0", f'Content-Type: multipart/mixed; boundary="{mark}"', "", f"--{mark}", f"Content-Type: {kind}; charset=utf-8", "Content-Transfer-Encoding: base64", "",
             base64.encodebytes(body.encode()).decode()]
    for name, what, data in files:
        lines += [f"--{mark}", f"Content-Type: {what}", f"Content-Disposition: attachment; filename*=UTF-8''{quoted(name)}", "Content-Transfer-Encoding: base64", "", base64.encodebytes(data).decode()]
    return "\n".join(lines + [f"--{mark}--", ""]).encode()


def quoted(text):
    return "".join(f"%{byte:02X}" for byte in text.encode())


def header(text):
    name, at, rest = text.partition(" <")
    return f"=?utf-8?B?{base64.b64encode(name.encode()).decode()}?={at}{rest}"


def chat(count, name, title):
    rows = []
    for n in range(count):
        at = time.strftime("%Y-%m-%dT%H:%M:%S+03:00", time.gmtime(1_700_000_000 + n * 700))
        who = {"name": "Анна Ветрова", "address": "anna@severny-bereg.example"} if n % 3 else {"name": "Илья Крылов", "address": "i.krylov@teply-kontur.example"}
        rows.append({"id": f"{name}-{n}", "channel": "other", "chat": name, "chat_title": title, "date": at, "from": who, "text": f"{title}: строка {n}. " + "Замер, подоконник, откосы. " * (n % 7)})
    return lines(rows)


def lines(rows):
    return ("\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n").encode()


def changed():
    """A chat in which something was edited and something withdrawn."""
    base = {"channel": "other", "chat": "veranda", "chat_title": "Веранда: срок и скидка"}
    anna, ilya = {"name": "Анна Ветрова", "address": "anna@severny-bereg.example"}, {"name": "Илья Крылов", "address": "i.krylov@teply-kontur.example"}
    rows = [
        {"id": "v1", "date": "2026-11-12T10:00:00+03:00", "from": anna, "text": "Илья, добрый день! Когда закончите остекление веранды?"},
        {"id": "v2", "date": "2026-11-12T10:20:00+03:00", "from": ilya, "text": "Добрый день! Закончим 26 ноября, скидка 7 % остаётся."},
        {"event": "edit", "target": "v2", "date": "2026-11-12T10:24:00+03:00", "from": ilya, "text": "Добрый день! Закончим 27 ноября, скидка 7 % остаётся."},
        {"id": "v3", "date": "2026-11-13T09:10:00+03:00", "from": anna, "text": "Скидку обещали 10 %, проверьте договор."},
        {"event": "delete", "target": "v3", "date": "2026-11-13T09:40:00+03:00", "from": anna},
        {"id": "v4", "date": "2026-11-17T15:40:00+03:00", "from": anna, "text": "Хорошо, ждём 27 ноября. Счёт: https://bank.example/pay?order=17"},
    ]
    return lines([{**base, **row} for row in rows])


def sample():
    files = {}
    for folder, _, names in os.walk(SAMPLE):
        for name in names:
            path = os.path.join(folder, name)
            if name != "README.md":
                with open(path, "rb") as file:
                    files[os.path.relpath(path, SAMPLE)] = file.read()
    return files


class Company:
    """Starts it; `plan` is what a script in the browser needs to know of it."""

    def __init__(self, clean):
        self.box = Box(init=False)
        clean(self.box.close)
        self.server = Server(self.box)
        clean(self.server.stop)
        self.owner = owner = self.server.set_up()
        take(owner, sample(), zone="Europe/Moscow")
        take(owner, {"veranda.jsonl": changed(), "long.jsonl": chat(LONG, "long", "Длинный разговор"), "thousand.jsonl": chat(1000, "thousand", "Тысяча"), "hundreds.jsonl": chat(300, "hundreds", "Триста")})
        html = '<p>План получен, спасибо. <a href="https://shop.example/order/17">Заказ 17</a></p><img src="https://spy.example/x.png"><table border=1><tr><td>Стеклопакет<td>9 шт<td>283 500 ₽</table>'
        take(owner, {"files.eml": letter("Вложения всех родов", "Во вложении договор, акт и замер.\n\nС уважением,\nАнна", files=FILES, number=1),
                     "html.eml": letter("Счёт 315 и схема", html, kind="text/html", number=2)})
        take(owner, {"broken.zip": b"PK\3\4" + b"\xff" * 200, "note.mbox": b"From a@b Thu Nov 19 10:00:00 2026\nSubject: x\n\nx\n"})
        owner.post("/saved-searches", {"name": "Скидки этого года", "query": "скидка", "order": "newest"})
        owner.post("/tokens", {"name": "Отчёты", "rights": ["search"]})
        self.people()
        self.plan = {"origin": f"http://127.0.0.1:{self.server.port}", "cookies": owner.cookies, "reader": self.reader.cookies, "login": "olga", "password": PASSWORD, "secret": owner.secret, "recovery": owner.recovery, **self.ids()}

    def people(self):
        made = self.owner.post("/users", {"login": "anton", "name": "Антон Чернов", "grants": [{"role": "reader", "scope": {"clients": ["anna@severny-bereg.example"]}}], "reason": "замещает Дарью в отпуске"})
        self.reader = join(self.server, made.json["invite"])

    def found(self, query):
        return self.owner.get("/search", q=query, limit=1).json["hits"][0]

    def ids(self):
        files, html, veranda = self.found("subject:\"Вложения всех\""), self.found("subject:\"Счёт 315\""), self.found("остекление веранды")
        long, thousand = self.found("\"строка 5000\""), self.found("\"Тысяча: строка 500\"")
        clients = self.owner.get("/clients", limit=50).json["items"]
        sources = self.owner.get("/sources").json["items"]
        return {"files": files["conversation"], "filesMessage": files["id"], "html": html["conversation"], "htmlMessage": html["id"], "veranda": veranda["conversation"], "verandaMessage": veranda["id"],
                "long": long["conversation"], "longMessage": long["id"], "thousand": thousand["conversation"], "hundreds": self.found("\"Триста: строка 150\"")["conversation"],
                "client": max(clients, key=lambda one: len(one["channels"]) * 100 + min(one["messages"], 99))["id"], "refused": next((one["id"] for one in sources if one["refused"]), sources[0]["id"])}
