#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Signing in at an identity provider (OpenID Connect), over HTTP from the button to the session, and every token that must not lead in."""
import os
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.parse

from harness import main
from provider import Key, Provider
from server import Serving, join

ADDRESS = "https://archive.firm.example"


class Providing(Serving):
    shared = True

    @classmethod
    def fill(cls):
        cls.provider = Provider()
        cls.addClassCleanup(cls.provider.close)
        cls.set()

    @classmethod
    def set(cls, **changes):
        return cls.set_sign_in(cls.owner, {"address": ADDRESS, "oidc": {
            "name": "Вход фирмы", "issuer": cls.provider.issuer, "client_id": cls.provider.client_id, "secret": cls.provider.client_secret, **changes}})

    def invite(self, login, **more):
        return self.assertDone(self.owner.post("/users", {"login": login, "name": login.title(), "grants": [{"role": "auditor"}], "email": f"{login}@firm.example", **more}), 201)

    def away(self, client=None):
        client = client or self.server.client()
        answer = client.post("/session/provider", {})
        url = self.assertDone(answer)["url"]
        cookie = answer.header("Set-Cookie")
        self.assertIn("SameSite=Lax", cookie)
        self.assertIn("HttpOnly", cookie)
        asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
        self.assertEqual(asked["redirect_uri"], ADDRESS + "/api/v1/session/provider/back")
        return client, url

    def back(self, client, query, led):
        answer = client.get("/session/provider/back", **query)
        self.assertEqual((answer.status, answer.header("Location")), (303, f"/?provider={led}"), answer)
        if led not in ("second", "enrol"):
            self.assertProblem(client.get("/session/second"), 401)
        self.assertProblem(client.get("/session"), 401)
        return client

    def come(self, led, client=None, **claims):
        client, url = self.away(client)
        return self.back(client, self.provider.visit(url, **claims), led)

    def first_time(self, login, **claims):
        client = self.come("enrol", sub=f"s-{login}", email=f"{login}@firm.example", email_verified=True, **claims)
        begun = self.assertDone(client.get("/session/enrol"))
        client.secret = begun["totp"]["secret"]
        client.recovery = self.assertDone(client.post("/session/enrol", {"code": client.code()}))["recovery_codes"]
        return client


class ComingIn(Providing):
    # ---- who may

    def test_the_invited_is_linked_at_the_first_time_and_known_after(self):
        link = self.invite("anna")["invite"]
        anna = self.first_time("anna")
        self.assertEqual(self.assertDone(anna.get("/session"))["user"]["login"], "anna")
        self.assertProblem(anna.get(link), 404)
        again = self.come("second", sub="s-anna")
        self.assertEqual(self.assertDone(again.get("/session/second"))["next"], "totp")
        self.assertDone(again.post("/session/second", {"recovery": anna.recovery.pop()}))
        self.assertDone(again.get("/session"))
        self.assertIn("in", [row["what"] for row in self.assertDone(self.owner.get("/audit", limit=20))["items"]])

    def test_nobody_else_is_let_in(self):
        self.invite("boris")
        self.come("nobody", sub="s-x", email="stranger@firm.example", email_verified=True)
        self.come("nobody", sub="s-x", email="boris@firm.example", email_verified=False)
        self.come("nobody", sub="s-x", email="boris@firm.example")
        self.come("nobody", sub="s-x", email="boris@firm.example", email_verified="true")
        self.come("nobody", sub="s-x", preferred_username="boris")

    def test_an_account_that_is_in_use_is_not_taken_over_by_an_address(self):
        vera = join(self.server, self.invite("vera")["invite"])
        self.come("nobody", sub="s-thief", email="vera@firm.example", email_verified=True)
        self.invite("gleb")
        self.first_time("gleb")
        self.come("nobody", sub="s-other", email="gleb@firm.example", email_verified=True)
        self.assertDone(vera.get("/session"))

    def test_two_with_one_address_are_none(self):
        self.invite("first", email="both@firm.example")
        self.invite("second", email="Both@firm.example")
        self.come("nobody", sub="s-both", email="both@firm.example", email_verified=True)

    def test_who_is_switched_off_stays_out(self):
        made = self.invite("dina")
        self.first_time("dina")
        self.assertDone(self.owner.call("PATCH", "/users/" + made["id"], {"active": False}))
        self.come("nobody", sub="s-dina")

    # ---- which token

    def test_a_token_that_lies_leads_nowhere(self):
        now = int(time.time())
        self.invite("egor")
        egor = self.first_time("egor")
        for lie in ("none", "hmac", "stranger", "spoiled"):
            self.provider.lie = lie
            self.come("refused", sub="s-egor")
            self.provider.lie = None
            self.come("second", sub="s-egor")  # failures are forgiven, or the test would wait
        for claims in ({"nonce": "another"}, {"nonce": None}, {"aud": "another"}, {"aud": ["letopis", "another"]}, {"iss": "https://evil.example"}, {"exp": now - 120},
                       {"iat": now + 600}, {"nbf": now + 600}, {"azp": "another"}, {"sub": ""}):
            self.come("refused", **{"sub": "s-egor", **claims})
            self.come("second", sub="s-egor")
        self.assertDone(egor.get("/session"))

    def test_a_new_key_is_taken_at_once_and_an_old_one_no_more(self):
        self.invite("zoya")
        self.first_time("zoya")
        old = self.provider.keys
        try:
            self.provider.keys = [Key("k2", "ES256"), *old]
            self.come("second", sub="s-zoya")
            self.provider.keys, self.provider.published = old, [self.provider.keys[0]]
            self.come("refused", sub="s-zoya")
        finally:
            self.provider.keys, self.provider.published = old, None
        self.come("second", sub="s-zoya")

    def test_an_answer_belongs_to_the_browser_that_asked_and_is_good_once(self):
        self.invite("ivan")
        self.first_time("ivan")
        client, url = self.away()
        query = self.provider.visit(url, sub="s-ivan")
        self.back(self.server.client(), query, "refused")  # another browser: somebody else's sign-in is not put on it
        self.back(client, query, "second")
        del client.cookies["letopis-door"]
        self.back(client, query, "refused")
        self.come("second", sub="s-ivan")  # failures are forgiven, or the test would wait
        client, url = self.away()
        query = self.provider.visit(url, sub="s-ivan")
        self.back(client, {**query, "state": "x" * 43}, "refused")
        self.come("second", sub="s-ivan")
        client, url = self.away()
        self.back(client, {**self.provider.visit(url, sub="s-ivan"), "iss": "https://evil.example"}, "refused")
        self.come("second", sub="s-ivan")

    def test_a_person_who_says_no_is_back_at_the_door(self):
        client, url = self.away()
        state = self.provider.visit(url)["state"]
        self.back(client, {"state": state, "error": "access_denied"}, "refused")
        self.come("nobody", sub="s-nobody")

    def test_what_must_be_shown_at_the_provider(self):
        self.invite("klim")
        self.first_time("klim")
        try:
            self.set(amr_values=["mfa"])
            self.come("refused", sub="s-klim", amr=["pwd"])
            self.come("second", sub="s-klim", amr=["pwd", "mfa"])
        finally:
            self.set()


class Reaching(Serving):
    """What the server asks of others, and what it does not."""
    shared = True

    @classmethod
    def fill(cls):
        cls.provider = Provider()
        cls.addClassCleanup(cls.provider.close)

    def check(self, issuer):
        done = self.owner.call("PUT", "/sign-in", {"address": ADDRESS, "oidc": {"name": "П", "issuer": issuer, "client_id": "x"}})
        return self.assertDone(self.owner.post("/sign-in/check", {}))["oidc"] if done.status == 200 else done.status

    def test_only_https_and_no_name_for_this_machine(self):
        for issuer in ("http://login.firm.example", "file:///etc/passwd", "ftp://login.firm.example", "https://user:secret@login.firm.example", "gopher://127.0.0.1:70/x", "http://127.0.0.1.evil.example/"):
            self.assertEqual(self.check(issuer), 400, issuer)
        port, seen = self.provider.server.server_port, len(self.provider.seen)
        for issuer in (f"https://localhost:{port}/realm", "https://169.254.169.254/latest", "https://[::1]:443/", "https://0.0.0.0/"):
            self.assertNotEqual(self.check(issuer), "ok", issuer)
        self.assertEqual(len(self.provider.seen), seen)
        self.assertEqual(self.check(self.provider.issuer), "ok")

    def test_no_redirect_is_followed_and_no_flood_is_read(self):
        seen = len(self.provider.seen)
        try:
            self.provider.answer = lambda handler: Provider.say(handler, b"", 302, Location=self.provider.issuer + "/elsewhere")
            self.assertIn("302", self.check(self.provider.issuer))
            self.assertEqual(len(self.provider.seen), seen + 1)
            self.provider.answer = lambda handler: Provider.say(handler, b"{" + b" " * (8 << 20) + b"}")
            self.assertIn("too large", self.check(self.provider.issuer))
            self.provider.answer = lambda handler: Provider.say(handler, {"issuer": "https://evil.example"})
            self.assertIn("another provider", self.check(self.provider.issuer))
        finally:
            self.provider.answer = None

    def test_a_certificate_that_nobody_vouches_for_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-days", "2", "-subj", "/CN=localhost",
                            "-addext", "subjectAltName=IP:127.0.0.1"], cwd=folder, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem"))
            with socket.create_server(("127.0.0.1", 0)) as listener:
                asked = []

                def serve():
                    try:
                        asked.append(context.wrap_socket(listener.accept()[0], server_side=True).recv(100))
                    except OSError as error:
                        asked.append(error)

                threading.Thread(target=serve, daemon=True).start()
                said = self.check(f"https://127.0.0.1:{listener.getsockname()[1]}/")
            self.assertIn("no answer", said)
            self.assertFalse(any(isinstance(one, bytes) and one for one in asked), "something was asked over a connection that nobody vouches for")


if __name__ == "__main__":
    main()
