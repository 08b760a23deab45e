#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""OpenID Connect Back-Channel Logout: who signs out at the provider is signed out here, and no other token does it."""
import time
import urllib.parse

from harness import main
from provider import Key
from sign_in_provider_test import Providing

EVENT = "http://schemas.openid.net/event/backchannel-logout"


class SigningOut(Providing):
    def setUp(self):
        super().setUp()
        self.provider.lie = None

    def told(self, token, status=200, **headers):
        body = urllib.parse.urlencode({"logout_token": token}).encode()
        answer = self.server.client().call("POST", "/session/provider/ended", raw=body, headers={"X-Letopis": None, "Content-Type": "application/x-www-form-urlencoded", **headers})
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.header("Cache-Control"), "no-store")
        if status == 200:
            self.assertEqual(answer.body, b"")
        return answer

    def person(self, login, **claims):
        self.invite(login)
        return self.first_time(login, **claims)

    def again(self, first, login, **claims):
        """Another browser of the same person."""
        client = self.come("second", sub=f"s-{login}", **claims)
        self.assertDone(client.post("/session/second", {"recovery": first.recovery.pop()}))
        return client

    def inside(self, client, yes=True):
        self.assertEqual(client.get("/session").status, 200 if yes else 401)

    def test_one_sign_in_ends_and_the_others_stay(self):
        one = self.person("sid", sid="first")
        two, other = self.again(one, "sid", sid="second"), self.person("other", sid="third")
        self.told(self.provider.logout_token(sid="first"))
        self.inside(one, False)
        self.inside(two)
        self.told(self.provider.logout_token(sub="s-sid", sid="second"))
        self.inside(two, False)
        self.inside(other)
        rows = self.assertDone(self.owner.get("/audit", what="login"))["items"]
        self.assertEqual([row["what"] for row in rows if row["who"]["name"] == "Sid"][:2], ["out, by the provider"] * 2)

    def test_a_person_ends_everywhere(self):
        one = self.person("all", sid="x1")
        two, half = self.again(one, "all"), self.come("second", sub="s-all")
        other = self.person("rest")
        self.told(self.provider.logout_token(sub="s-all"))
        self.inside(one, False)
        self.inside(two, False)
        self.assertProblem(half.get("/session/second"), 401)
        self.inside(other)

    def test_a_provider_that_names_its_sign_ins_only_when_they_end(self):
        one = self.person("late")
        self.told(self.provider.logout_token(sub="s-late", sid="never heard of"))
        self.inside(one, False)

    def test_who_is_not_here_is_out_already(self):
        one = self.person("stays", sid="stays")
        for claims in ({"sub": "nobody"}, {"sid": "nothing"}, {"sub": "nobody", "sid": "nothing"}):
            self.told(self.provider.logout_token(**claims))
        self.inside(one)

    def test_a_token_is_good_once(self):
        one = self.person("once", sid="same")
        token = self.provider.logout_token(sid="same")
        self.told(token)
        again = self.again(one, "once", sid="same")
        self.assertIn("used before", self.told(token, 400).json["detail"])
        self.inside(again)
        # Refused, it was not used up.
        early = self.provider.logout_token(sid="same", jti="mine", exp=int(time.time()) - 120)
        self.told(early, 400)
        self.told(self.provider.logout_token(sid="same", jti="mine"))
        self.inside(again, False)

    def test_a_token_that_lies_ends_nothing(self):
        one, now = self.person("firm", sid="firm"), int(time.time())
        good = {"sub": "s-firm", "sid": "firm"}
        for why, claims in {
                "another issuer": {"iss": self.provider.issuer + "/other"}, "somebody else's": {"aud": "other"}, "nobody's": {"aud": None}, "expired": {"exp": now - 120}, "without an end": {"exp": None},
                "of tomorrow": {"iat": now + 600}, "old": {"iat": now - 600}, "without a time": {"iat": None}, "without an event": {"events": None}, "another event": {"events": {"http://other.example/event": {}}},
                "an event that is none": {"events": {EVENT: True}}, "a list of events": {"events": [EVENT]}, "with a nonce": {"nonce": "n"}, "without an id": {"jti": None}, "a long id": {"jti": "j" * 300},
                "of nobody": {"sub": None, "sid": None}, "a long name": {"sid": "s" * 300}}.items():
            with self.subTest(why):
                self.assertProblem(self.told(self.provider.logout_token(**{**good, **claims}), 400), 400, "invalid")
                self.inside(one)
        for lie in ("none", "hmac", "stranger", "spoiled"):
            with self.subTest(lie):
                self.provider.lie = lie
                self.told(self.provider.logout_token(**good), 400)
                self.provider.lie = None
                self.inside(one)
        with self.subTest("a token to sign in"):
            self.provider.claims = {}
            self.told(self.provider.token({"sub": "s-firm", "sid": "firm", "nonce": "n"}), 400)
            self.told(self.provider.token({"sub": "s-firm", "sid": "firm"}), 400)
        for raw in (b"", b"logout_token=", b"token=x", b"logout_token=%zz", b"logout_token=a.b.c", b"x" * 70_000):
            answer = self.server.client().call("POST", "/session/provider/ended", raw=raw, headers={"X-Letopis": None, "Content-Type": "application/x-www-form-urlencoded"})
            self.assertIn(answer.status, (400, 413), raw[:40])
        self.told(self.provider.logout_token(**good), 400, **{"Content-Type": "application/json"})
        self.inside(one)
        self.told(self.provider.logout_token(**good))
        self.inside(one, False)

    def test_a_logout_token_is_no_token_to_sign_in(self):
        self.person("nonce", sid="n1")
        client, url = self.away()
        asked = self.provider.visit(url, sub="s-nonce", events={EVENT: {}}, nonce=None)
        self.back(client, asked, "refused")

    def test_new_keys_of_the_provider_are_taken(self):
        one = self.person("keys", sid="keys")
        before = self.provider.keys
        self.addCleanup(setattr, self.provider, "keys", before)
        self.told(self.provider.logout_token(sid="nothing"))
        self.provider.keys = [Key("k9", "ES256")]
        self.provider.published = [*before, *self.provider.keys]
        time.sleep(5.5)  # it is asked for new ones no more often
        self.told(self.provider.logout_token(sid="keys"))
        self.inside(one, False)

    def test_without_a_provider_there_is_nothing_to_end(self):
        self.assertDone(self.owner.call("PUT", "/sign-in", {"address": "https://archive.firm.example"}))
        self.addCleanup(self.set)
        self.told(self.provider.logout_token(sub="s-anybody"), 400)


if __name__ == "__main__":
    main()
