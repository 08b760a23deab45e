#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The server over HTTP: the first run and signing in."""
import http.client
import os
import time

from harness import main
from server import API, PASSWORD, Server, Serving, join


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


if __name__ == "__main__":
    main()
