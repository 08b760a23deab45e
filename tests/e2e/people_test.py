#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""People over HTTP: teams, changes that are whole or not at all, what takes two people, and sessions of others."""
from harness import main
from server import Filled, Serving, join, ANNA


class People(Filled):
    @classmethod
    def fill(cls):
        super().fill()
        cls.people = {}
        for login, grants in (("rita", [{"role": "reader", "scope": {"clients": [ANNA]}}]), ("boss", [{"role": "administrator"}])):
            made = cls.owner.post("/users", {"login": login, "name": login.title(), "grants": grants}).json
            cls.people[login] = join(cls.server, made["invite"])
            cls.people[login].id = made["id"]
        cls.rita, cls.boss = cls.people["rita"], cls.people["boss"]

    def user(self, login):
        return next(one for one in self.owner.get("/users").json["items"] if one["login"] == login)

    def records(self):
        return self.owner.get("/archive").json["records"]

    def test_a_change_is_one_record_or_none(self):
        made = self.assertDone(self.owner.post("/users", {"login": "nina", "name": "Нина"}), 201)
        before = self.records()
        self.assertDone(self.owner.call("PATCH", "/users/" + made["id"], {"name": "Нина Н.", "email": "nina@firm.example", "addresses": ["nina@firm.example"], "active": False}))
        self.assertEqual(self.records(), before + 1)
        nina = self.user("nina")
        self.assertEqual((nina["name"], nina["email"], nina["addresses"], nina["active"]), ("Нина Н.", "nina@firm.example", ["nina@firm.example"], False))
        for body in ({"name": "Другая", "grants": [{"role": "shah"}]}, {"name": "Другая", "groups": ["g-0123456789"]}, {"name": "Другая", "addresses": "nina"},
                     {"active": True, "grants": [{"role": "reader", "scope": {"klients": []}}]}, {}, {"login": "other"}):
            self.assertProblem(self.owner.call("PATCH", "/users/" + made["id"], body), 400)
        self.assertEqual((self.records(), self.user("nina")), (before + 1, nina))

    def test_a_change_that_needs_a_yes_waits_whole(self):
        made = self.assertDone(self.owner.post("/users", {"login": "oleg", "name": "Олег"}), 201)
        change = {"name": "Олег О.", "grants": [{"role": "reader", "scope": {"clients": [ANNA]}}]}
        self.assertProblem(self.owner.call("PATCH", "/users/" + made["id"], change), 403, "approval_required")
        asked = self.assertDone(self.owner.call("PATCH", "/users/" + made["id"], {**change, "reason": "новый менеджер"}))["asked"]
        self.assertEqual((self.user("oleg")["name"], self.user("oleg")["grants"]), ("Олег", []))
        seen = next(one for one in self.boss.get("/approvals").json["items"] if one["id"] == asked)
        self.assertEqual((seen["state"], seen["reason"], seen["may_decide"], seen["own"], seen["change"]["user"]["name"], seen["change"]["grants"][0]["role"]),
                         ("waiting", "новый менеджер", True, False, "Олег", "reader"))
        self.assertProblem(self.owner.post(f"/approvals/{asked}/do", {}), 403)
        self.assertEqual(self.boss.post("/approvals/" + asked, {"yes": True}).status, 204)
        self.assertProblem(self.boss.post(f"/approvals/{asked}/do", {}), 403)
        self.assertProblem(self.owner.call("PATCH", "/users/" + made["id"], {**change, "name": "Кто-то", "approval": asked}), 403)
        self.assertDone(self.owner.post(f"/approvals/{asked}/do", {}))
        self.assertEqual((self.user("oleg")["name"], self.user("oleg")["roles"]), ("Олег О.", ["reader"]))
        self.assertProblem(self.owner.post(f"/approvals/{asked}/do", {}), 403)
        self.assertProblem(self.boss.post("/approvals/" + asked, {"yes": True}), 409)

    def test_nobody_says_yes_to_the_own_request_and_everybody_takes_it_back(self):
        asked = self.assertDone(self.boss.call("PATCH", "/users/" + self.rita.id, {"grants": [{"role": "lawyer", "scope": {"everything": True}}], "reason": "дело 17"}))["asked"]
        self.assertProblem(self.boss.post("/approvals/" + asked, {"yes": True}), 403)
        self.assertProblem(self.rita.post("/approvals/" + asked, {"yes": True}), 403)
        self.assertEqual(self.rita.get("/approvals").json["items"], [])
        self.assertProblem(self.rita.call("DELETE", "/approvals/" + asked), 404)
        self.assertEqual(self.boss.call("DELETE", "/approvals/" + asked).status, 204)
        self.assertProblem(self.owner.post("/approvals/" + asked, {"yes": True}), 409)
        self.assertProblem(self.boss.post(f"/approvals/{asked}/do", {}), 403)

    def test_a_token_decides_nothing(self):
        """It has no second factor of just now."""
        asked = self.assertDone(self.boss.call("PATCH", "/users/" + self.rita.id, {"grants": [{"role": "records", "scope": {"everything": True}}], "reason": "дело 18"}))["asked"]
        secret = self.assertDone(self.owner.post("/tokens", {"name": "a", "rights": ["approve", "people_manage"]}), 201)["secret"]
        program = self.server.client()
        bearer = {"Authorization": "Bearer " + secret}
        self.assertProblem(program.call("POST", "/approvals/" + asked, {"yes": True}, headers=bearer), 403, "step_up_required")
        self.assertProblem(program.call("POST", f"/approvals/{asked}/do", {}, headers=bearer), 403, "step_up_required")

    def test_a_wrong_recovery_sheet_is_refused_and_written_down(self):
        answer = self.owner.call("PATCH", "/users/" + self.rita.id, {"grants": [{"role": "dpo"}], "reason": "дело 19", "sheet": "это не лист"})
        self.assertProblem(answer, 403, "wrong_key")
        self.assertIn("recovery sheet refused", [one["what"] for one in self.owner.get("/audit", what="denied").json["items"]])
        self.assertEqual(self.user("rita")["roles"], ["reader"])

    def test_teams_are_made_renamed_filled_and_removed(self):
        made = self.assertDone(self.owner.post("/groups", {"name": "Продажи"}), 201)
        self.assertDone(self.owner.call("PATCH", "/groups/" + made["id"], {"name": "Отдел продаж", "members": [self.rita.id]}))
        team = next(one for one in self.owner.get("/groups").json["items"] if one["id"] == made["id"])
        self.assertEqual((team["name"], [one["name"] for one in team["members"]]), ("Отдел продаж", ["Rita"]))
        self.assertEqual(self.user("rita")["groups"], [made["id"]])
        self.assertProblem(self.owner.call("PATCH", "/groups/" + made["id"], {"members": ["u-0123456789"]}), 400)
        self.assertProblem(self.owner.call("PATCH", "/groups/g-0123456789", {"name": "Никто"}), 404)
        self.assertProblem(self.rita.get("/groups"), 403)
        self.assertEqual(self.owner.call("DELETE", "/groups/" + made["id"]).status, 204)
        self.assertEqual(self.user("rita")["groups"], [])

    def test_an_administrator_sees_and_ends_sessions_of_others(self):
        vera = self.assertDone(self.owner.post("/users", {"login": "vera", "name": "Вера"}), 201)
        person = join(self.server, vera["invite"])
        self.assertProblem(self.rita.get("/sessions", user=vera["id"]), 403)
        self.assertProblem(self.owner.get("/sessions", user="u-0123456789"), 404)
        shown = self.assertDone(self.boss.get("/sessions", user=vera["id"]))["items"]
        self.assertEqual([one["current"] for one in shown], [False])
        self.assertProblem(self.rita.call("DELETE", f"/sessions/{shown[0]['id']}?user={vera['id']}"), 403)
        self.assertProblem(self.boss.call("DELETE", f"/sessions/{shown[0]['id']}"), 404)
        self.assertDone(person.get("/session"))
        self.assertEqual(self.boss.call("DELETE", f"/sessions/{shown[0]['id']}?user={vera['id']}").status, 204)
        self.assertProblem(person.get("/session"), 401)
        self.assertIn("ended a session of " + vera["id"], [one["what"] for one in self.owner.get("/audit", what="login", who="boss").json["items"]])


class Alone(Serving):
    def test_the_recovery_sheet_opens_where_nobody_else_may_say_yes(self):
        """In the first 72 hours the owner arranges everything; the sheet is looked at all the same."""
        owner = self.server.client()
        sheet = owner.post("/setup/archive", {"token": self.server.token, "language": "ru", "company": "Один"}).json["sheet"]
        owner.post("/setup/sheet", {"token": self.server.token, "code": sheet})
        made = owner.post("/setup/user", {"token": self.server.token, "login": "olga", "name": "Ольга", "password": "синий кит ест снег"})
        owner.secret = made.json["totp"]["secret"]
        owner.post("/setup/confirm", {"token": self.server.token, "code": owner.code()})
        wanted = {"login": "boss", "name": "Босс", "grants": [{"role": "administrator"}], "reason": "второй"}
        self.assertProblem(owner.post("/users", {**wanted, "sheet": sheet[:-3]}), 403, "wrong_key")
        self.assertDone(owner.post("/users", {**wanted, "sheet": sheet}), 201)


if __name__ == "__main__":
    main()
