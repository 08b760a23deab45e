#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""letopis user, role, group, token: on a closed archive, and beside a running server."""
import os
import re

from harness import Scenario, call, mail, main, mbox
from server import Filled, join, ANNA


class Closed(Scenario):
    def test_people_of_a_closed_archive(self):
        made = self.box.run("user", "add", "olga", "Ольга Петрова", "--role", "owner").text
        self.assertRegex(made, r"/join/[0-9a-f]{64}")
        self.box.run("user", "add", "rita", "Рита", "--role", "reader", "--clients", "a@client.example, b@client.example", "--channels", "email", "--from", "2026-01-01")
        listed = self.box.run("user", "list", "--json").json()
        self.assertEqual([(one["login"], one["grants"]) for one in listed if one["login"] == "rita"],
                         [("rita", ["reader, clients: a@client.example, b@client.example, channels: email, from 2026-01-01T00:00:00Z"])])
        self.box.run("user", "set", "rita", "--name", "Рита О.", "--addresses", "rita@firm.example")
        shown = self.box.run("user", "show", "rita").text
        for word in ("Рита О.", "rita@firm.example", "has not joined yet", "channels: email"):
            self.assertIn(word, shown)
        self.assertIn("switched off", self.box.run("user", "disable", "rita").text)
        self.box.run("user", "enable", "rita")

    def test_roles_teams_and_tokens_of_a_closed_archive(self):
        self.box.run("user", "add", "rita", "Рита")
        self.assertEqual({one["name"] for one in self.box.run("role", "list", "--json").json()}, {"owner", "reader", "manager", "supervisor", "records", "lawyer", "dpo", "auditor", "administrator"})
        self.box.run("role", "give", "rita", "lawyer", "--everything", "--expires", "2099-01-01", "--reason", "дело 17")
        self.assertIn("expires 2099-01-01", self.box.run("user", "show", "rita").text)
        self.box.run("role", "take", "rita", "lawyer")
        self.assertSentence(self.box.run("role", "take", "rita", "lawyer", expect=3), "no role")
        self.box.run("group", "add", "Продажи")
        self.box.run("group", "join", "Продажи", "rita")
        self.box.run("group", "give", "Продажи", "reader", "--clients", "a@client.example")
        team = self.box.run("group", "list", "--json").json()
        self.assertEqual([(one["name"], one["members"], one["grants"]) for one in team], [("Продажи", ["rita"], ["reader, clients: a@client.example"])])
        self.box.run("group", "rename", "Продажи", "Отдел продаж")
        self.box.run("user", "add", "lead", "Лид", "--role", "supervisor", "--teams", "Отдел продаж")
        self.assertIn("supervisor, teams: Отдел продаж", self.box.run("user", "show", "lead").text)
        self.box.run("user", "set", "lead", "--role", "reader", "--clients", "a@client.example", "--groups", "Отдел продаж")
        shown = self.box.run("user", "list", "--json").json()
        self.assertEqual([(one["grants"], len(one["groups"])) for one in shown if one["login"] == "lead"], [(["reader, clients: a@client.example"], 1)])
        self.assertRegex(self.box.run("token", "make", "rita", "робот", "--rights", "search,read").text, r"^letopis_k-\w+_[0-9a-f]{64}\n")
        token = self.box.run("token", "list", "rita", "--json").json()
        self.assertEqual([(one["name"], one["login"], one["rights"]) for one in token], [("робот", "rita", ["search", "read"])])
        self.box.run("token", "revoke", token[0]["id"])
        self.assertEqual(self.box.run("token", "list", "--json").json(), [])
        self.box.run("group", "leave", "Отдел продаж", "rita")
        self.box.run("group", "remove", "Отдел продаж")
        self.assertUnharmed()

    def test_wrong_words_are_told(self):
        self.box.run("user", "add", "rita", "Рита")
        for words, code, said in ((["user", "show", "nobody"], 3, "no user"), (["user", "fly", "rita"], 2, "does not know"), (["user", "add", "x"], 2, "usage"), (["role", "give", "rita", "shah"], 2, "no role"),
                                  (["role", "give", "rita", "reader", "--from", "вчера"], 2, "date"), (["user", "add", "rita", "Ещё"], 3, "taken"), (["group", "join", "Нет", "rita"], 3, "no team"),
                                  (["token", "make", "rita", "a", "--rights", "fly"], 2, "no right"), (["token", "make", "rita", "a", "--rights", "search"], 3, "rights"), (["token", "revoke", "k-0"], 3, "no such token")):
            self.assertSentence(self.box.run(*words, expect=code), said)


class Beside(Filled):
    assertSentence = Scenario.assertSentence

    def agreed(self, *words):
        """Asked for at the command line, agreed to on the page, done at the command line."""
        asked = self.box.run(*words, "--reason", "так надо", "--json").json()["asked"]
        yes = self.owner.post("/approvals/" + asked, {"yes": True})
        if yes.status == 403:
            self.owner.post("/session/step-up", {"recovery": self.owner.recovery.pop()})
            yes = self.owner.post("/approvals/" + asked, {"yes": True})
        self.assertEqual(yes.status, 204, yes)
        return self.box.run(*words, "--reason", "так надо", "--approval", asked)

    def test_the_server_knows_at_once(self):
        link = re.search(r"/join/\w+", self.agreed("user", "add", "nina", "Нина", "--role", "reader", "--clients", ANNA).text)[0]
        nina = join(self.server, link)
        self.assertEqual(nina.get("/search", q="скидка").json["total"], 3)
        secret = self.box.run("token", "make", "nina", "робот", "--rights", "search").text.split("\n")[0]
        program = self.server.client()
        self.assertEqual(program.call("GET", "/search?q=", headers={"Authorization": "Bearer " + secret}).status, 200)
        self.box.run("user", "disable", "nina")
        self.assertProblem(nina.get("/session"), 401)
        self.assertEqual(program.call("GET", "/search?q=", headers={"Authorization": "Bearer " + secret}).status, 401)
        changes = [(row["what"], row["who"]["name"]) for row in self.owner.get("/audit", what="change").json["items"]]
        self.assertIn(("user_changed", "operator"), changes)

    def test_what_takes_two_people_takes_them_here_too(self):
        made = self.owner.post("/users", {"login": "oleg", "name": "Олег"}).json
        self.assertSentence(self.box.run("role", "give", "oleg", "supervisor", "--everything", expect=3), "agree")
        asked = self.box.run("role", "give", "oleg", "supervisor", "--everything", "--reason", "отпуск", "--json").json()["asked"]
        self.assertSentence(self.box.run("role", "give", "oleg", "supervisor", "--everything", "--approval", asked, "--reason", "отпуск", expect=3), "nobody has approved")
        self.assertEqual(self.owner.post("/approvals/" + asked, {"yes": True}).status, 204)
        self.box.run("role", "give", "oleg", "supervisor", "--everything", "--approval", asked, "--reason", "отпуск")
        self.assertEqual(next(one["roles"] for one in self.owner.get("/users").json["items"] if one["id"] == made["id"]), ["supervisor"])


class Over(Filled):
    """The same program with a token, and nothing of the archive."""
    assertSentence = Scenario.assertSentence

    @classmethod
    def fill(cls):
        super().fill()
        rights = ["self", "search", "read", "take_out", "import_messages", "sources_view", "people_view", "people_manage"]
        cls.secret = cls.owner.post("/tokens", {"name": "cli", "rights": rights}).json["secret"]
        cls.file = cls.box.write("token", cls.secret + "\n")
        os.chmod(cls.file, 0o600)

    def remote(self, *words, **more):
        return call("--server", f"http://127.0.0.1:{self.server.port}", "--token-file", self.file, *words, **more)

    def test_search_and_show(self):
        found = self.remote("search", "--json", "скидка").json()
        self.assertEqual(found["total"], 3)
        text = self.remote("search", "скидка", "--limit", "1").text
        self.assertIn("3 found", text)
        self.assertIn("--cursor", text)
        seq = str(found["hits"][0]["id"])
        self.assertIn("скидка и договор", self.remote("show", seq, "--text").text)
        self.assertEqual(self.remote("show", seq, "--raw").out, self.box.raw(seq))
        self.assertIn("скидка", self.remote("show", found["hits"][0]["conversation"]).text)
        self.assertEqual(self.owner.get("/audit", limit=1).json["items"][0]["token"][:2], "k-")

    def test_import_and_books(self):
        letters = self.box.write("more/inbox.mbox", mbox([mail(n, "малахитовая шкатулка", domain="remote.example") for n in range(50, 55)]))
        done = self.remote("import", "--json", letters).json()
        self.assertEqual((done["state"], done["stored"], done["refused"]), ("done", 5, 0))
        self.assertEqual(self.remote("search", "--json", "малахитовая").json()["total"], 5)
        self.assertIn("5 seen = 0 stored + 5 already there", self.remote("import", letters).text)
        self.assertIn("inbox.mbox", self.remote("books").text)

    def test_people(self):
        self.assertIn("/join/", self.remote("user", "add", "zoya", "Зоя").text)
        self.assertIn("zoya", self.remote("user", "list").text)
        self.remote("user", "disable", "zoya")
        self.assertFalse(next(one["active"] for one in self.owner.get("/users").json["items"] if one["login"] == "zoya"))
        self.assertIn("cli", self.remote("token", "list").text)

    def of(self, login):
        return next(one for one in self.owner.get("/users").json["items"] if one["login"] == login)

    def test_roles_scopes_and_teams(self):
        team = self.owner.post("/groups", {"name": "Продажи"}).json["id"]
        self.remote("user", "add", "vera", "Вера", "--role", "supervisor", "--teams", "Продажи", "--channels", "email,telegram", "--from", "2026-01-01",
                    "--email", "vera@firm.example", "--addresses", "vera@firm.example", "--groups", "Продажи")
        vera = self.of("vera")
        self.assertEqual((vera["email"], vera["addresses"], vera["groups"], vera["roles"]), ("vera@firm.example", ["vera@firm.example"], [team], ["supervisor"]))
        scope = vera["grants"][0]["scope"]
        self.assertEqual((scope["groups"], scope["channels"], scope["from"], scope["everything"]), ([team], ["email", "telegram"], "2026-01-01T00:00:00Z", False))
        self.remote("role", "give", "vera", "lawyer", "--clients", ANNA, "--expires", "2099-01-01", "--reason", "дело 17")
        self.assertEqual([(one["role"], one["until"], one["reason"]) for one in self.of("vera")["grants"]], [("supervisor", None, ""), ("lawyer", "2099-01-01T00:00:00Z", "дело 17")])
        self.remote("role", "take", "vera", "lawyer")
        self.remote("user", "set", "vera", "--name", "Вера П.", "--role", "reader", "--clients", ANNA, "--groups", "")
        vera = self.of("vera")
        self.assertEqual((vera["name"], vera["roles"], vera["groups"], vera["grants"][0]["scope"]["clients"]), ("Вера П.", ["reader"], [], [ANNA]))
        self.assertIn(ANNA, self.remote("user", "show", "vera").text)
        self.assertIn("supervisor: [", self.remote("role", "list").text)
        for words, said in ((["role", "give", "vera", "king"], "no role"), (["role", "take", "vera", "dpo"], "has no role"), (["user", "add", "x", "X", "--role", "reader", "--teams", "Никто"], "no team"),
                            (["role", "give", "nobody", "reader"], "no user"), (["role", "fly", "vera", "reader"], "knows list")):
            self.assertSentence(self.remote(*words, expect=2 if "king" in words or "fly" in words else 3), said)

    def test_what_is_wrong_is_told(self):
        for words, code, said in ((["search", "(скидка"], 2, ""), (["show", "999999"], 3, "no such message"), (["user", "disable", "nobody"], 3, "no user"), (["verify"], 2, "over --server"), (["user", "fly", "olga"], 2, "knows list")):
            self.assertSentence(self.remote(*words, expect=code), said)
        base = f"http://127.0.0.1:{self.server.port}"
        os.chmod(self.file, 0o644)
        self.assertSentence(self.remote("search", "x", expect=3), "read by others")
        os.chmod(self.file, 0o600)
        for server, words, code, said in ((base, ["search", "x"], 2, "token"), ("http://archive.example", ["search", "x"], 2, "encrypted"), ("ftp://x", ["search", "x"], 2, "no address"), ("http://127.0.0.1:1", ["search", "x"], 3, "does not answer")):
            env = None if said == "token" else {"LETOPIS_TOKEN": self.secret}
            self.assertSentence(call("--server", server, *words, expect=code, env=env), said)
        self.assertSentence(call("search", "x", expect=3, env={"LETOPIS_TOKEN": "letopis_wrong", "LETOPIS_SERVER": base}), "signed in")


if __name__ == "__main__":
    main()
