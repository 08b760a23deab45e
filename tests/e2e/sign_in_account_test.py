#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""One's own account over HTTP: password, phone, recovery codes, sessions."""
from harness import main
from server import PASSWORD, Serving, join

OTHER = "зелёный слон пьёт чай"


class Account(Serving):
    shared = True

    def invite(self, login, role="auditor"):
        made = self.assertDone(self.owner.post("/users", {"login": login, "name": login.title(), "grants": [{"role": role}]}), 201)
        return made["invite"], made["id"]

    def somebody(self, login):
        link, _ = self.invite(login)
        return join(self.server, link)

    def said(self):
        return [row["what"] for row in self.assertDone(self.owner.get("/audit", limit=50))["items"]]

    def again(self, login, person, password=PASSWORD):
        client = self.server.client()
        client.recovery = person.recovery
        return client.sign_in(login, password)

    def test_a_new_password_needs_the_old_one_and_ends_the_other_sessions(self):
        vera = self.somebody("vera")
        other = self.again("vera", vera)
        for old, new, status in ((OTHER, OTHER, 400), (PASSWORD, "короткий", 400), (PASSWORD, "password1234", 400), (PASSWORD, PASSWORD, 400)):
            self.assertProblem(vera.post("/account/password", {"old": old, "new": new}), status, "invalid")
        self.assertDone(other.get("/session"))
        self.assertDone(vera.post("/account/password", {"old": PASSWORD, "new": OTHER}), 204)
        self.assertProblem(other.get("/session"), 401)
        self.assertDone(vera.get("/session"))
        self.assertProblem(self.server.client().post("/session", {"login": "vera", "password": PASSWORD}), 401)
        self.assertDone(self.again("vera", vera, OTHER).get("/session"))
        self.assertIn("password changed", self.said())

    def test_sessions_are_called_by_browser_and_system(self):
        agnia = self.somebody("agnia")
        agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Ubuntu Chromium/131.0.0.0 Chrome/131.0.0.0 Safari/537.36"
        client = self.server.client()
        self.assertDone(client.post("/session", {"login": "agnia", "password": PASSWORD}))
        self.assertDone(client.call("POST", "/session/second", {"recovery": agnia.recovery.pop()}, headers={"User-Agent": agent}))
        rows = {row["current"]: (row["browser"], row["system"], row["agent"]) for row in self.assertDone(client.get("/sessions"))["items"]}
        self.assertEqual(rows, {True: ("Chromium 131", "Linux", agent), False: ("", "", "")})

    def test_guessing_the_old_password_from_an_open_page_comes_to_an_end(self):
        anna = self.somebody("anna")
        answers = [anna.post("/account/password", {"old": f"не тот пароль {n}", "new": OTHER}).status for n in range(6)]
        self.assertEqual((answers[0], answers[-1]), (400, 429))
        self.assertDone(self.owner.get("/session"))

    def test_nothing_changes_without_a_second_factor_of_just_now(self):
        # A token has none at all, and what is one's own is refused to it.
        made = self.assertDone(self.owner.post("/tokens", {"name": "бот", "rights": ["self", "search"]}), 201)
        head = {"Authorization": "Bearer " + made["secret"], "X-Letopis": None}
        for path, body in (("/account/password", {"old": PASSWORD, "new": OTHER}), ("/account/recovery-codes", {}), ("/account/totp", {}),
                           ("/account/totp/confirm", {"code": "123456"}), ("/account/passkeys/options", {}), ("/account/passkeys", {"name": "x"})):
            self.assertProblem(self.server.client().call("POST", path, body, headers=head), 403, "forbidden")
            self.assertProblem(self.server.client().post(path, body), 401, "unauthenticated")
        self.assertDone(self.owner.get("/session"))

    def test_new_recovery_codes_make_the_old_ones_worthless(self):
        gleb = self.somebody("gleb")
        old = list(gleb.recovery)
        gleb.recovery = self.assertDone(gleb.post("/account/recovery-codes", {}))["recovery_codes"]
        self.assertEqual(len(set(gleb.recovery) - set(old)), 10)
        client = self.server.client()
        self.assertDone(client.post("/session", {"login": "gleb", "password": PASSWORD}))
        self.assertProblem(client.post("/session/second", {"recovery": old[0]}), 401)
        self.assertDone(client.post("/session/second", {"recovery": gleb.recovery.pop()}))
        self.assertEqual(self.assertDone(client.get("/account"))["recovery_codes"], 9)

    def test_a_new_phone_counts_from_its_first_code_on(self):
        dina = self.somebody("dina")
        before, old = dina.secret, list(dina.recovery)
        begun = self.assertDone(dina.post("/account/totp", {}))
        self.assertProblem(dina.post("/account/totp/confirm", {"code": "000000"}), 400, "invalid")
        dina.secret = begun["totp"]["secret"]
        dina.last_step = 0
        self.assertNotEqual(dina.secret, before)
        dina.recovery = self.assertDone(dina.post("/account/totp/confirm", {"code": dina.code()}))["recovery_codes"]
        self.assertFalse(set(old) & set(dina.recovery))
        self.assertProblem(dina.post("/account/totp/confirm", {"code": dina.wrong_code()}), 400)
        self.assertDone(self.again("dina", dina).get("/session"))
        self.assertProblem(dina.call("DELETE", "/account/totp"), 409, "conflict")

    def test_a_picture_for_a_phone_is_of_no_use_to_another_browser(self):
        first, second = self.somebody("first"), self.somebody("second")
        begun = self.assertDone(first.post("/account/totp", {}))
        second.secret, second.last_step = begun["totp"]["secret"], 0
        second.cookies["letopis-door"] = first.cookies["letopis-door"]
        self.assertProblem(second.post("/account/totp/confirm", {"code": second.code()}), 400, "invalid")

    def test_who_lost_the_phone_comes_in_with_a_new_one_only(self):
        egor = self.somebody("egor")
        old = egor.secret
        client = self.server.client()
        self.assertDone(client.post("/session", {"login": "egor", "password": PASSWORD}))
        begun = self.assertDone(client.post("/session/second", {"recovery": egor.recovery.pop(), "lost": True}))
        self.assertEqual(begun["next"], "enrol")
        self.assertProblem(client.get("/session"), 401)
        self.assertProblem(client.post("/session/enrol", {"code": "000000"}), 401)
        self.assertDone(egor.get("/session"))
        client.secret = begun["totp"]["secret"]
        self.assertNotEqual(client.secret, old)
        done = self.assertDone(client.post("/session/enrol", {"code": client.code()}))
        self.assertEqual(len(done["recovery_codes"]), 10)
        self.assertDone(client.get("/session"))
        self.assertProblem(egor.get("/session"), 401)
        self.assertProblem(client.post("/session/enrol", {"code": client.code_of(client.last_step)}), 401)

    def test_the_last_code_on_paper_leads_to_a_new_phone(self):
        zoya = self.somebody("zoya")
        client = self.server.client()
        for left in range(10, 0, -1):
            self.assertDone(client.post("/session", {"login": "zoya", "password": PASSWORD}))
            answer = self.assertDone(client.post("/session/second", {"recovery": zoya.recovery.pop()}))
            self.assertEqual(answer.get("next"), "enrol" if left == 1 else None)
        self.assertIn("totp", answer)

    def test_a_reset_by_an_administrator_takes_the_old_factors_away(self):
        link, ident = self.invite("ivan")
        ivan = join(self.server, link)
        old = ivan.secret
        again = self.assertDone(self.owner.call("POST", f"/users/{ident}/invite"), 201)["invite"]
        self.assertDone(ivan.get("/session"))  # until the link is used nothing has changed
        fresh = self.server.client()
        begun = self.assertDone(fresh.post(again, {"password": OTHER}))
        self.assertProblem(self.server.client().post(again + "/confirm", {"code": "000000"}), 401)
        self.assertDone(ivan.get("/session"))
        fresh.secret = begun["totp"]["secret"]
        self.assertNotEqual(fresh.secret, old)
        self.assertDone(fresh.post(again + "/confirm", {"code": fresh.code()}))
        self.assertProblem(ivan.get("/session"), 401, "unauthenticated")
        self.assertProblem(fresh.get(again), 404)
        self.assertProblem(self.server.client().post("/session", {"login": "ivan", "password": PASSWORD}), 401)

    def test_every_other_session_can_be_ended_at_once(self):
        klim = self.somebody("klim")
        others = [self.again("klim", klim) for _ in range(2)]
        listed = self.assertDone(klim.get("/sessions"))["items"]
        self.assertEqual([one["current"] for one in listed].count(True), 1)
        self.assertEqual(len(listed), 3)
        self.assertDone(klim.call("DELETE", "/sessions"), 204)
        for other in others:
            self.assertProblem(other.get("/session"), 401)
        self.assertEqual(len(self.assertDone(klim.get("/sessions"))["items"]), 1)

    def test_an_administrator_ends_the_sessions_of_somebody(self):
        link, ident = self.invite("nina")
        nina = join(self.server, link)
        self.assertProblem(nina.call("DELETE", f"/users/{ident}/sessions"), 403, "forbidden")
        self.assertDone(self.owner.call("DELETE", f"/users/{ident}/sessions"), 204)
        self.assertProblem(nina.get("/session"), 401)
        self.assertIn("sessions ended of nina", self.said())
        self.assertProblem(self.owner.call("DELETE", "/users/u-0000000000/sessions"), 404)

    def test_a_step_up_turns_the_cookie(self):
        lada = self.somebody("lada")
        before = dict(lada.cookies)
        self.assertDone(lada.post("/session/step-up", {"recovery": lada.recovery.pop()}))
        self.assertNotEqual(before["letopis"], lada.cookies["letopis"])
        stale = self.server.client()
        stale.cookies = before
        self.assertProblem(stale.get("/session"), 401)
        self.assertDone(lada.get("/session"))


if __name__ == "__main__":
    main()
