#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The server over HTTP: who may see and do what, and what the access log says of it. Route by route: rights_matrix_test.py."""
import http.client
import json
import urllib.parse

from harness import main
from server import API, PASSWORD, Filled, join, ANNA, BORIS


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
                           (f"/messages/{seq}/attachments/1/preview?page=1", "open"), (f"/messages/{self.one('subject:Таблица')}/html", "open"), (f"/messages/{seq}/proof", "open"),
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


if __name__ == "__main__":
    main()
