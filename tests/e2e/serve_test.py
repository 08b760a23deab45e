#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The server over HTTP: the first run, signing in, uploads, who may see what, and what the access log says of it."""
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
import threading
import time
import unittest
import urllib.parse

from harness import LETOPIS, Box, environment, mail, main, mbox, multipart, sha256

PASSWORD = "синий кит ест снег"
API = "/api/v1"
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

    def __init__(self, box):
        self.box = box
        self.process = subprocess.Popen([LETOPIS, *box.options(), "serve", "--listen", "127.0.0.1:0"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
        # The greeting is one write, so that one look has all of it.
        said = os.read(self.process.stdout.fileno(), 65536)
        if not said:
            raise AssertionError("the server did not start: " + self.process.stderr.read().decode())
        self.said = said.decode()
        self.port = int(re.search(r"http://127\.0\.0\.1:(\d+)", self.said)[1])
        link = re.search(r"/start/1\?token=(\w+)", self.said)
        self.token = link[1] if link else ""

    def stop(self):
        """Returns the exit code and what else was said."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            out, err = self.process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            out, err = self.process.communicate()
            return "does not end at SIGTERM", err.decode()
        self.said += out.decode()
        return self.process.returncode, err.decode()

    def client(self):
        return Client(self)

    def set_up(self, login="olga"):
        """Goes the whole way; returns the owner, signed in."""
        owner = self.client()
        sheet = owner.post("/setup/archive", {"token": self.token, "language": "ru", "company": "Тёплый контур"}).json["sheet"]
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

    @classmethod
    def begin(cls, target, clean):
        target.box = Box(init=False)
        clean(target.box.close)
        target.server = Server(target.box)
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


def take(client, files, **more):
    """Imports files by name; returns the import when it is over."""
    begun = client.post("/imports", {"uploads": [upload(client, name, data) for name, data in files.items()], **more})
    if begun.status != 202:
        raise AssertionError(f"import: {begun}")
    end = time.monotonic() + 60
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


class FirstRun(Serving):
    def test_from_the_printed_link_to_the_first_user(self):
        server, person = self.server, self.server.client()
        token = server.token
        self.assertEqual(person.get("/health").json["state"], "setup")
        self.assertProblem(person.get("/search", q="x"), 503, "setup_required")
        for wrong in ("", "0" * len(token), token[:-1], token + "0"):
            self.assertProblem(person.get("/setup", token=wrong), 403, "forbidden")
        self.assertProblem(person.post("/setup/archive", {"token": "0" * 32, "language": "ru"}), 403, "forbidden")
        self.assertFalse(os.path.exists(os.path.join(self.box.archive, "archive.toml")))
        self.assertProblem(person.post("/setup/user", {"token": token, "login": "olga", "name": "О", "password": PASSWORD}), 409)
        self.assertEqual(person.get("/setup", token=token).json, {"state": "new"})

        made = self.assertDone(person.post("/setup/archive", {"token": token, "language": "ru", "company": "Тёплый контур"}))
        self.assertEqual(os.stat(self.box.key).st_mode & 0o077, 0)
        self.assertEqual(person.get("/setup", token=token).json["state"], "sheet")
        self.assertProblem(person.post("/setup/user", {"token": token, "login": "olga", "name": "О", "password": PASSWORD}), 409)
        for wrong in ("ABCD", made["sheet"][:-2] + "zz", "-" * 3000):
            answer = person.post("/setup/sheet", {"token": token, "code": wrong})
            self.assertIn(answer.status, (400, 403), answer)
        self.assertEqual(person.get("/setup", token=token).json["state"], "sheet")
        self.assertDone(person.post("/setup/sheet", {"token": token, "code": made["sheet"]}))
        self.assertEqual(person.get("/setup", token=token).json["state"], "user")
        self.assertNotIn("sheet", person.get("/setup", token=token).json, "the sheet is shown once")

        for weak in ("short", "password1234", "olgaolgaolga", "Тёплый контур"):
            answer = person.post("/setup/user", {"token": token, "login": "olga", "name": "Ольга", "password": weak})
            self.assertEqual(answer.status, 400, f"the password {weak!r} is taken")
        user = self.assertDone(person.post("/setup/user", {"token": token, "login": "olga", "name": "Ольга", "password": PASSWORD}))
        self.assertIn("otpauth://totp/", user["totp"]["uri"])
        self.assertTrue(user["totp"]["qr"].startswith("<svg"))
        person.secret = user["totp"]["secret"]
        self.assertProblem(person.post("/setup/confirm", {"token": token, "code": person.wrong_code()}), 400, "invalid")
        self.assertProblem(person.get("/session"), 401)
        self.assertProblem(self.server.client().post("/session", {"login": "olga", "password": PASSWORD}), 401)
        done = self.assertDone(person.post("/setup/confirm", {"token": token, "code": person.code()}))
        self.assertEqual(len(set(done["recovery_codes"])), 10)
        me = self.assertDone(person.get("/session"))
        self.assertEqual((me["user"]["login"], me["roles"], me["sees_all"]), ("olga", ["owner"], True))

        # The link is dead, for reading and for writing.
        self.assertProblem(person.get("/setup", token=token), 403)
        self.assertProblem(person.post("/setup/archive", {"token": token, "language": "ru"}), 403)
        self.assertProblem(person.post("/setup/user", {"token": token, "login": "eva", "name": "E", "password": PASSWORD}), 403)
        self.assertProblem(person.post("/setup/demo", {"token": token}), 403)

        code, said = server.stop()
        self.assertEqual((code, said), (0, ""))
        self.server = Server(self.box)
        time.sleep(0.2)
        person.server = self.server
        self.assertEqual(person.get("/session").status, 200, "a session outlives the server")
        self.assertEqual(self.server.client().get("/health").json["state"], "open")
        self.assertEqual(self.server.stop()[0], 0)
        self.assertNotIn("token", self.server.said)

    def test_a_set_up_that_stopped_midway_goes_on_after_a_start(self):
        person = self.server.client()
        sheet = self.assertDone(person.post("/setup/archive", {"token": self.server.token, "language": "en"}))["sheet"]
        old = self.server.token
        self.assertEqual(self.server.stop()[0], 0)
        self.server = Server(self.box)
        person.server = self.server
        self.assertTrue(self.server.token, "there is nobody yet: the link is printed again")
        self.assertNotEqual(self.server.token, old)
        self.assertProblem(person.get("/setup", token=old), 403)
        self.assertEqual(person.get("/setup", token=self.server.token).json["sheet"], sheet)

    def test_the_first_user_may_be_corrected_before_the_code(self):
        person, token = self.server.client(), self.server.token
        sheet = self.assertDone(person.post("/setup/archive", {"token": token, "language": "ru"}))["sheet"]
        self.assertDone(person.post("/setup/sheet", {"token": token, "code": sheet}))
        self.assertDone(person.post("/setup/user", {"token": token, "login": "olag", "name": "Олга", "password": PASSWORD}))
        made = self.assertDone(person.post("/setup/user", {"token": token, "login": "olga", "name": "Ольга", "password": PASSWORD}))
        person.secret = made["totp"]["secret"]
        self.assertDone(person.post("/setup/confirm", {"token": token, "code": person.code()}))
        user = person.get("/session").json["user"]
        self.assertEqual((user["login"], user["name"]), ("olga", "Ольга"),
                         "SetUp::make_user keeps the first login and name, though the code of the phone names the second")

    def test_no_file_of_the_server_but_the_page(self):
        # `//path` is the path `/path` below the page, never the file /path of the machine.
        secret = self.box.write("secret.txt", "key of the house")
        for path in ("/" + secret, "/" + self.box.key, "//" + secret, "/assets/" + secret, "/assets/%2e%2e/%2e%2e/package.json", "/%2f" + secret[1:]):
            answer = self.server.client().call("GET", path, whole_path=True)
            self.assertNotIn(b"key of the house", answer.body, f"House::asset serves any file of the machine: GET {path}")
        page = self.server.client().call("GET", "/start/1", whole_path=True)
        self.assertEqual(page.status, 200, page)
        self.assertIn("default-src 'none'", page.header("Content-Security-Policy"))


class SigningIn(Serving):
    shared = True

    def test_one_answer_for_everybody_who_is_refused(self):
        told = []
        for login, password in (("olga", "не тот пароль совсем"), ("nobody", "не тот пароль совсем"), ("nobody", PASSWORD)):
            answer = self.server.client().post("/session", {"login": login, "password": password})
            problem = self.assertProblem(answer, 401, "unauthenticated")
            told.append({name: value for name, value in problem.items() if name != "id"})
            self.assertEqual(answer.header("Set-Cookie"), "")
        self.assertEqual(told[0], told[1])
        self.assertEqual(told[0], told[2])

    def test_a_code_of_the_phone_is_good_once(self):
        first, second = self.server.client(), self.server.client()
        code = self.owner.code()
        for client in (first, second):
            begun = self.assertDone(client.post("/session", {"login": "olga", "password": PASSWORD}))
            self.assertEqual(begun["next"], "totp")
            self.assertProblem(client.get("/session"), 401)
        self.assertProblem(first.post("/session/second", {"code": self.owner.wrong_code()}), 401)
        self.assertDone(first.post("/session/second", {"code": code}))
        self.assertProblem(second.post("/session/second", {"code": code}), 401)
        self.assertDone(first.get("/session"))
        self.assertProblem(second.get("/session"), 401)
        self.assertProblem(first.post("/session/step-up", {"code": code}), 401)

    def test_a_code_on_paper_is_good_once(self):
        code = self.owner.recovery.pop()
        first, second = self.server.client(), self.server.client()
        for client in (first, second):
            self.assertDone(client.post("/session", {"login": "olga", "password": PASSWORD}))
        self.assertDone(first.post("/session/second", {"recovery": code.lower().replace("-", " ")}))
        self.assertProblem(second.post("/session/second", {"recovery": code}), 401)
        self.assertDone(second.post("/session/second", {"recovery": self.owner.recovery.pop()}))

    def test_a_half_signed_in_browser_gets_no_second_session(self):
        client = self.server.client()
        self.assertDone(client.post("/session", {"login": "olga", "password": PASSWORD}))
        kept = dict(client.cookies)
        self.assertDone(client.post("/session/second", {"recovery": self.owner.recovery.pop()}))
        client.cookies = kept
        self.assertProblem(client.post("/session/second", {"recovery": self.owner.recovery[-1]}), 401)
        self.assertProblem(self.server.client().post("/session/second", {"recovery": self.owner.recovery[-1]}), 401)

    def test_the_session_ends_when_one_signs_out(self):
        client = self.again()
        kept = dict(client.cookies)
        self.assertDone(client.get("/session"))
        self.assertEqual(client.call("DELETE", "/session").status, 204)
        self.assertEqual(client.cookies, {})
        client.cookies = kept
        self.assertProblem(client.get("/session"), 401)

    def joined(self, login):
        """Somebody else, whose pauses are nobody's concern."""
        made = self.assertDone(self.owner.post("/users", {"login": login, "name": login, "grants": []}), 201)
        return join(self.server, made["invite"])

    def again(self):
        client = self.server.client()
        client.recovery = self.owner.recovery
        return client.sign_in("olga")

    def test_the_cookie_is_for_the_server_only(self):
        client = self.server.client()
        self.assertDone(client.post("/session", {"login": "olga", "password": PASSWORD}))
        cookie = client.post("/session/second", {"recovery": self.owner.recovery.pop()}).header("Set-Cookie")
        for word in ("HttpOnly", "SameSite=Strict", "Path=/"):
            self.assertIn(word, cookie)

    def test_only_our_page_may_write(self):
        for path, body in (("/saved-searches", {"name": "a", "query": "b"}), ("/session", {"login": "olga", "password": PASSWORD})):
            for headers in ({"X-Letopis": None}, {"X-Letopis": "2"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
                self.assertProblem(self.owner.call("POST", path, body, headers=headers), 403, "forbidden")
        self.assertProblem(self.owner.call("DELETE", "/session", headers={"X-Letopis": None}), 403)
        self.assertDone(self.owner.call("GET", "/session", headers={"X-Letopis": None}))
        self.assertEqual(self.owner.get("/saved-searches").json["items"], [])
        for site in ("same-origin", "none"):
            self.assertDone(self.owner.call("PATCH", "/session/settings", {"locale": "ru"}, headers={"Sec-Fetch-Site": site}))

    def test_wrong_tries_of_one_login_make_that_one_wait(self):
        answers = [self.server.client().post("/session", {"login": "victim", "password": f"мимо {i}"}) for i in range(5)]
        self.assertEqual([answer.status for answer in answers[:3]], [401] * 3)
        self.assertProblem(answers[-1], 429, "too_many")
        self.assertGreaterEqual(int(answers[-1].header("Retry-After")), 1)
        self.assertDone(self.again().get("/session"))

    def test_everybody_outside_is_told_the_same(self):
        for path in ("/search?q=x", "/messages/1", "/users", "/audit", "/archive", "/events", "/imports"):
            self.assertProblem(self.server.client().call("GET", path), 401, "unauthenticated")
        stranger = self.server.client()
        stranger.cookies = {"letopis": "ab" * 32}
        self.assertProblem(stranger.get("/archive"), 401)
        self.assertProblem(self.server.client().call("GET", "/archive", headers={"Authorization": "Bearer nonsense"}), 401)

    def test_guessing_at_the_second_factor_comes_to_an_end(self):
        client = self.server.client()
        self.assertDone(client.post("/session", {"login": "olga", "password": PASSWORD}))
        wrong = self.owner.wrong_code()
        for _ in range(12):
            self.assertIn(client.post("/session/second", {"code": wrong}).status, (401, 429))
        self.assertProblem(client.post("/session/second", {"recovery": self.owner.recovery[-1]}), 401)
        self.assertDone(self.again().get("/session"))

    def test_guessing_at_a_step_up_comes_to_an_end(self):
        client = self.joined("stepper")
        wrong = client.wrong_code()
        answers = [client.post("/session/step-up", {"code": wrong}).status for _ in range(5)]
        self.assertIn(429, answers, "Door::step_up counts no tries: who found an open page may guess the code as long as the session lives")

    def test_an_event_stream_ends_with_its_session(self):
        client = self.again()
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=4)
        connection.request("GET", API + "/events", headers={"Cookie": "; ".join(f"{k}={v}" for k, v in client.cookies.items())})
        stream = connection.getresponse()
        self.assertEqual(stream.status, 200)
        client.call("DELETE", "/session")
        try:
            ended = stream.read() is not None
        except TimeoutError:
            ended = False
        finally:
            connection.close()
        self.assertTrue(ended, "api/archive_routes.cpp events(): the stream goes on after its session ended")

    def test_a_token_of_a_program_has_its_rights_only(self):
        made = self.assertDone(self.owner.post("/tokens", {"name": "бот", "rights": ["search"]}), 201)
        head = {"Authorization": "Bearer " + made["secret"], "X-Letopis": None}
        bot = self.server.client()
        self.assertDone(bot.call("GET", "/search?q=x", headers=head))
        self.assertProblem(bot.call("GET", "/users", headers=head), 403)
        self.assertProblem(bot.call("GET", "/messages/1", headers=head), 403)
        self.assertEqual(self.owner.call("DELETE", "/tokens/" + made["id"]).status, 204)
        self.assertProblem(bot.call("GET", "/search?q=x", headers=head), 401)

    def test_a_token_changes_nothing_of_its_owners_own(self):
        made = self.assertDone(self.owner.post("/tokens", {"name": "бот", "rights": ["search", "self"]}), 201)
        head = {"Authorization": "Bearer " + made["secret"], "X-Letopis": None}
        bot = self.server.client()
        self.assertDone(bot.call("GET", "/tokens", headers=head))
        for method, path, body in (("POST", "/tokens", {"name": "бот 2", "rights": ["search"]}), ("DELETE", "/tokens/" + made["id"], None),
                                   ("PATCH", "/session/settings", {"language": "en"})):
            self.assertProblem(bot.call(method, path, body, headers=head), 403)
        self.assertEqual(self.owner.call("DELETE", "/tokens/" + made["id"]).status, 204)


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


class Uploading(Filled):
    def test_the_books_of_an_import_balance(self):
        view = self.imported
        self.assertEqual(view["state"], "done", view)
        self.assertEqual(view["seen"], view["stored"] + view["duplicates"] + view["refused"] + view["pending"], view)
        self.assertEqual((view["seen"], view["stored"], view["refused"]), (10, 10, 0), view)
        self.assertTrue(view["verified"]["ok"], view)
        total = self.assertDone(self.owner.get("/sources"))["total"]
        self.assertTrue(total["balanced"], total)

    def test_the_same_again_stores_nothing(self):
        before = self.owner.get("/archive").json["messages"]
        view = take(self.owner, {"mail/all.mbox": mbox(LETTERS), "mail/files.eml": FILES, "mail/table.eml": TABLE}, zone="Europe/Moscow")
        self.assertEqual((view["state"], view["stored"], view["duplicates"]), ("done", 0, 10), view)
        self.assertEqual(self.owner.get("/archive").json["messages"], before)

    def test_an_upload_goes_on_where_it_stands(self):
        data = mail(50, "возобновлённая загрузка " * 200, subject="Возобновление")
        begun = self.assertDone(self.owner.post("/uploads", {"name": "resumed.eml", "size": len(data)}), 201)
        path, half = f"/uploads/{begun['id']}", len(data) // 2
        self.assertEqual(self.assertDone(self.owner.call("PATCH", path + "?offset=0", raw=data[:half]))["offset"], half)
        for wrong in (0, half - 1, half + 1, len(data)):
            answer = self.owner.call("PATCH", f"{path}?offset={wrong}", raw=data[half:])
            self.assertEqual((answer.status, answer.json["offset"]), (409, half), answer)
        self.assertEqual(self.owner.get(path).json["offset"], half)
        self.assertProblem(self.owner.post("/imports", {"uploads": [begun["id"]]}), 409)
        self.assertProblem(self.owner.call("PATCH", f"{path}?offset={half}", raw=data), 413)
        at = self.owner.get(path).json["offset"]
        self.assertLessEqual(at, len(data))
        self.assertDone(self.owner.call("PATCH", f"{path}?offset={at}", raw=data[at:]))
        self.assertEqual(self.owner.get(path).json["offset"], len(data))
        self.assertDone(self.owner.post("/imports", {"uploads": [begun["id"]]}), 202)
        end = time.monotonic() + 20
        while not self.found("возобновлённая") and time.monotonic() < end:
            time.sleep(0.05)
        source = self.owner.get(f"/messages/{self.one('возобновлённая')}/source")
        self.assertEqual(sha256(source.body), sha256(data))

    def test_an_upload_that_is_given_up_is_gone(self):
        begun = self.assertDone(self.owner.post("/uploads", {"name": "a/gone.eml", "size": 10}), 201)
        self.assertEqual(self.owner.call("DELETE", "/uploads/" + begun["id"]).status, 204)
        self.assertProblem(self.owner.get("/uploads/" + begun["id"]), 404)
        self.assertFalse(os.path.exists(os.path.join(self.box.archive, "uploads", begun["id"])))

    def test_names_that_leave_the_folder_are_refused(self):
        for name in ("../x.eml", "a/../../x.eml", "/etc/x.eml", "..", ".", "a/./b.eml", "a//b/..", "a\0b", "", "a/" + "б" * 200, "folder/"):
            answer = self.owner.post("/uploads", {"name": name, "size": 1})
            self.assertIn(answer.status, (400,), f"{name!r}: {answer}")
        self.assertProblem(self.owner.post("/uploads", {"name": "big", "size": 1 << 50}), 413)

    def test_two_files_of_one_name_are_refused(self):
        ids = [upload(self.owner, "same.eml", mail(60 + i)) for i in (0, 1)]
        self.assertProblem(self.owner.post("/imports", {"uploads": ids}), 409)
        # Nothing was lost by it: each can still be imported.
        for one in ids:
            self.assertEqual(self.owner.get("/uploads/" + one).status, 200,
                             "Imports::start moved the first upload before it looked at the second: a refused import loses what was uploaded")

    def test_the_source_is_what_was_uploaded(self):
        for query, data in (("subject:Вложения", FILES), ("subject:Таблица", TABLE)):
            answer = self.owner.get(f"/messages/{self.one(query)}/source")
            self.assertEqual(answer.status, 200)
            self.assertEqual(sha256(answer.body), sha256(data))
            self.assertIn("sandbox", answer.header("Content-Security-Policy"))
            self.assertEqual(answer.header("X-Content-Type-Options"), "nosniff")
            download = self.owner.get(f"/messages/{self.one(query)}/source", download=1)
            self.assertEqual(sha256(download.body), sha256(data))
            self.assertTrue(download.header("Content-Disposition").startswith("attachment"))

    def test_attachments_are_downloads_that_run_nothing(self):
        seq = self.one("subject:Вложения")
        listed = self.assertDone(self.owner.get(f"/messages/{seq}"))["attachments"]
        self.assertEqual([one["name"] for one in listed], ["price.html", "pixel.png"])
        for n, data in ((0, b"<script>alert(1)</script>"), (1, PNG)):
            answer = self.owner.get(f"/messages/{seq}/attachments/{n}")
            self.assertEqual((answer.status, answer.body), (200, data))
            self.assertEqual(answer.header("Content-Type"), "application/octet-stream")
            self.assertTrue(answer.header("Content-Disposition").startswith("attachment"), answer.headers)
            self.assertEqual(answer.header("X-Content-Type-Options"), "nosniff")
            self.assertIn("sandbox", answer.header("Content-Security-Policy"))
        shown = self.owner.get(f"/messages/{seq}/attachments/1", view=1)
        self.assertEqual((shown.header("Content-Type"), shown.header("Content-Disposition")), ("image/png", ""))
        self.assertIn("sandbox", shown.header("Content-Security-Policy"))
        # What is no picture stays a download, whatever is asked.
        page = self.owner.get(f"/messages/{seq}/attachments/0", view=1)
        self.assertEqual(page.header("Content-Type"), "application/octet-stream")
        self.assertProblem(self.owner.get(f"/messages/{seq}/attachments/2"), 404)

    def test_a_letter_says_whether_it_has_html(self):
        for query, has in (("subject:Таблица", True), ("subject:\"Общее дело\"", False)):
            seq = self.one(query)
            self.assertEqual(self.owner.get(f"/messages/{seq}/html").status, 200 if has else 404)
            self.assertEqual(self.owner.get(f"/messages/{seq}").json["has_html"], has, "api/messages.cpp message_json(): every mail is said to have HTML")

    def test_the_html_of_a_letter_runs_nothing(self):
        answer = self.owner.get(f"/messages/{self.one('subject:Таблица')}/html")
        self.assertEqual(answer.status, 200, answer)
        policy = answer.header("Content-Security-Policy")
        self.assertIn("sandbox", policy)
        self.assertNotIn("allow-scripts", policy)
        self.assertNotIn("allow-same-origin", policy)
        self.assertIn("default-src 'none'", policy)
        text = answer.body.decode()
        self.assertIn("цены в таблице", text)
        for bad in ("<script", "onclick", "alert", "https://spy.example"):
            self.assertNotIn(bad, text.split("https://spy.example")[0] if bad == "alert" else text)
        self.assertEqual(answer.header("Letopis-Remote-Images"), "1")


# Method, path, the right it needs (src/api/*_routes.cpp), body. {…} are real ids. Bodies say nothing useful on purpose: who may
# call comes before what is asked.
ROUTES = [
    ("GET", "/search?q=скидка", "search"), ("GET", "/suggest?q=an", "search"),
    ("GET", "/messages/{message}", "read"), ("GET", "/messages/{message}/source", "read"), ("GET", "/messages/{message}/html", "read"),
    ("GET", "/messages/{message}/proof", "read"), ("GET", "/messages/{files}/attachments/1?view=1", "read"),
    ("PUT", "/messages/{message}/tags/x", "read"), ("DELETE", "/messages/{message}/tags/x", "read"),
    ("GET", "/messages/{message}/access", "audit_view"), ("GET", "/audit", "audit_view"),
    ("GET", "/conversations/{conversation}", "read"),
    ("GET", "/clients", "read"), ("GET", "/clients/{client}", "read"), ("GET", "/clients/{client}/timeline", "read"),
    ("GET", "/sources", "sources_view"), ("GET", "/sources/{source}/refusals", "sources_view"),
    ("POST", "/uploads", "import_messages"), ("GET", "/uploads/up-0", "import_messages"), ("PATCH", "/uploads/up-0?offset=0", "import_messages"),
    ("DELETE", "/uploads/up-0", "import_messages"), ("POST", "/imports", "import_messages"), ("GET", "/imports", "import_messages"),
    ("GET", "/imports/{import}", "import_messages"), ("DELETE", "/imports/{import}", "import_messages"),
    ("GET", "/users", "people_view"), ("POST", "/users", "people_manage"), ("PATCH", "/users/{user}", "people_manage"),
    ("POST", "/users/u0/invite", "people_manage"),
    ("GET", "/roles", "self"), ("GET", "/tokens", "self"), ("POST", "/tokens", "self"), ("DELETE", "/tokens/t0", "self"),
    ("GET", "/saved-searches", "search"), ("POST", "/saved-searches", "search"), ("DELETE", "/saved-searches/s0", "search"),
    ("GET", "/approvals", "approve"), ("POST", "/approvals/a0", "approve"), ("PATCH", "/session/settings", "self"),
    ("GET", "/archive", "self"), ("GET", "/integrity", "integrity_view"), ("POST", "/integrity/verify", "integrity_run"), ("GET", "/storage", "integrity_view"),
    ("GET", "/session", "self"), ("POST", "/session/step-up", "self"), ("GET", "/sessions", "self"), ("DELETE", "/sessions/s0", "self"),
    # A download of what one may read needs one right more.
    ("GET", "/messages/{message}/source?download=1", "take_out"), ("GET", "/messages/{files}/attachments/0", "take_out"),
]


class People(Filled):
    @classmethod
    def fill(cls):
        super().fill()
        cls.people = {"owner": cls.owner}
        cls.ids = {}
        wanted = {"reader": [{"role": "reader", "scope": {"clients": [ANNA]}}], "auditor": [{"role": "auditor"}],
                  "supervisor": [{"role": "supervisor", "scope": {"everything": True}}], "manager": [{"role": "manager", "scope": {"clients": [ANNA]}}],
                  "administrator": [{"role": "administrator"}]}
        for role, grants in wanted.items():
            made = cls.owner.post("/users", {"login": role, "name": f"Роль {role}", "grants": grants})
            if made.status != 201 or "invite" not in made.json:
                raise AssertionError(f"invite {role}: {made}")
            cls.ids[role] = made.json["id"]
            cls.people[role] = join(cls.server, made.json["invite"])
            cls.people[role].link = made.json["invite"]
        cls.reader = cls.people["reader"]

    def test_a_link_to_join_is_good_once(self):
        for role, person in self.people.items():
            if role == "owner":
                continue
            self.assertProblem(self.server.client().get(person.link), 404)
            self.assertProblem(self.server.client().post(person.link, {"password": PASSWORD}), 404)
            me = self.assertDone(person.get("/session"))
            self.assertEqual((me["user"]["login"], me["roles"]), (role, [role]))
        self.assertProblem(self.server.client().get("/join/" + "0" * 64), 404)

    def test_joining_needs_a_good_password_and_the_right_code(self):
        made = self.assertDone(self.owner.post("/users", {"login": "nina", "name": "Нина", "grants": []}), 201)
        person = self.server.client()
        self.assertEqual(person.get(made["invite"]).json, {"login": "nina", "name": "Нина"})
        self.assertProblem(person.post(made["invite"], {"password": "короткий"}), 400)
        person.secret = self.assertDone(person.post(made["invite"], {"password": PASSWORD}))["totp"]["secret"]
        self.assertProblem(person.post(made["invite"] + "/confirm", {"code": person.wrong_code()}), 401)
        self.assertProblem(self.server.client().post(made["invite"] + "/confirm", {"code": person.code()}), 401)
        person.last_step = 0
        self.assertDone(person.post(made["invite"] + "/confirm", {"code": person.code()}))
        # No role, no content.
        self.assertProblem(person.get("/search", q="скидка"), 403)
        # Switched off, the session ends at once.
        self.assertDone(self.owner.call("PATCH", "/users/" + made["id"], {"active": False}))
        self.assertProblem(person.get("/session"), 401)
        self.assertProblem(self.server.client().post("/session", {"login": "nina", "password": PASSWORD}), 401)

    def test_a_login_said_thrice_is_no_password(self):
        made = self.assertDone(self.owner.post("/users", {"login": "petr", "name": "Пётр", "grants": []}), 201)
        for weak in ("petrpetrpetr", "petr petr petr"):
            with self.subTest(weak=weak):
                self.assertEqual(self.server.client().post(made["invite"], {"password": weak}).status, 400, f"access::acceptable takes {weak!r} of the login petr")

    def test_every_route_asks_for_its_right(self):
        rights = {role["name"]: set(role["rights"]) for role in self.owner.get("/roles").json["items"]}
        message = self.one("subject:Таблица")
        real = {"message": message, "files": self.one("subject:Вложения"), "conversation": self.owner.get(f"/messages/{message}").json["conversation"],
                "client": next(one["id"] for one in self.owner.get("/clients", q="anna").json["items"]), "source": self.owner.get("/sources").json["items"][0]["id"],
                "import": self.imported["id"], "user": self.ids["auditor"]}
        wrong = []
        for method, path, right in ROUTES:
            path = urllib.parse.quote(path.format(**real), safe="/?=&")
            for role, person in self.people.items():
                answer = person.call(method, path, body={} if method in ("POST", "PATCH") else None)
                allowed = right in rights[role] and (right != "take_out" or "read" in rights[role])
                told = answer.status == 403 and answer.json["code"] == "forbidden" and "rights" in answer.json["detail"] + answer.json["detail"].replace("the right `", "rights")
                if told == allowed or answer.status in (401, 500) and not (path.endswith("step-up") and answer.status == 401):
                    wrong.append(f"{role} {method} {path} (needs {right}, {'has' if allowed else 'lacks'} it): {answer}")
        self.assertEqual(wrong, [])

    def test_the_table_of_routes_is_whole(self):
        """A route that the program has and the table does not would be untested."""
        folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "src", "api")
        known = {(method, re.sub(r"\{\w+\}|(?<=/)(up-0|u0|t0|s0|a0|x|[01])(?=/|$)", "{}", path.split("?")[0])) for method, path, _ in ROUTES}
        known |= {("GET", "/events"), ("DELETE", "/session")}
        missing = []
        for name in sorted(os.listdir(folder)):
            if not name.endswith("_routes.cpp"):
                continue
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                text = file.read()
            for method, path, right in re.findall(r"(?:\{|entry\()\s*(?:http::Method::)?(get|post|put|patch|del),\s*\"(/[^\"]*)\",\s*(?:access::)?(?:Right::(\w+)|std::nullopt)", text):
                method = {"del": "DELETE"}.get(method, method.upper())
                if right and (method, re.sub(r"\{\w+\}", "{}", path)) not in known:
                    missing.append((method, path, right))
        self.assertEqual(missing, [])

    def test_a_scope_holds_in_the_search(self):
        self.assertEqual(self.owner.get("/search", q="бирюзовый").json["total"], 4)
        for query in ("бирюзовый", f"from:{BORIS}", "subject:Бирюза", "заказ", "бирюз*", '"секретный заказ"'):
            answer = self.assertDone(self.reader.get("/search", q=query, facets=1))
            self.assertEqual((answer["total"], answer["hits"], answer["forms"]), (0, [], []), query)
            self.assertNotIn(BORIS, json.dumps(answer["facets"]), query)
            self.assertEqual(sum(one["count"] for one in answer["facets"]["channel"]), 0, query)
        for query in ("", "договор", "NOT from:" + ANNA):
            for hit in self.found(query, self.reader):
                self.assertIn(ANNA, [hit["from"]["address"]] + [one["address"] for one in hit["to"]], hit)
        everything = self.assertDone(self.reader.get("/search", q="", facets=1, limit=100))
        self.assertEqual(everything["total"], self.owner.get("/search", q=f"from:{ANNA} OR to:{ANNA}").json["total"])
        self.assertNotIn(BORIS, json.dumps(everything))
        self.assertEqual(sum(one["count"] for one in everything["facets"]["channel"]), everything["total"])

    def test_suggestions_tell_nothing_of_what_is_hidden(self):
        self.assertIn(BORIS, json.dumps(self.owner.get("/suggest", q="bor").json))
        for word in ("bor", "from:bor", "to:bor", "other"):
            self.assertNotIn(BORIS, json.dumps(self.reader.get("/suggest", q=word).json), word)
        self.assertIn("бирюзовый", self.owner.get("/search", q="бирюзвый").json["suggestion"])
        self.assertEqual(self.owner.get("/search", q="pfrfp").json["suggestion"], "заказ")
        for word in ("бирюзвый", "бирюзовыи", "секртный", "pfrfp"):
            answer = self.reader.get("/search", q=word).json
            self.assertEqual((answer["total"], answer["suggestion"]), (0, ""), "a word of hidden messages is suggested")

    def test_a_scope_holds_for_messages(self):
        hidden = [hit["id"] for hit in self.found("from:" + BORIS)]
        self.assertEqual(len(hidden), 4)
        unknown = self.assertProblem(self.reader.get("/messages/999999"), 404)
        for seq in hidden:
            for tail in ("", "/source", "/html", "/proof", "/attachments/0", "/source?download=1"):
                self.assertEqual(self.reader.call("GET", f"/messages/{seq}{tail}").status, 404, (seq, tail))
            told = self.assertProblem(self.reader.get(f"/messages/{seq}"), 404)
            self.assertEqual({**told, "id": ""}, {**unknown, "id": ""}, "hidden and unknown are told apart")
            self.assertEqual(self.reader.call("PUT", f"/messages/{seq}/tags/mine").status, 404)
        for seq in [hit["id"] for hit in self.found("from:" + ANNA)]:
            self.assertDone(self.reader.get(f"/messages/{seq}"))

    def test_a_scope_holds_for_conversations(self):
        hidden = self.found("subject:Бирюза")[0]["conversation"]
        self.assertProblem(self.reader.get("/conversations/" + hidden), 404)
        self.assertProblem(self.reader.get("/conversations/c999999"), 404)
        common = self.found("общая переписка начало")[0]["conversation"]
        self.assertEqual(self.owner.get("/conversations/" + common).json["total"], 2)
        answer = self.assertDone(self.reader.get("/conversations/" + common))
        self.assertEqual((answer["total"], len(answer["items"])), (1, 1))
        self.assertEqual(sum(day["count"] for day in answer["density"]), 1)
        self.assertNotIn(BORIS, json.dumps(answer))

    def test_a_scope_holds_for_clients(self):
        clients = self.assertDone(self.reader.get("/clients", limit=200))["items"]
        self.assertNotIn(BORIS, json.dumps(clients))
        self.assertEqual({one["addresses"][0]["address"] for one in clients}, {ANNA, "sales@firm.example"})
        anna = self.owner.get("/search", q=f"from:{ANNA} OR to:{ANNA}").json["total"]
        self.assertEqual({one["messages"] for one in clients}, {anna})
        boris = next(one["id"] for one in self.owner.get("/clients", q="boris").json["items"])
        self.assertProblem(self.reader.get("/clients/" + boris), 404)
        self.assertEqual(self.reader.get(f"/clients/{boris}/timeline").json.get("items", []), [])
        # The firm wrote with everybody: what the reader sees of it is only what was with this client.
        firm = next(one["id"] for one in clients if one["addresses"][0]["address"] == "sales@firm.example")
        shown = self.assertDone(self.reader.get("/clients/" + firm))
        self.assertEqual(shown["messages"], anna)
        common = next(one for one in shown["conversations"] if "Общее" in one["title"])
        self.assertEqual(common["messages"], 1, "api/client_routes.cpp show(): the conversation is counted with its hidden messages")
        timeline = self.assertDone(self.reader.get(f"/clients/{firm}/timeline"))
        self.assertEqual(timeline["total"], anna)
        self.assertNotIn(BORIS, json.dumps(timeline))

    def test_a_reader_hears_nothing_of_imports(self):
        """The stream of changes is for everybody, its content is not."""
        self.assertProblem(self.reader.get("/imports"), 403)
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=3)
        connection.request("GET", API + "/events", headers={"Cookie": "; ".join(f"{k}={v}" for k, v in self.reader.cookies.items())})
        answer, heard = connection.getresponse(), b""
        self.assertEqual(answer.status, 200)
        while b"event: archive" not in heard:
            heard += answer.read1(65536)
        connection.close()
        self.assertNotIn(b"all.mbox", heard, "api/archive_routes.cpp events(): imports go to people without the right import_messages")

    def test_an_administrator_sees_no_content_and_raises_nobody_alone(self):
        boss = self.people["administrator"]
        self.assertProblem(boss.get("/search", q="скидка"), 403)
        self.assertProblem(boss.post("/users", {"login": "spy", "name": "Шпион", "grants": [{"role": "owner"}]}), 403)
        asked = self.assertDone(boss.post("/users", {"login": "spy", "name": "Шпион", "grants": [{"role": "reader", "scope": {"everything": True}}], "reason": "очень надо"}), 201)
        self.assertTrue(asked.get("asked"), asked)
        self.assertNotIn("invite", asked)
        self.assertNotIn("spy", [user["login"] for user in boss.get("/users").json["items"]])
        waiting = [one for one in self.owner.get("/approvals").json["items"] if one["id"] == asked["id"]]
        self.assertEqual([(one["state"], one["by"]["id"]) for one in waiting], [("waiting", self.ids["administrator"])])
        self.assertGreaterEqual(boss.post("/approvals/" + asked["id"], {"yes": True}).status, 400, "nobody approves for himself")

    def test_what_somebody_else_approved_is_done_once(self):
        boss = self.people["administrator"]
        wanted = {"login": "lena", "name": "Лена", "grants": [{"role": "reader", "scope": {"clients": [ANNA]}}]}
        asked = self.assertDone(boss.post("/users", {**wanted, "reason": "новый человек"}), 201)["id"]
        self.assertProblem(boss.post("/users", {**wanted, "approval": asked}), 403)
        self.assertEqual(self.owner.post("/approvals/" + asked, {"yes": True}).status, 204)
        wider = {**wanted, "grants": [{"role": "reader", "scope": {"everything": True}}]}
        self.assertProblem(boss.post("/users", {**wider, "approval": asked}), 403)
        made = self.assertDone(boss.post("/users", {**wanted, "approval": asked}), 201)
        lena = join(self.server, made["invite"])
        self.assertEqual(lena.get("/search", q="бирюзовый").json["total"], 0)
        self.assertEqual(lena.get("/search", q="скидка").json["total"], 3)
        self.assertProblem(boss.post("/users", {**wanted, "login": "lena2", "approval": asked}), 403)


class Log(Filled):
    def newest(self):
        return max([0] + [item["record"] for item in self.owner.get("/audit", limit=1).json["items"]])

    def since(self, record):
        items = self.assertDone(self.owner.get("/audit", limit=100))["items"]
        return [item for item in items if item["record"] > record]

    def test_every_look_at_content_leaves_one_record(self):
        seq = self.one("subject:Вложения")
        conversation = self.owner.get(f"/messages/{seq}").json["conversation"]
        client = next(one["id"] for one in self.owner.get("/clients", q="anna").json["items"])
        me = self.owner.get("/session").json["user"]
        for path, kind in (("/search?q=договор", "search"), (f"/messages/{seq}", "open"), (f"/messages/{seq}/source", "open"),
                           (f"/messages/{seq}/source?download=1", "exported"), (f"/messages/{seq}/attachments/0", "exported"),
                           (f"/messages/{seq}/attachments/1?view=1", "open"), (f"/messages/{self.one('subject:Таблица')}/html", "open"), (f"/messages/{seq}/proof", "open"),
                           (f"/conversations/{conversation}", "open"), (f"/clients/{client}/timeline", "open"), (f"/clients/{client}", "search"),
                           ("/clients?q=anna", "search")):
            before = self.newest()
            answer = self.owner.call("GET", urllib.parse.quote(path, safe="/?=&"))
            self.assertEqual(answer.status, 200, answer)
            left = self.since(before)
            self.assertEqual([(item["kind"], item["who"]["id"], item["who"]["name"]) for item in left], [(kind, me["id"], me["name"])], path)
            self.assertEqual(left[0]["peer"], "127.0.0.1")
        self.assertGreaterEqual(len(self.assertDone(self.owner.get(f"/messages/{seq}/access"))["items"]), 7)

    def test_the_words_of_a_search_are_kept(self):
        before = self.newest()
        self.owner.get("/search", q="скидка и договор")
        item = self.since(before)[0]
        self.assertEqual((item["what"], item["total"]), ("скидка и договор", 3))

    def test_a_record_stands_before_the_answer_does(self):
        """Who hangs up early has been written down all the same."""
        before = self.newest()
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        connection.request("GET", API + f"/messages/{self.one('subject:Таблица')}", headers={"Cookie": "; ".join(f"{k}={v}" for k, v in self.owner.cookies.items())})
        self.assertEqual(connection.sock.recv(1), b"H")
        left = self.since(before)
        connection.close()
        self.assertIn("open", [item["kind"] for item in left])

    def test_who_is_denied_is_written_down(self):
        made = self.assertDone(self.owner.post("/users", {"login": "rita", "name": "Рита", "grants": [{"role": "reader", "scope": {"clients": [ANNA]}}]}), 201)
        reader = join(self.server, made["invite"])
        before = self.newest()
        self.assertProblem(reader.get("/audit"), 403)
        left = self.since(before)
        self.assertEqual([(item["kind"], item["who"]["id"], item["what"]) for item in left], [("denied", made["id"], "GET /audit")])
        for path in (f"/messages/{self.one('subject:Вложения')}/source?download=1", f"/messages/{self.one('subject:Вложения')}/attachments/0"):
            before = self.newest()
            self.assertProblem(reader.call("GET", path), 403)
            self.assertEqual([(item["kind"], item["who"]["id"]) for item in self.since(before)], [("denied", made["id"])],
                             "api/message_routes.cpp: a refused taking out leaves no record " + path)

    def test_signing_in_is_written_down(self):
        before = self.newest()
        client = self.server.client()
        self.assertProblem(client.post("/session", {"login": "olga", "password": "мимо и ещё раз мимо"}), 401)
        client.recovery = self.owner.recovery
        client.sign_in("olga")
        client.call("DELETE", "/session")
        self.assertEqual([item["what"] for item in self.since(before) if item["kind"] == "login"], ["out", "in", "refused"])

    def test_the_first_user_coming_in_is_written_down(self):
        items = self.owner.get("/audit", what="login", limit=500).json["items"]
        me = self.owner.get("/session").json["user"]["id"]
        self.assertTrue(items and items[-1]["who"]["id"] == me, "SetUp::confirm begins a session and leaves no record of it")

    def test_pages_of_the_log_meet(self):
        whole = [item["record"] for item in self.owner.get("/audit", limit=500).json["items"]]
        paged, cursor = [], None
        while True:
            page = self.owner.get("/audit", limit=3, **({"cursor": cursor} if cursor else {})).json
            paged += [item["record"] for item in page["items"]]
            cursor = page["cursor"]
            if cursor is None:
                break
        self.assertEqual(paged, whole)
        self.assertEqual(whole, sorted(whole, reverse=True))


class BadInput(Filled):
    def test_bodies_that_are_none(self):
        for body, kind in ((b"{", "application/json"), (b"[]", "application/json"), (b"", "application/json"), (b"\xff\xfe", "application/json"), (b"null", "application/json"),
                           (b"[" * 5000, "application/json"), (b'{"login":"a","password":"b"}', "text/plain"), (b'{"login":"\xff","password":"b"}', "application/json")):
            answer = self.owner.call("POST", "/session", raw=body, headers={"Content-Type": kind})
            self.assertProblem(answer, 400, "invalid")
        self.assertProblem(self.owner.call("POST", "/session", raw=b"x" * (2 << 20), headers={"Content-Type": "application/json"}), 413)

    def test_fields_of_the_wrong_kind(self):
        for path, body in (("/session", {"login": 1, "password": "x"}), ("/session", {"login": "x"}), ("/session", {"login": None, "password": "x"}),
                           ("/session", {"login": "x" * 300, "password": "x"}), ("/uploads", {"name": "a", "size": "1"}), ("/uploads", {"name": "a", "size": -1}),
                           ("/uploads", {"name": "a", "size": 1.5}), ("/uploads", {"name": ["a"], "size": 1}), ("/imports", {"uploads": "up-1"}), ("/imports", {"uploads": [1]}), ("/imports", {"uploads": []}),
                           ("/users", {"login": "x", "name": "x", "grants": {}}), ("/users", {"login": "x", "name": "x", "grants": [{"role": "king"}]}),
                           ("/users", {"login": "x", "name": "x", "grants": [{"role": "reader", "scope": []}]}),
                           ("/users", {"login": "x", "name": "x", "grants": [{"role": "reader", "scope": {"clients": ANNA}}]}),
                           ("/users", {"login": "x", "name": "x", "grants": [{"role": "reader", "until": "завтра"}]}),
                           ("/tokens", {"name": "x", "rights": ["everything"]}), ("/tokens", {"name": "x", "rights": "read"}), ("/tokens", {"name": "x", "rights": ["read"], "until": "never"}),
                           ("/saved-searches", {"name": "x", "query": "y", "shared": "yes"})):
            self.assertProblem(self.owner.post(path, body), 400, "invalid")
        self.assertProblem(self.owner.call("PATCH", "/session/settings", {"locale": "xx"}), 400)
        me = self.owner.get("/session").json["user"]["id"]
        self.assertProblem(self.owner.call("PATCH", "/users/" + me, {"active": "no"}), 400)
        self.assertProblem(self.owner.call("PATCH", "/users/" + me, {"active": False}), 409)

    def test_a_scope_that_is_misspelt_is_refused(self):
        """Taken for an empty one it would be another scope than the one that was meant."""
        for scope in ({"everything": "yes"}, {"channels": ["email"], "client": [ANNA]}):
            with self.subTest(scope=scope):
                answer = self.owner.post("/users", {"login": f"typo{len(scope)}", "name": "x", "grants": [{"role": "reader", "scope": scope}]})
                self.assertEqual(answer.status, 400, f"api/people_routes.cpp scope_of_json() passes over {scope}: {answer}")

    def test_what_is_not_there(self):
        for path in ("/messages/0", "/messages/999999999", "/messages/abc", "/messages/-1", "/messages/1.5", "/messages/99999999999999999999999", "/messages/0x1",
                     "/conversations/1", "/conversations/c", "/conversations/cx", "/conversations/c0", "/conversations/c18446744073709551615", "/clients/c-", "/clients/zz", "/clients/c-1zz",
                     "/clients/c-161", "/clients/c-9" + b"x@y.example".hex(), "/sources/zz/refusals", "/sources/ab/refusals", "/uploads/up-1", "/imports/im-1", "/nothing", "/", "/messages"):
            self.assertProblem(self.owner.call("GET", path), 404, "not_found")
        for method, path in (("DELETE", "/tokens/x"), ("DELETE", "/saved-searches/x"), ("DELETE", "/imports/x"), ("DELETE", "/uploads/x"), ("DELETE", "/sessions/x")):
            self.assertProblem(self.owner.call(method, path), 404, "not_found")
        self.assertProblem(self.owner.call("PATCH", "/users/x", {"name": "y"}), 404)
        self.assertProblem(self.owner.call("POST", "/users/x/invite", {}), 404)
        self.assertProblem(self.owner.call("POST", "/approvals/x", {"yes": True}), 404)
        self.assertProblem(self.owner.call("DELETE", "/search"), 405)

    def test_limits_and_cursors(self):
        seq = self.one("subject:Таблица")
        conversation = self.owner.get(f"/messages/{seq}").json["conversation"]
        for path in ("/search?q=x", "/audit?a=1", f"/conversations/{conversation}?a=1", "/clients?a=1"):
            for limit in ("100000", "-1", "1.5", "x", "99999999999999999999999", "1e3"):
                self.assertProblem(self.owner.call("GET", f"{path}&limit={limit}"), 400, "invalid")
            self.assertEqual(self.owner.call("GET", f"{path}&limit=1").status, 200)
            answer = self.owner.call("GET", f"{path}&limit=0")
            self.assertLess(answer.status, 500, answer)
        for cursor in ("x", "%00", "0" * 3000, "-1", "AAAA", "%F0%9F%98%80"):
            answer = self.owner.call("GET", f"/search?q=%D1%81%D0%BA%D0%B8%D0%B4%D0%BA%D0%B0&cursor={cursor}")
            self.assertEqual(answer.status, 400, f"{cursor}: {answer}")
        self.assertProblem(self.owner.get("/audit", cursor="x"), 400)
        self.assertLess(self.owner.get("/audit", cursor=(1 << 63) - 1).status, 400)
        self.assertProblem(self.owner.get("/search", q="x", order="oldest"), 400)
        self.assertProblem(self.owner.get("/conversations/" + conversation, as_of="вчера"), 400)
        self.assertProblem(self.owner.get("/conversations/" + conversation, as_of="2000-01-01T00:00:00Z"), 404)
        for where in ("around", "before", "after"):
            self.assertProblem(self.owner.get("/conversations/" + conversation, **{where: "x"}), 400)
            self.assertDone(self.owner.get("/conversations/" + conversation, **{where: 999999999}))

    def test_pages_of_a_search_meet(self):
        whole = [hit["id"] for hit in self.found("")]
        paged, cursor = [], None
        while True:
            page = self.assertDone(self.owner.get("/search", q="", limit=3, **({"cursor": cursor} if cursor else {})))
            paged += [hit["id"] for hit in page["hits"]]
            cursor = page["cursor"]
            if cursor is None:
                break
        self.assertEqual(paged, whole)

    def test_an_error_in_a_query_says_where(self):
        for query, at in (("(скидка", 0), ("скидка (договор", 7), ("скидка from:", None), ("before:вчераа", None)):
            problem = self.assertProblem(self.owner.get("/search", q=query), 400, "invalid_query")
            self.assertIsInstance(problem.get("at"), int, problem)
            self.assertTrue(0 <= problem["at"] <= len(query), problem)
            if at is not None:
                self.assertEqual(problem["at"], at, problem)

    def test_nothing_of_it_left_a_mark(self):
        before = self.owner.get("/archive").json["messages"]
        answer = self.owner.call("GET", "/search?q=" + "a" * 20000)
        self.assertIn(answer.status, (400, 413, 414, 431), answer)
        self.assertEqual(self.owner.get("/archive").json["messages"], before)


class Beside(Filled):
    def test_the_other_commands_answer_meanwhile(self):
        self.assertEqual(self.box.total("скидка"), 3)
        self.assertEqual([source for source in self.box.books() if not source["balanced"]], [])
        verified = self.box.verify()
        self.assertTrue(verified["ok"], verified)
        seq = self.one("subject:Таблица")
        self.assertEqual(sha256(self.box.raw(seq)), sha256(TABLE))

    def test_an_import_beside_the_server_is_found_by_it(self):
        result = self.box.take(self.box.write("late.eml", mail(90, "запоздалое письмо", subject="Поздно")))
        self.assertEqual(result["stored"], 1, result)
        self.assertEqual(len(self.found("запоздалое")), 1)
        self.assertTrue(self.box.verify()["ok"])

    def test_a_second_server_is_refused_in_a_sentence(self):
        done = self.box.run("serve", "--listen", "127.0.0.1:0", expect=None, timeout=30)
        self.assertNotEqual(done.code, 0, done)
        self.assertTrue(done.err.startswith("letopis: "), done)

    def test_many_at_once(self):
        answers = []

        def look():
            for _ in range(5):
                answers.append(self.owner.get("/search", q="скидка"))

        threads = [threading.Thread(target=look) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual({(answer.status, answer.json["total"]) for answer in answers}, {(200, 3)})


if __name__ == "__main__":
    main()
