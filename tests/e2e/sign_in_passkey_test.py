#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Passkeys over HTTP, with an authenticator in software: the ways in, and every lie that must not lead in."""

from authenticator import Authenticator, b64
from harness import main
from server import PASSWORD, Server, Serving, join

SITE, ORIGIN = "archive.firm.example", "https://archive.firm.example"


class WithAnAddress(Serving):
    shared = True

    @classmethod
    def fill(cls):
        done = cls.owner.call("PUT", "/sign-in", {"address": ORIGIN})
        if done.status != 200:
            raise AssertionError(f"address: {done}")

    def somebody(self, login):
        made = self.assertDone(self.owner.post("/users", {"login": login, "name": login.title(), "grants": [{"role": "auditor"}]}), 201)
        return join(self.server, made["invite"])

    def add(self, client, name="Ключ", **more):
        key = Authenticator(**more)
        options = self.assertDone(client.post("/account/passkeys/options", {}))
        self.assertEqual(options["rp"]["id"], SITE)
        self.assertEqual(options["authenticatorSelection"]["userVerification"], "required")
        self.assertDone(client.post("/account/passkeys", {"name": name, "passkey": key.create(options, ORIGIN)}), 201)
        return key

    def alone(self, key, client=None, **lies):
        """A sign-in by the passkey and nothing else."""
        client = client or self.server.client()
        options = self.assertDone(client.post("/session/passkey/options", {}))
        return client, client.post("/session/passkey", {"passkey": key.get(options, **{"origin": ORIGIN, **lies})})


class Passkeys(WithAnAddress):
    def test_a_passkey_alone_is_both_factors(self):
        vera = self.somebody("vera")
        key = self.add(vera)
        client, answer = self.alone(key)
        self.assertEqual(self.assertDone(answer)["user"]["login"], "vera")
        me = self.assertDone(client.get("/session"))
        self.assertTrue(me["second_factor"])
        self.assertIn("in, by a passkey", [row["what"] for row in self.assertDone(self.owner.get("/audit", limit=20))["items"]])

    def test_after_a_password_a_passkey_is_the_second_factor(self):
        gleb = self.somebody("gleb")
        key = self.add(gleb)
        client = self.server.client()
        begun = self.assertDone(client.post("/session", {"login": "gleb", "password": PASSWORD}))
        self.assertEqual(begun["methods"], ["totp", "recovery", "passkey"])
        options = self.assertDone(client.post("/session/passkey/options", {}))
        self.assertEqual([one["id"] for one in options["allowCredentials"]], [b64(key.id)])
        self.assertProblem(client.get("/session"), 401)
        self.assertDone(client.post("/session/second", {"passkey": key.get(options, ORIGIN)}))
        self.assertDone(client.get("/session"))

    def test_a_passkey_of_somebody_else_is_no_second_factor(self):
        self.somebody("dina")
        key = self.add(self.somebody("thief"))
        client = self.server.client()
        self.assertDone(client.post("/session", {"login": "dina", "password": PASSWORD}))
        options = self.assertDone(client.post("/session/passkey/options", {}))
        self.assertProblem(client.post("/session/second", {"passkey": key.get(options, ORIGIN)}), 401)

    def test_a_step_up_by_a_passkey(self):
        egor = self.somebody("egor")
        key = self.add(egor)
        before = egor.cookies["letopis"]
        options = self.assertDone(egor.post("/session/step-up/options", {}))
        self.assertProblem(egor.post("/session/step-up", {"passkey": key.get(options, ORIGIN, spoil=True)}), 401)
        options = self.assertDone(egor.post("/session/step-up/options", {}))
        self.assertDone(egor.post("/session/step-up", {"passkey": key.get(options, ORIGIN)}))
        self.assertNotEqual(before, egor.cookies["letopis"])

    def test_a_lie_leads_nowhere(self):
        zoya = self.somebody("zoya")
        key = self.add(zoya, counter=None)
        for lie in ({"origin": "https://evil.example"}, {"origin": "http://" + SITE}, {"origin": ORIGIN + ":8443"}, {"site": "evil.example"}, {"verified": False}, {"spoil": True},
                    {"kind": "webauthn.create"}, {"challenge": b64(b"x" * 32)}, {"crossOrigin": True}, {"topOrigin": "https://evil.example"}):
            client, answer = self.alone(key, **lie)
            self.assertIn(answer.status, (401, 429), f"{lie}: {answer}")
            if answer.status == 429:
                self.fail("the test itself is throttled: give it fewer lies")
            self.assertProblem(client.get("/session"), 401)
            self.assertDone(self.alone(key)[1])  # it is the lie that was refused; and failures are forgiven

    def test_an_answer_is_good_once(self):
        key = self.add(self.somebody("ivan"), counter=None)
        client = self.server.client()
        options = self.assertDone(client.post("/session/passkey/options", {}))
        answer = key.get(options, ORIGIN)
        cookies = dict(client.cookies)
        self.assertDone(client.post("/session/passkey", {"passkey": answer}))
        thief = self.server.client()
        thief.cookies = {"letopis-key": cookies["letopis-key"]}
        self.assertProblem(thief.post("/session/passkey", {"passkey": answer}), 409, "conflict")
        self.assertDone(thief.post("/session/passkey/options", {}))
        self.assertProblem(thief.post("/session/passkey", {"passkey": answer}), 401)
        self.assertProblem(self.server.client().post("/session/passkey", {"passkey": answer}), 409)

    def test_a_challenge_of_one_purpose_is_none_for_another(self):
        klim = self.somebody("klim")
        key = self.add(klim, counter=None)
        options = self.assertDone(klim.post("/session/step-up/options", {}))
        self.assertProblem(klim.post("/session/passkey", {"passkey": key.get(options, ORIGIN)}), 409, "conflict")
        client = self.server.client()
        options = self.assertDone(client.post("/session/passkey/options", {}))
        klim.cookies["letopis-key"] = client.cookies["letopis-key"]
        self.assertProblem(klim.post("/session/step-up", {"passkey": key.get(options, ORIGIN)}), 409, "conflict")

    def test_a_counter_that_goes_back_is_a_copy(self):
        key = self.add(self.somebody("lada"), counter=5)
        self.assertDone(self.alone(key, count=9)[1])
        for count, next_one in ((9, 10), (8, 11), (0, 12)):
            self.assertProblem(self.alone(key, count=count)[1], 401)
            self.assertDone(self.alone(key, count=next_one)[1])

    def test_garbage_is_an_answer_too(self):
        for garbage in (None, {}, [], "x", {"type": "public-key"}, {"type": "public-key", "rawId": "A" * 3000, "response": {"clientDataJSON": "e30"}}):
            client = self.server.client()
            self.assertDone(client.post("/session/passkey/options", {}))
            answer = client.post("/session/passkey", {"passkey": garbage})
            self.assertIn(answer.status, (400, 401), f"{garbage}: {answer}")

    def test_a_registration_is_held_to_the_same_rules(self):
        mira = self.somebody("mira")
        for lie in ({"origin": "https://evil.example"}, {"origin": ORIGIN, "site": "evil.example"}, {"origin": ORIGIN, "verified": False}):
            options = self.assertDone(mira.post("/account/passkeys/options", {}))
            self.assertProblem(mira.post("/account/passkeys", {"name": "x", "passkey": Authenticator().create(options, **lie)}), 403)
        options = self.assertDone(mira.post("/account/passkeys/options", {}))
        answer = Authenticator().create(options, ORIGIN)
        self.assertProblem(mira.post("/account/passkeys", {"name": "", "passkey": answer}), 400)
        self.assertDone(mira.post("/account/passkeys", {"name": "Телефон", "passkey": answer}), 201)
        self.assertProblem(mira.post("/account/passkeys", {"name": "Ещё раз", "passkey": answer}), 409)
        self.assertEqual([one["name"] for one in self.assertDone(mira.get("/account"))["passkeys"]], ["Телефон"])

    def test_a_passkey_of_somebody_else_cannot_be_taken_over(self):
        nina = self.somebody("nina")
        key = self.add(nina)
        olev = self.somebody("olev")
        options = self.assertDone(olev.post("/account/passkeys/options", {}))
        self.assertIn(olev.post("/account/passkeys", {"name": "x", "passkey": key.create(options, ORIGIN)}).status, (400, 409))
        self.assertEqual(self.assertDone(self.alone(key)[1])["user"]["login"], "nina")

    def test_several_with_names_and_one_factor_stays(self):
        petr = self.somebody("petr")
        first, second = self.add(petr, "Ноутбук"), self.add(petr, "Телефон")
        account = self.assertDone(petr.get("/account"))
        self.assertEqual([one["name"] for one in account["passkeys"]], ["Ноутбук", "Телефон"])
        self.assertDone(petr.call("DELETE", "/account/totp"), 204)
        self.assertFalse(self.assertDone(petr.get("/account"))["totp"])
        self.assertDone(petr.call("DELETE", "/account/passkeys/" + account["passkeys"][0]["id"]), 204)
        self.assertProblem(self.alone(first)[1], 401)
        self.assertProblem(petr.call("DELETE", "/account/passkeys/" + account["passkeys"][1]["id"]), 409, "conflict")
        self.assertDone(self.alone(second)[1])
        self.assertIn(petr.call("DELETE", "/account/passkeys/00ff").status, (404, 409, 400))

    def test_one_who_is_switched_off_stays_out(self):
        made = self.assertDone(self.owner.post("/users", {"login": "roma", "name": "Roma", "grants": [{"role": "auditor"}]}), 201)
        roma = join(self.server, made["invite"])
        key = self.add(roma)
        self.assertDone(self.owner.call("PATCH", "/users/" + made["id"], {"active": False}))
        self.assertProblem(self.alone(key)[1], 401)


class Lasting(WithAnAddress):
    def test_a_passkey_its_counter_and_the_address_outlive_the_server(self):
        key = self.add(self.somebody("vera"), counter=3)
        self.assertDone(self.alone(key)[1])
        self.assertEqual(self.server.stop()[0], 0)
        type(self).server = Server(self.box)
        self.assertProblem(self.alone(key, count=3)[1], 401)
        self.assertEqual(self.assertDone(self.alone(key)[1])["user"]["login"], "vera")


class Guessing(WithAnAddress):
    def test_guessing_locks_nobody_else_out(self):
        sara = self.somebody("sara")
        key = self.add(sara)
        stranger = Authenticator()
        answers = [self.alone(stranger)[1].status for _ in range(8)]
        self.assertIn(429, answers)
        self.assertDone(self.alone(key)[1])


class WithoutAnAddress(Serving):
    shared = True

    def test_there_are_no_passkeys_and_it_is_said_why(self):
        self.assertProblem(self.server.client().post("/session/passkey/options", {}), 503, "unavailable")
        self.assertProblem(self.owner.post("/account/passkeys/options", {}), 503, "unavailable")
        self.assertEqual(self.assertDone(self.server.client().get("/session/ways")), {"passkey": False, "provider": None, "directory": None})
        self.assertFalse(self.assertDone(self.owner.get("/account"))["passkeys_possible"])

    def test_a_host_that_a_caller_names_is_not_believed(self):
        for host, status in (("evil.example", 503), ("127.0.0.1", 503), ("localhost.evil.example", 503), ("localhost:8470", 200)):
            answer = self.server.client().call("POST", "/session/passkey/options", {}, headers={"Host": host})
            self.assertEqual(answer.status, status, f"{host}: {answer}")


if __name__ == "__main__":
    main()
