#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whose side somebody is on: the company's own domains and addresses, over HTTP and at the command line."""
import json

from harness import Scenario, mail, main, mbox, telegram, whatsapp
from server import Serving, join, take

ANNA = "anna@client.example"


class Own(Serving):
    shared = True

    @classmethod
    def fill(cls):
        letters = [mail(1, "вопрос о цене", sender=f"Anna <{ANNA}>"), mail(2, "ответ о цене", sender="Ольга <sales@firm.example>", to=ANNA, more="In-Reply-To: <m1@e2e.example>\nReferences: <m1@e2e.example>"),
                   mail(3, "внутреннее", sender="boss@mail.firm.example", to="helper@partner.example")]
        take(cls.owner, {"mail/all.mbox": mbox(letters)})
        take(cls.owner, {"result.json": telegram([(1, "мой вопрос"), (2, "наш ответ", {"from": "Ольга", "from_id": "user4242"})]).encode()}, zone="Europe/Moscow")
        take(cls.owner, {"Чат WhatsApp с Пётр Клиент.txt": whatsapp([("01.02.2026", "10:00", "Пётр Клиент", "когда привезёте"), ("01.02.2026", "10:01", "Ольга Менеджер", "завтра привезём")]).encode()}, zone="Europe/Moscow")

    def sides(self, query, who=None):
        """Of each message of the conversation that the query finds: its text, and whether it is ours."""
        hit = self.assertDone((who or self.owner).get("/search", q=query))["hits"][0]
        talk = self.assertDone((who or self.owner).get("/conversations/" + hit["conversation"]))
        self.assertEqual([one["own"] for one in talk["items"]], [one["from"]["own"] for one in talk["items"]])
        return [(one["text"].strip(), one["own"]) for one in talk["items"]]

    def clients(self, who=None):
        return {one["addresses"][0]["address"] for one in self.assertDone((who or self.owner).get("/clients"))["items"]}

    def put(self, *items, status=200):
        return self.assertDone(self.owner.call("PUT", "/own", {"items": list(items)}), status)

    def test_1_the_owner_of_an_export_is_one_of_us_before_anything_is_set(self):
        self.assertEqual(self.sides("вопрос channel:telegram"), [("мой вопрос", False), ("наш ответ", True)])
        self.assertEqual(self.sides("привезёте"), [("когда привезёте", False), ("завтра привезём", True)])
        self.assertEqual(self.sides("цена"), [("вопрос о цене", False), ("ответ о цене", False)])
        own = self.assertDone(self.owner.get("/own"))
        self.assertEqual((own["items"], own["set"], own["proposed"]), ([], False, []))
        self.assertIn("user4242", own["known"])
        self.assertNotIn("user4242", self.clients())
        self.assertIn("user777000111", self.clients())

    def test_2_the_domain_of_a_colleague_counts_until_somebody_says_otherwise(self):
        made = self.assertDone(self.owner.post("/users", {"login": "rita", "name": "Рита", "email": "rita@firm.example", "grants": [{"role": "reader", "scope": {"clients": [ANNA]}}]}), 201)
        type(self).rita = join(self.server, made["invite"])
        self.assertEqual(self.sides("цена"), [("вопрос о цене", False), ("ответ о цене", True)])
        own = self.assertDone(self.owner.get("/own"))
        self.assertEqual((own["items"], own["set"], own["proposed"]), (["firm.example"], False, ["firm.example"]))
        self.assertFalse({"sales@firm.example", "boss@mail.firm.example"} & self.clients())
        # Whoever sees a part is told the same.
        self.assertEqual(self.sides("цена", self.rita), [("вопрос о цене", False), ("ответ о цене", True)])
        self.assertEqual(self.clients(self.rita), {ANNA})

    def test_3_what_is_set_holds_at_once_and_for_what_was_there_before(self):
        self.assertIn("helper@partner.example", self.clients())
        own = self.put(" @Firm.Example ", "helper@Partner.example", "firm.example", "")
        self.assertEqual((own["items"], own["set"], own["proposed"]), (["firm.example", "helper@partner.example"], True, []))
        self.assertNotIn("helper@partner.example", self.clients())
        self.put(ANNA)
        self.assertEqual(self.sides("цена"), [("вопрос о цене", True), ("ответ о цене", False)])
        self.assertNotIn(ANNA, self.clients())
        self.assertIn("sales@firm.example", self.clients())
        own = self.put()
        self.assertEqual((own["items"], own["set"], own["proposed"]), ([], True, ["firm.example"]))
        self.assertEqual(self.sides("цена"), [("вопрос о цене", False), ("ответ о цене", False)])
        self.put("firm.example")

    def test_4_hits_and_timelines_say_whose_side_it_is(self):
        hits = self.assertDone(self.owner.get("/search", q="цена"))["hits"]
        self.assertEqual({one["from"]["address"]: one["from"]["own"] for one in hits}, {ANNA: False, "sales@firm.example": True})
        client = next(one for one in self.assertDone(self.owner.get("/clients"))["items"] if one["addresses"][0]["address"] == ANNA)
        rows = self.assertDone(self.owner.get(f"/clients/{client['id']}/timeline"))["items"]
        self.assertEqual({one["from"]["address"]: one["from"]["own"] for one in rows}, {ANNA: False, "sales@firm.example": True})

    def test_5_nonsense_is_refused_and_changes_nothing(self):
        before = self.assertDone(self.owner.get("/own"))
        for wrong in ("firm", "a b@c.example", "фирма.рф", "x" * 400 + ".ru"):
            self.assertProblem(self.owner.call("PUT", "/own", {"items": ["ok.example", wrong]}), 400)
        self.assertProblem(self.owner.call("PUT", "/own", {"items": [f"a{n}.example" for n in range(1001)]}), 400)
        self.assertProblem(self.owner.call("PUT", "/own", {}), 400)
        self.assertProblem(self.owner.call("PUT", "/own", {"items": "firm.example"}), 400)
        self.assertEqual(self.assertDone(self.owner.get("/own")), before)

    def test_6_only_who_runs_the_archive_sets_it_and_the_log_tells_of_it(self):
        for method, body in (("GET", None), ("PUT", {"items": []})):
            self.assertProblem(self.rita.call(method, "/own", body), 403, "forbidden")
        self.put("firm.example")
        rows = self.assertDone(self.owner.get("/audit", what="change"))["items"]
        self.assertTrue(any(row["what"] == "settings" and row["about"] == "own" for row in rows), json.dumps(rows[:3], ensure_ascii=False))

    def test_7_the_command_line_beside_the_server(self):
        self.assertEqual(self.server.box.run("own", "list").text, "firm.example\n")
        added = self.server.box.run("own", "add", "helper@partner.example", "--json").json()
        self.assertEqual(added, {"items": ["firm.example", "helper@partner.example"], "set": True})
        self.assertNotIn("helper@partner.example", self.clients())
        self.server.box.run("own", "remove", "helper@partner.example")
        self.assertIn("helper@partner.example", self.clients())


class Closed(Scenario):
    def test_a_closed_archive(self):
        self.assertEqual(self.box.run("own", "list").text, "")
        self.assertEqual(self.box.run("own", "add", "Firm.example", "+7 916 123-45-67").text, "firm.example\n+79161234567\n")
        self.assertEqual(self.box.run("own", "list", "--json").json(), {"items": ["firm.example", "+79161234567"], "set": True})
        self.assertSentence(self.box.run("own", "remove", "other.example", expect=3), "not in the list")
        self.assertSentence(self.box.run("own", "add", "nonsense", expect=2), "no domain")
        self.assertEqual(self.box.run("own", "remove", "firm.example").text, "+79161234567\n")


if __name__ == "__main__":
    main()
