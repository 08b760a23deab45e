# SPDX-License-Identifier: AGPL-3.0-or-later
"""A served archive for the scenario tests: the program, a client that can sign in, and an archive with letters."""
import base64
import hashlib
import hmac
import http.client
import json
import os
import re
import signal
import struct
import subprocess
import tempfile
import time
import unittest
import urllib.parse

from contract import API, Contract
from harness import LETOPIS, Box, environment, mail, mbox, multipart

PASSWORD = "синий кит ест снег"
PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    def header(self, name):
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def __str__(self):
        return f"{self.status} {self.body[:600].decode('utf-8', 'replace')}"


class Client:
    """A browser, as far as it matters here: cookies, and the header of our page."""

    def __init__(self, server):
        self.server, self.cookies = server, {}
        self.secret, self.last_step, self.recovery = "", 0, []

    def call(self, method, path, body=None, raw=None, headers=None, whole_path=False):
        head = {"X-Letopis": "1"}
        if self.cookies:
            head["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body is not None:
            raw, head["Content-Type"] = json.dumps(body).encode(), "application/json"
        elif raw is not None:
            head["Content-Type"] = "application/octet-stream"
        head.update(headers or {})
        head = {name: value for name, value in head.items() if value is not None}
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        try:
            connection.request(method, path if whole_path else API + path, raw, head)
            got = connection.getresponse()
            answer = Answer(got.status, got.getheaders(), got.read())
        finally:
            connection.close()
        for name, value in answer.headers:
            if name.lower() == "set-cookie":
                key, _, kept = value.split(";")[0].partition("=")
                if kept:
                    self.cookies[key] = kept
                else:
                    self.cookies.pop(key, None)
        if not whole_path:
            self.server.contract.check(method, API + path, body, answer)
        return answer

    def get(self, path, **query):
        return self.call("GET", path + ("?" + urllib.parse.urlencode(query) if query else ""))

    def post(self, path, body):
        return self.call("POST", path, body)

    def code(self):
        """A code that was not shown yet: of this half minute, or of the one before."""
        while True:
            now = time.time()
            step = int(now // 30)
            for one in (step - 1, step):
                if one > self.last_step and not (one < step and now % 30 > 27):
                    self.last_step = one
                    return self.code_of(one)
            time.sleep(0.2)

    def code_of(self, step):
        key = base64.b32decode(self.secret + "=" * (-len(self.secret) % 8))
        digest = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
        at = digest[-1] & 15
        return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7fffffff) % 10**6:06}"

    def wrong_code(self):
        step = int(time.time() // 30)
        return next(code for code in ("000000", "111111", "222222", "333333") if code not in [self.code_of(step + i) for i in (-2, -1, 0, 1, 2)])

    def sign_in(self, login, password=PASSWORD):
        """With a code on paper, so that nobody waits for the clock."""
        first = self.post("/session", {"login": login, "password": password})
        if first.status != 200:
            raise AssertionError(f"sign-in: {first}")
        second = self.post("/session/second", {"recovery": self.recovery.pop()})
        if second.status != 200:
            raise AssertionError(f"second factor: {second}")
        return self


class Server:
    """The program that serves the archive of a box."""

    def __init__(self, box, *options, **more):
        self.box, self.described = box, None
        self.logged = tempfile.TemporaryFile()
        self.process = subprocess.Popen([LETOPIS, *box.options(), "serve", "--listen", "127.0.0.1:0", *options], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=self.logged, env=environment(**more))
        # The greeting is one write, so that one look has all of it.
        said = os.read(self.process.stdout.fileno(), 65536)
        if not said:
            raise AssertionError("the server did not start: " + self.log_text())
        self.said = said.decode()
        self.port = int(re.search(r"https?://127\.0\.0\.1:(\d+)", self.said)[1])
        link = re.search(r"/start/1\?token=(\w+)", self.said)
        self.token = link[1] if link else ""

    def log_text(self):
        if not self.logged.closed:
            self.log_kept = os.pread(self.logged.fileno(), os.fstat(self.logged.fileno()).st_size, 0).decode()
        return self.log_kept

    def log(self, event=None):
        """The lines of the log, read; all of them must be such lines."""
        lines = [json.loads(line) for line in self.log_text().splitlines()]
        return [line for line in lines if event in (None, line["event"])]

    def faults(self):
        """What nobody wants to see: errors, and what is no line of the log at all."""
        return "\n".join(line for line in self.log_text().splitlines() if not re.match(r'\{"time":"[^"]+","level":"(info|warning)"', line))

    def stop(self):
        """Returns the exit code and the faults that were logged."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        if self.logged.closed:
            return self.process.returncode, self.faults()
        try:
            out, _ = self.process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            return "does not end at SIGTERM", self.log_text()
        self.said += out.decode()
        self.log_text()
        self.logged.close()
        return self.process.returncode, self.faults()

    @property
    def contract(self):
        """What the server says of its API."""
        if self.described is None:
            self.described = Contract.of(self.port)
        return self.described

    def client(self):
        return Client(self)

    def set_up(self, login="olga"):
        """Goes the whole way; returns the owner, signed in."""
        owner = self.client()
        sheet = owner.post("/setup/archive", {"token": self.token, "language": "ru", "company": "Тёплый контур"}).json["sheet"]
        owner.sheet = sheet
        owner.post("/setup/sheet", {"token": self.token, "code": sheet})
        made = owner.post("/setup/user", {"token": self.token, "login": login, "name": "Ольга Петрова", "password": PASSWORD})
        owner.secret = made.json["totp"]["secret"]
        done = owner.post("/setup/confirm", {"token": self.token, "code": owner.code()})
        if done.status != 200:
            raise AssertionError(f"set-up: {done}")
        owner.recovery = done.json["recovery_codes"]
        return owner


class Serving(unittest.TestCase):
    """A server a class (`shared = True`) or a test; it ends well whatever happened."""
    shared = False
    options = ()

    @classmethod
    def begin(cls, target, clean):
        target.box = Box(init=False)
        clean(target.box.close)
        target.server = Server(target.box, *cls.options)
        clean(cls.end, target)

    @staticmethod
    def end(target):
        code, said = target.server.stop()
        if code != 0 or said:
            raise AssertionError(f"the server ended with {code}: {said}")

    @classmethod
    def setUpClass(cls):
        if cls.shared:
            cls.begin(cls, cls.addClassCleanup)
            cls.owner = cls.server.set_up()
            cls.fill()

    @classmethod
    def fill(cls):
        pass

    @classmethod
    def set_sign_in(cls, who, wanted):
        done = who.call("PUT", "/sign-in", wanted)
        if done.status != 200:
            raise AssertionError(f"settings: {done}")
        return done.json

    def setUp(self):
        if not self.shared:
            self.begin(self, self.addCleanup)

    def assertProblem(self, answer, status, code=None):
        self.assertEqual(answer.status, status, answer)
        self.assertTrue(answer.header("Content-Type").startswith("application/problem+json"), answer.headers)
        problem = answer.json
        self.assertEqual(problem["status"], status)
        self.assertTrue(problem["detail"], answer)
        if code:
            self.assertEqual(problem["code"], code, answer)
        return problem

    def assertDone(self, answer, status=200):
        self.assertEqual(answer.status, status, answer)
        return answer.json if answer.body else None


def upload(client, name, data):
    begun = client.post("/uploads", {"name": name, "size": len(data)})
    if begun.status != 201:
        raise AssertionError(f"upload {name}: {begun}")
    written = client.call("PATCH", f"/uploads/{begun.json['id']}?offset=0", raw=data)
    if written.status != 200 or written.json["offset"] != len(data):
        raise AssertionError(f"upload {name}: {written}")
    return begun.json["id"]


def take(client, files, patience=60, **more):
    """Imports files by name; returns the import when it is over."""
    begun = client.post("/imports", {"uploads": [upload(client, name, data) for name, data in files.items()], **more})
    if begun.status != 202:
        raise AssertionError(f"import: {begun}")
    end = time.monotonic() + patience
    while time.monotonic() < end:
        view = client.get("/imports/" + begun.json["id"]).json
        if view["state"] in ("done", "failed", "stopped"):
            return view
        time.sleep(0.05)
    raise AssertionError(f"the import does not end: {view}")


def join(server, link, password=PASSWORD):
    """A new person behind a link to join; signed in."""
    person = server.client()
    begun = person.post(link, {"password": password})
    if begun.status != 200:
        raise AssertionError(f"join: {begun}")
    person.secret = begun.json["totp"]["secret"]
    done = person.post(link + "/confirm", {"code": person.code()})
    if done.status != 200:
        raise AssertionError(f"join: {done}")
    person.recovery = done.json["recovery_codes"]
    return person


def html_letter(number):
    text = mail(number, '<html><body><script>alert("x")</script><p onclick="alert(1)">цены в таблице</p><img src="https://spy.example/x.png"></body></html>', subject="Таблица цен")
    return text.replace(b"text/plain", b"text/html")


ANNA, BORIS = "anna@client.example", "boris@other.example"
LETTERS = [mail(n, f"скидка и договор {n}", subject=f"Оплата {n}") for n in range(1, 4)]
LETTERS += [mail(n, "бирюзовый секретный заказ", subject=f"Бирюза {n}", sender=BORIS) for n in range(4, 7)]
LETTERS += [mail(9, "общая переписка, начало", subject="Общее дело"),
            mail(10, "бирюзовый ответ в общей переписке", subject="Re: Общее дело", sender=BORIS, more="In-Reply-To: <m9@e2e.example>\nReferences: <m9@e2e.example>")]
FILES = multipart(7, ("price.html", "text/html", b"<script>alert(1)</script>"), ("pixel.png", "image/png", PNG), subject="Вложения")
TABLE = html_letter(8)


class Filled(Serving):
    shared = True

    @classmethod
    def fill(cls):
        cls.imported = take(cls.owner, {"mail/all.mbox": mbox(LETTERS), "mail/files.eml": FILES, "mail/table.eml": TABLE}, zone="Europe/Moscow")

    @classmethod
    def found(cls, query, who=None):
        answer = (who or cls.owner).get("/search", q=query, limit=100)
        if answer.status != 200:
            raise AssertionError(f"search {query}: {answer}")
        return answer.json["hits"]

    @classmethod
    def one(cls, query):
        return cls.found(query)[0]["id"]
