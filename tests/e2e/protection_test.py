#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""What every answer owes a browser: cookies, origins, methods, types and names. docs/asvs.md says which requirement each test shows."""
import http.client
import os
import socket
import ssl
import unittest

from harness import Box, main, multipart, wait_until
from server import ANNA, API, BORIS, PASSWORD, Filled, Server, join, take

NAMES = ('say "hi".pdf', "../../etc/passwd", "C:\\windows\\win.ini", "договор №5; filename=x.html", "a\tb\x01.pdf", "-rf ~", "%0d%0aSet-Cookie: a=b", "long" * 60 + ".pdf")
BEHIND_TLS = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}


def raw(port, request):
    """The bytes of the whole answer to bytes; the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as peer:
        peer.sendall(request)
        got = b""
        while piece := peer.recv(65536):
            got += piece
        return got


class Answers(Filled):
    """Behind a proxy that encrypts, as the server is told."""
    options = ("--proxy", "127.0.0.1")

    def cookies_of(self, answer):
        return [value for name, value in answer.headers if name.lower() == "set-cookie"]

    def assertGuarded(self, cookie, site="Strict"):
        name, _, rest = cookie.partition("=")
        words = [word.strip() for word in rest.split(";")[1:]]
        self.assertTrue(name.startswith("__Host-"), cookie)
        for word in ("Secure", "HttpOnly", "Path=/", "SameSite=" + site):
            self.assertIn(word, words, cookie)
        self.assertFalse([word for word in words if word.lower().startswith("domain")], cookie)
        self.assertLess(len(cookie), 4096)

    def test_every_cookie_of_an_encrypted_way_is_of_this_host_only(self):
        person = self.server.client()
        seen = []
        for path, body in (("/session", {"login": "olga", "password": PASSWORD}), ("/session/second", {"recovery": self.owner.recovery.pop()})):
            answer = person.call("POST", path, body, headers=BEHIND_TLS)
            self.assertEqual(answer.status, 200, answer)
            seen += self.cookies_of(answer)
        self.assertTrue(any(cookie.startswith("__Host-letopis=") for cookie in seen), seen)
        for cookie in seen:
            self.assertGuarded(cookie)
        me = person.call("GET", "/session", headers=BEHIND_TLS)
        self.assertEqual(me.status, 200, me)
        self.assertProblem(person.call("GET", "/session"), 401)  # over plain HTTP it is another name, which was never set
        for secret in (cookie.split(";")[0].partition("=")[2] for cookie in seen):
            self.assertTrue(secret == "" or secret.encode() not in me.body, "the page is told the secret of its cookie")

    def test_encryption_is_asked_for_a_year(self):
        for path in ("/", "/api/v1/health", "/api/v1/nothing", "/assets/none.js"):
            answer = self.server.client().call("GET", path, headers=BEHIND_TLS, whole_path=True)
            self.assertEqual(answer.header("Strict-Transport-Security"), "max-age=31536000; includeSubDomains", path)
            self.assertEqual(self.server.client().call("GET", path, whole_path=True).header("Strict-Transport-Security"), "", path)

    def test_no_answer_allows_another_origin(self):
        letter = self.one("subject:Таблица")
        for method, path in (("GET", "/"), ("GET", "/api/v1/health"), ("GET", "/api/v1/openapi.json"), ("GET", f"/api/v1/messages/{letter}"), ("GET", f"/api/v1/messages/{letter}/html"),
                             ("GET", "/api/v1/nothing"), ("OPTIONS", f"/api/v1/messages/{letter}"), ("POST", "/api/v1/saved-searches")):
            for origin in ("https://evil.example", "null"):
                answer = self.owner.call(method, path, headers={"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-letopis"}, whole_path=True)
                self.assertFalse([name for name, _ in answer.headers if name.lower().startswith("access-control-")], f"{method} {path}: {answer.headers}")
                self.assertEqual(answer.header("Cross-Origin-Resource-Policy"), "same-origin", path)

    def test_other_methods_are_refused_and_echo_nothing(self):
        for method in ("TRACE", "TRACK", "CONNECT", "OPTIONS", "PROPFIND", "get"):
            for path in ("/", "/api/v1/health", "/api/v1/session"):
                got = raw(self.server.port, f"{method} {path} HTTP/1.1\r\nHost: x\r\nCookie: letopis=word-of-mine\r\nConnection: close\r\n\r\n".encode())
                self.assertIn(int(got.split(b" ")[1]), (400, 405, 501), f"{method} {path}: {got[:200]}")
                self.assertNotIn(b"word-of-mine", got)

    def test_every_answer_says_what_it_is(self):
        letter, files = self.one("subject:Таблица"), self.one("subject:Вложения")
        conversation = self.owner.get(f"/messages/{letter}").json["conversation"]
        text = {"/": "text/html", "/start/1": "text/html", "/licenses.txt": None, f"/api/v1/messages/{letter}/source": "text/plain", f"/api/v1/messages/{letter}/html": "text/html",
                "/api/v1/metrics": "text/plain", "/api/v1/audit?format=csv": "text/csv"}
        data = dict.fromkeys(("/session", "/health", "/openapi.json", "/archive", "/search?q=x", f"/messages/{letter}", f"/conversations/{conversation}", "/clients", "/users", "/audit", "/jobs"), "application/json")
        data |= dict.fromkeys(("/nothing", "/messages/x", "/search?q=%28"), "application/problem+json")
        for path, kind in [*text.items(), *(("/api/v1" + path, kind) for path, kind in data.items())]:
            answer = self.owner.call("GET", path, whole_path=True)
            said = answer.header("Content-Type")
            if kind:
                self.assertEqual(said.lower(), kind + "; charset=utf-8", path) if kind != "text/plain" else self.assertRegex(said.lower(), r"^text/plain;.*charset=utf-8", path)
            self.assertTrue(said or not answer.body, path)
            for name, value in (("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"), ("Content-Security-Policy", "default-src 'none'"), ("Content-Security-Policy", "base-uri 'none'"),
                                ("Content-Security-Policy", "frame-ancestors "), ("Cache-Control", "no-")):
                self.assertIn(value, answer.header(name), f"{path}: {name}")
        for n in (0, 1):
            self.assertEqual(self.owner.get(f"/messages/{files}/attachments/{n}").header("Content-Type"), "application/octet-stream")

    def test_no_list_of_files_and_no_hidden_file(self):
        for path in ("/assets", "/assets/", "/assets/..", "/.git/config", "/.svn/entries", "/assets/.git/HEAD", "/package.json", "/src/main.tsx"):
            answer = self.server.client().call("GET", path, whole_path=True)
            self.assertTrue(answer.status in (400, 404) or b'<div id="app">' in answer.body, f"{path}: {answer}")

    def test_names_of_files_stay_inside_their_header(self):
        take(self.owner, {f"names{n}.eml": multipart(40 + n, (name.replace('"', '\\"'), "application/pdf", b"%PDF-1.4"), subject=f"Имена{n}") for n, name in enumerate(NAMES)})
        for n, name in enumerate(NAMES):
            answer = self.owner.get(f"/messages/{self.one(f'subject:Имена{n}')}/attachments/0")
            self.assertEqual(answer.status, 200, answer)
            self.assertRegex(answer.header("Content-Disposition"), r"^attachment; filename=\"[A-Za-z0-9._-]+\"; filename\*=UTF-8''[A-Za-z0-9%._~-]+$", name)
            self.assertEqual(answer.header("Set-Cookie"), "", name)

    def test_of_two_parameters_the_first_counts(self):
        for first, second in (("скидка", "бирюзовый"), ("бирюзовый", "скидка")):
            alone = [hit["id"] for hit in self.found(first)]
            self.assertTrue(alone)
            both = self.assertDone(self.owner.call("GET", "/search?limit=100&" + "&".join(f"q={self.percent(word)}" for word in (first, second))))
            self.assertEqual([hit["id"] for hit in both["hits"]], alone)

    @staticmethod
    def percent(text):
        return "".join(f"%{byte:02x}" for byte in text.encode())

    def test_fields_that_are_not_asked_for_change_nothing(self):
        made = self.assertDone(self.owner.post("/users", {"login": "rita", "name": "Rita", "grants": [{"role": "reader", "scope": {"clients": [ANNA]}}],
                                                          "password": "x", "totp": "00", "active": True, "id": "u-0000000000", "created": "2000-01-01T00:00:00Z"}), 201)
        self.assertNotEqual(made["id"], "u-0000000000")
        rita = join(self.server, made["invite"])
        before = self.assertDone(rita.get("/session"))
        self.assertDone(rita.call("PATCH", "/session/settings", {"locale": "en", "roles": ["owner"], "grants": [{"role": "owner"}], "name": "Olga", "login": "olga"}))
        after = self.assertDone(rita.get("/session"))
        self.assertEqual({**before, "idle_until": after["idle_until"], "user": {**before["user"], "locale": "en"}}, after)
        self.assertEqual(self.found("бирюзовый", rita), [], f"{BORIS} is no client of hers")
        token = self.assertDone(rita.post("/tokens", {"name": "x", "rights": ["search"], "user": "u-0000000000", "grants": [{"role": "owner"}]}), 201)
        program = {"Authorization": "Bearer " + token["secret"]}
        self.assertProblem(self.server.client().call("GET", "/users", headers=program), 403)
        self.assertEqual(self.assertDone(self.server.client().call("GET", "/search?q=" + self.percent("бирюзовый"), headers=program))["hits"], [])

    def test_what_one_person_may_have_is_counted(self):
        for n in range(50):
            self.assertDone(self.owner.post("/tokens", {"name": f"n{n}", "rights": ["search"]}), 201)
        self.assertProblem(self.owner.post("/tokens", {"name": "one more", "rights": ["search"]}), 413, "too_large")
        grants = [{"role": "reader", "scope": {"clients": [f"c{n}@client.example"]}} for n in range(51)]
        self.assertProblem(self.owner.post("/users", {"login": "many", "name": "M", "grants": grants}), 400, "invalid")
        self.assertDone(self.owner.post("/users", {"login": "many", "name": "M", "grants": grants[:50]}), 201)
        self.assertProblem(self.owner.post("/saved-searches", {"name": "x", "query": "q" * 4001}), 400, "invalid")


class Listening(unittest.TestCase):
    def test_without_encryption_only_this_machine_is_served(self):
        box = Box(init=False)
        self.addCleanup(box.close)
        for address in ("0.0.0.0:0", "[::]:0", "192.0.2.1:8470"):
            done = box.run("serve", "--listen", address, expect=None, timeout=30)
            self.assertEqual(done.code, 2, done)
            self.assertIn("without encryption only this machine itself is served", done.err)
        self.assertFalse(os.path.exists(os.path.join(box.archive, "archive.toml")))

    def test_a_proxy_may_come_encrypted(self):
        box = Box(init=False)
        self.addCleanup(box.close)
        server = Server(box, "--tls-own", "--proxy", "127.0.0.1")
        self.addCleanup(server.stop)
        context = ssl.create_default_context(cafile=os.path.join(box.archive + ".tls", "certificate.pem"))
        proxy = http.client.HTTPSConnection("127.0.0.1", server.port, timeout=20, context=context)
        self.addCleanup(proxy.close)
        proxy.request("GET", API + "/setup?token=x", headers=BEHIND_TLS)
        self.assertEqual(proxy.getresponse().status, 403)
        self.assertTrue(wait_until(lambda: [line["peer"] for line in server.log("request")] == [BEHIND_TLS["X-Forwarded-For"]]), server.log_text())
        with self.assertRaises((http.client.HTTPException, OSError)):
            server.client().get("/health")  # in the clear


if __name__ == "__main__":
    main()
