#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Role by route by owner, made from the server's own description of its routes: a route that is new is in it, or this fails."""
import http.client
import json
import re
import urllib.parse

from harness import mail, main, mbox, multipart, telegram
from server import API, Filled, join, take, ANNA, BORIS, PNG

# Nobody is signed in there; what is checked instead stands in the route's summary.
PUBLIC = ("/setup", "/session", "/join/", "/health")
# Routes that show what was said, and where: {message}, {conversation}, {client} are filled with what is and what is not theirs.
CONTENT = {
    "GET /messages/{id}": "/messages/{message}",
    "GET /messages/{id}/source": "/messages/{message}/source",
    "GET /messages/{id}/html": "/messages/{message}/html",
    "GET /messages/{id}/proof": "/messages/{message}/proof",
    "GET /messages/{id}/attachments/{n}": "/messages/{message}/attachments/1",
    "GET /messages/{id}/attachments/{n}/preview": "/messages/{message}/attachments/1/preview",
    "PUT /messages/{id}/tags/{tag}": "/messages/{message}/tags/theirs",
    "DELETE /messages/{id}/tags/{tag}": "/messages/{message}/tags/theirs",
    "GET /conversations/{id}": "/conversations/{conversation}",
    "GET /clients/{id}": "/clients/{client}",
    "GET /clients/{id}/timeline": "/clients/{client}/timeline",
}
# Routes of content that take no id: what they tell is looked at by the sweep.
LISTS = {"GET /search", "GET /suggest", "GET /clients", "GET /saved-searches", "POST /saved-searches", "DELETE /saved-searches/{id}"}
CONTENT_RIGHTS = {"search", "read", "take_out"}

OLGA = "olga@team.example"
SECRETS = ["Борисоглебский", "борис-тайный", BORIS, "бирюзовый", "Бирюза", "Зенит", "Тайноимённая", OLGA, "Ольгинский", "январский", "Прошлогодний"]


def letter(number, subject, body, sender, to="sales@firm.example", more="", day=None):
    raw = mail(number, body, subject=subject, sender=sender, to=to, more=more)
    if day:
        raw = re.sub(rb"Date: [^\n]*", f"Date: {day} 12:00:00 +0000".encode(), raw)
    return raw


LETTERS = [
    letter(1, "Оплата по счёту", "скидка и договор", f"Anna <{ANNA}>", day="Tue, 10 Feb 2026"),
    letter(2, "Бирюза", "бирюзовый заказ", f"Борисоглебский <{BORIS}>", day="Tue, 10 Feb 2026"),
    # A correspondence that begins with somebody else's letter: its subject is not Anna's.
    letter(3, "Проект Зенит", "начало", f"борис-тайный <{BORIS}>", day="Wed, 11 Feb 2026"),
    letter(4, "Наши вопросы", "продолжение разговора", f"Anna <{ANNA}>", more="In-Reply-To: <m3@e2e.example>\nReferences: <m3@e2e.example>", day="Thu, 12 Feb 2026"),
    letter(5, "Для команды", "Ольгинский расчёт", f"Ольга <{OLGA}>", day="Tue, 10 Feb 2026"),
    # The year before, and under another name.
    letter(6, "Прошлогодний вопрос", "январский прайс", f"Anna <{ANNA}>", to='"Тайноимённая" <sales@firm.example>', day="Fri, 10 Jan 2025"),
]
LETTERS += [letter(20 + n, f"Бирюза {n}", "бирюзовый", f"Борисоглебский <{BORIS}>", day="Tue, 10 Feb 2026") for n in range(9)]
FILES = multipart(9, ("price.txt", "text/plain", b"text"), ("pixel.png", "image/png", PNG), subject="Вложения")


class Routes(Filled):
    @classmethod
    def fill(cls):
        take(cls.owner, {"mail/all.mbox": mbox(LETTERS), "mail/files.eml": FILES.replace(b"anna@client.example", ANNA.encode())})
        take(cls.owner, {"борис-тайный/result.json": telegram([(1, "бирюзовый чат")], name="Борисоглебский").encode()}, zone="Europe/Moscow")
        cls.owner.call("PUT", "/sign-in", {"address": "https://archive.example"})  # or there are no passkeys
        described = cls.owner.get("/openapi.json").json
        cls.routes = [(method.upper(), path[len(API):], operation.get("x-right"))
                      for path, methods in described["paths"].items() for method, operation in methods.items()]
        cls.rights = {role["name"]: set(role["rights"]) for role in cls.owner.get("/roles").json["items"]}
        cls.people, cls.ids = {"owner": cls.owner}, {}
        for role in ("reader", "manager", "supervisor", "records", "lawyer", "auditor", "administrator", "dpo"):
            content = role not in ("auditor", "administrator")
            cls.person(role, [{"role": role, **({"scope": {"everything": True}} if content else {})}])

    @classmethod
    def person(cls, login, grants, groups=(), addresses=()):
        """A new person, with the yes of the administrator where one is needed."""
        made = cls.owner.post("/users", {"login": login, "name": login, "grants": grants, "groups": list(groups), "addresses": list(addresses), "reason": "для проверки"})
        if made.status != 201:
            raise AssertionError(f"new person {login}: {made}")
        made = made.json
        if made.get("asked"):
            made = cls.agreed(made["id"])
        cls.ids[login] = made["id"]
        cls.people[login] = join(cls.server, made["invite"])
        return cls.people[login]

    @classmethod
    def agreed(cls, request):
        """The administrator says yes, the owner carries it out."""
        for who, path, body in ((cls.people["administrator"], f"/approvals/{request}", {"yes": True}), (cls.owner, f"/approvals/{request}/do", {})):
            done = who.post(path, body)
            if done.status == 403 and done.json["code"] == "step_up_required":
                who.post("/session/step-up", {"recovery": who.recovery.pop()})
                done = who.post(path, body)
            if done.status not in (200, 204):
                raise AssertionError(f"{path}: {done}")
        return done.json

    def seq(self, subject):
        return self.one("subject:" + subject)


def forbidden(answer):
    return answer.status == 403 and answer.json["code"] == "forbidden" and ("this needs the right" in answer.json["detail"] or "these rights" in answer.json["detail"])


class Matrix(Routes):
    def test_only_the_door_is_open_to_everybody(self):
        unknown = [(method, path) for method, path, right in self.routes if right is None and not path.startswith(PUBLIC)]
        self.assertEqual(unknown, [], "a route that asks for no right must be named in PUBLIC")
        nobody = self.server.client()
        for method, path, right in self.routes:
            if right is not None:
                self.assertProblem(nobody.call(method, re.sub(r"\{\w+\}", "0", path), body={} if method in ("POST", "PATCH") else None), 401, "unauthenticated")

    def test_every_route_asks_every_role_for_its_right(self):
        self.assertGreater(len(self.routes), 50)
        self.assertEqual(set(self.people), set(self.rights))
        wrong = []
        for method, path, right in self.routes:
            if right is None or (method, path) == ("DELETE", "/session"):
                continue
            for role, person in self.people.items():
                status, said = self.ask(person, method, re.sub(r"\{\w+\}", "0", path))
                allowed = right in self.rights[role]
                if said == allowed or status >= 500 or (status == 401 and not path.endswith("step-up")):
                    wrong.append(f"{role} {method} {path} (needs {right}, {'has' if allowed else 'lacks'} it): {status}")
        self.assertEqual(wrong, [])

    def ask(self, person, method, path):
        """The status, and whether a right was missing. A stream of events has no end; its beginning is enough."""
        if path == "/events":
            connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)
            connection.request("GET", API + path, headers={"Cookie": "; ".join(f"{k}={v}" for k, v in person.cookies.items())})
            status = connection.getresponse().status
            connection.close()
            return status, status == 403
        answer = person.call(method, path, body={} if method in ("POST", "PATCH") else None)
        return answer.status, forbidden(answer)

    def test_a_program_has_what_its_token_names_and_nothing_of_its_owner(self):
        token = self.assertDone(self.owner.post("/tokens", {"name": "matrix", "rights": ["search", "audit_view"]}), 201)["secret"]
        program = self.server.client()
        wrong = []
        for method, path, right in self.routes:
            if right is None or path == "/events":
                continue
            answer = program.call(method, re.sub(r"\{\w+\}", "0", path), body={} if method in ("POST", "PATCH") else None, headers={"Authorization": "Bearer " + token})
            allowed = right in ("search", "audit_view")
            if (answer.status == 403) == allowed:
                wrong.append((method, path, right, answer.status))
        self.assertEqual(wrong, [])

    def test_taking_out_needs_one_right_more(self):
        files = self.seq("Вложения")
        for path in (f"/messages/{files}/source?download=1", f"/messages/{files}/attachments/0"):
            for role, person in self.people.items():
                answer = person.call("GET", path)
                if {"read", "take_out"} <= self.rights[role]:
                    self.assertEqual(answer.status, 200, answer)
                else:
                    self.assertProblem(answer, 403, "forbidden")


class Owners(Routes):
    """The fourth side: whose it is. Five people with a part each."""
    @classmethod
    def fill(cls):
        super().fill()
        team = cls.owner.post("/groups", {"name": "Команда Ольги", "grants": [{"role": "reader", "scope": {"clients": [OLGA]}}], "reason": "команда"}).json
        cls.team = team["id"]
        everything = {"client": {"clients": [ANNA]}, "time": {"clients": [ANNA], "from": "2026-01-01T00:00:00Z"}, "channel": {"channels": ["telegram"]}}
        for login, scope in everything.items():
            cls.person("by-" + login, [{"role": "reader", "scope": scope}])
        cls.person("by-source", [{"role": "manager", "scope": {"clients": [ANNA]}}])
        cls.person("by-team", [], groups=[cls.team])
        cls.person("by-address", [{"role": "reader"}], addresses=[OLGA])
        cls.person("narrow-dpo", [{"role": "dpo", "scope": {"clients": [ANNA]}}])
        # A lead sees the correspondence of whoever is in the department.
        cls.department = cls.owner.post("/groups", {"name": "Отдел", "members": [cls.ids["by-address"]], "reason": "отдел"}).json["id"]
        cls.person("lead", [{"role": "supervisor", "scope": {"groups": [cls.department]}}])

    # Whose part has which letter, by a word of its subject.
    SEES = {"by-client": {"Оплата", "вопросы", "Прошлогодний", "Вложения"}, "by-time": {"Оплата", "вопросы", "Вложения"}, "by-source": {"Оплата", "вопросы", "Прошлогодний", "Вложения"},
            "by-channel": set(), "by-team": {"команды"}, "by-address": {"команды"}, "lead": {"команды"}, "narrow-dpo": {"Оплата", "вопросы", "Прошлогодний", "Вложения"}}
    WORDS = ("Оплата", "вопросы", "Прошлогодний", "Вложения", "команды", "Бирюза", "Зенит")

    def test_every_route_of_content_is_known(self):
        known = set(CONTENT) | LISTS
        missing = [f"{method} {path}" for method, path, right in self.routes if right in CONTENT_RIGHTS and f"{method} {path}" not in known]
        self.assertEqual(missing, [], "a route of content must be named in CONTENT or LISTS")

    def test_what_is_not_theirs_is_not_there(self):
        wrong = []
        rights = {login: self.people[login].get("/session").json["rights"] for login in self.SEES}
        for word in self.WORDS:
            message = self.seq(word)
            real = {"message": message, "conversation": self.owner.get(f"/messages/{message}").json["conversation"], "client": "none"}
            for login, seen in self.SEES.items():
                for route, path in CONTENT.items():
                    if "{client}" in path or ("{conversation}" in path and word in ("Зенит", "вопросы")):
                        continue
                    method = route.split()[0]
                    answer = self.people[login].call(method, urllib.parse.quote(path.format(**real), safe="/?=&"))
                    allowed = word in seen and (route != "GET /messages/{id}/attachments/{n}" or "take_out" in rights[login])
                    if (answer.status in (200, 204)) != allowed and not (allowed and answer.status != 403 and ("attachments" in path or "html" in path)):
                        wrong.append(f"{login} {method} {path} of {word}: {answer.status}")
        self.assertEqual(wrong, [])

    def test_a_client_of_others_is_not_there(self):
        ids = {one["addresses"][0]["address"]: one["id"] for one in self.owner.get("/clients", limit=200).json["items"]}
        self.assertNotIn(OLGA, ids, "the address of somebody who may come in is no client's")
        ids[OLGA] = "c-1" + OLGA.encode().hex()
        whose = {ANNA: {"by-client", "by-time", "by-source", "narrow-dpo"}, BORIS: set(), OLGA: {"by-team", "by-address", "lead"}}
        for address, logins in whose.items():
            for login in self.SEES:
                shown = self.people[login].get("/clients/" + ids[address])
                self.assertEqual(shown.status == 200, login in logins, (address, login, shown))
                self.assertEqual(bool(self.people[login].get(f"/clients/{ids[address]}/timeline").json["items"]), login in logins, (address, login))

    def test_hidden_and_unknown_are_the_same(self):
        reader = self.people["by-client"]
        hidden = self.seq("Зенит")
        for route, path in CONTENT.items():
            method = route.split()[0]
            if "{client}" in path:
                continue
            conversation = self.owner.get(f"/messages/{self.seq('команды')}").json["conversation"]
            two = [reader.call(method, path.format(**real)) for real in ({"message": hidden, "conversation": conversation}, {"message": 999999, "conversation": "c999999"})]
            said = [{**answer.json, "id": ""} for answer in two]
            self.assertEqual(said[0], said[1], path)
        for query in ("in:c999999", f"in:{self.owner.get(f'/messages/{hidden}').json['conversation']}"):
            answer = reader.get("/search", q="id:999999")
            self.assertEqual((answer.status, answer.json["total"]), (200, 0), query)

    def sweep(self, login):
        """Every answer that this person can get, over every GET route there is."""
        person = self.people[login]
        own = [hit["id"] for hit in self.found("", person)] if "search" in person.get("/session").json["rights"] else []
        talks = {self.owner.get(f"/messages/{seq}").json["conversation"] for seq in own}
        words = ["", "бир", "бор", "bor", "from:bor", "to:ol", "Зенит", "вопросы", "бирюзвый", "Тайно", "tag:theirs", "subject:Проект", "firm"]
        for method, path, right in self.routes:
            if method != "GET" or path in ("/events", "/metrics") or right is None:
                continue
            if "{n}" in path:
                continue
            if "{id}" in path:
                ids = {"messages": own, "conversations": talks, "clients": [one["id"] for one in person.get("/clients", limit=200).json.get("items", [])]}.get(path.split("/")[1], [])
                if path.split("/")[1] in ("sources", "imports"):
                    ids = [one["id"] for one in self.owner.get("/" + path.split("/")[1]).json["items"]]
                for one in ids:
                    yield path, person.get(path.replace("{id}", str(one)))
                    if path == "/conversations/{id}":
                        yield path, person.get(path.replace("{id}", str(one)), as_of="2026-02-20T00:00:00Z")
            else:
                for word in words if right in CONTENT_RIGHTS or path == "/audit" else [""]:
                    query = {"text": word} if path == "/audit" else {"q": word, "facets": "1"}
                    answer = person.get(path, **query)
                    yield f"{path}?{word}", answer

    def leaks(self, login, secrets):
        found = []
        for path, answer in self.sweep(login):
            # Who is here and what they may see is told to who looks after people; one's own words are one's own.
            if path.split("?")[0] in ("/users", "/groups", "/approvals"):
                continue
            text = answer.body.decode("utf-8", "replace")
            if path.startswith("/audit") and answer.status == 200:
                text = json.dumps([row for row in answer.json["items"] if row["who"]["name"] != login], ensure_ascii=False)
            asked = path.partition("?")[2]
            found += [f"{login} {path}: {secret}" for secret in secrets if secret.lower() in text.lower() and secret.lower() not in asked.lower()]
        return found

    def test_no_answer_names_what_stands_outside(self):
        for person in self.people.values():  # so that the log has something to leak
            person.get("/search", q="проект Зенит бирюзовый")
        self.owner.get("/clients", q=BORIS)
        self.assertTrue(self.leaks("owner", SECRETS), "the sweep finds nothing at all")
        mine = {"Прошлогодний", "январский", "Тайноимённая"}
        everywhere = [secret for secret in SECRETS if secret not in mine]
        for login in ("by-client", "by-source", "narrow-dpo"):
            self.assertEqual(self.leaks(login, everywhere), [])
        self.assertEqual(self.leaks("by-time", SECRETS), [])
        for login in ("by-team", "by-address", "lead"):
            self.assertEqual(self.leaks(login, [secret for secret in SECRETS if secret not in (OLGA, "Ольгинский")]), [])

    def test_the_limit_of_the_clients_comes_after_the_scope(self):
        """Others write more than Anna; she is first all the same where they are not seen."""
        first = self.assertDone(self.people["by-client"].get("/clients", q="example", limit=1))["items"]
        self.assertEqual([one["addresses"][0]["address"] for one in first], [ANNA])
        counts = {one["addresses"][0]["address"]: one["messages"] for one in self.people["by-time"].get("/clients").json["items"]}
        self.assertEqual(counts, {ANNA: 3, "sales@firm.example": 3})

    def test_names_are_those_of_what_is_seen(self):
        firm = next(one for one in self.people["by-time"].get("/clients", q="firm").json["items"])
        self.assertNotIn("Тайноимённая", json.dumps(firm, ensure_ascii=False))
        self.assertEqual(self.people["by-time"].get("/clients", q="Тайноимённая").json["items"], [], "a hidden name finds its bearer")
        self.assertEqual(len(self.people["by-client"].get("/clients", q="Тайноимённая").json["items"]), 1)

    def test_a_conversation_is_called_by_what_is_seen(self):
        seq = self.seq("вопросы")
        conversation = self.owner.get(f"/messages/{seq}").json["conversation"]
        self.assertEqual(self.owner.get("/conversations/" + conversation).json["title"], "Проект Зенит")
        shown = self.people["by-client"].get("/conversations/" + conversation).json
        self.assertEqual((shown["title"], shown["total"], shown["items"][0]["reply_to"]), ("Наши вопросы", 1, None))

    def test_books_are_of_sources_that_are_seen_whole(self):
        manager = self.people["by-source"]
        self.assertGreaterEqual(len(self.owner.get("/sources").json["items"]), 2)
        shown = self.assertDone(manager.get("/sources"))
        self.assertEqual([one["title"] for one in shown["items"] if "борис" in json.dumps(one, ensure_ascii=False).lower()], [])
        hidden = next(one for one in self.owner.get("/sources").json["items"] if one["channel"] == "telegram")
        self.assertProblem(manager.get(f"/sources/{hidden['id']}/refusals"), 404)
        self.assertEqual(manager.get("/imports").json["items"], [])
        other = self.owner.get("/imports").json["items"][0]["id"]
        self.assertProblem(manager.get("/imports/" + other), 404)
        self.assertProblem(manager.call("DELETE", "/imports/" + other), 404)
        figures = manager.get("/archive").json
        self.assertEqual((figures["messages"], figures["conversations"], figures["sources"], figures["records"]), (4, None, None, None))

    def test_a_log_of_somebody_with_a_narrow_scope(self):
        dpo, auditor = self.people["narrow-dpo"], self.people["auditor"]
        hidden, seen = self.seq("Зенит"), self.seq("Оплата")
        self.owner.get(f"/messages/{hidden}")
        self.owner.get(f"/messages/{seen}")
        self.owner.get("/search", q="скидка Зенит OR скидка")
        self.assertProblem(dpo.get(f"/messages/{hidden}/access"), 404)
        self.assertTrue(self.assertDone(dpo.get(f"/messages/{seen}/access"))["items"])
        self.assertTrue(self.assertDone(auditor.get(f"/messages/{hidden}/access"))["items"])
        searches = [one for one in dpo.get("/audit", what="search", limit=500).json["items"] if one["who"]["name"] != "narrow-dpo"]
        self.assertTrue(searches and all(one["words_hidden"] and one["what"] == "" for one in searches), searches[:3])
        self.assertIn("скидка Зенит OR скидка", [one["what"] for one in auditor.get("/audit", what="search").json["items"]])

    def test_a_team_gives_and_takes(self):
        member = self.people["by-team"]
        self.assertEqual(member.get("/search", q="Ольгинский").json["total"], 1)
        self.assertDone(self.owner.call("PATCH", "/groups/" + self.team, {"members": []}))
        self.assertProblem(member.get("/search", q="Ольгинский"), 403)
        asked = self.assertDone(self.owner.call("PATCH", "/groups/" + self.team, {"members": [self.ids["by-team"]], "reason": "обратно"}), 202)
        self.agreed(asked["id"])
        self.assertEqual(member.get("/search", q="Ольгинский").json["total"], 1)

    def test_a_scope_of_a_team_follows_it(self):
        lead, olga = self.people["lead"], self.ids["by-address"]
        message = self.seq("команды")
        talk = "/conversations/" + self.owner.get(f"/messages/{message}").json["conversation"]

        def sees(total):
            self.assertEqual(lead.get("/search", q="Ольгинский").json["total"], total)
            for path in (f"/messages/{message}", f"/messages/{message}/source", talk):
                self.assertEqual(lead.get(path).status, 200 if total else 404, path)
            self.assertEqual(lead.get("/search", q="").json["total"], total)  # never everything
        sees(1)
        # Who leaves the team takes their correspondence along; nobody needs to agree to less.
        self.assertDone(self.owner.call("PATCH", "/groups/" + self.department, {"members": []}))
        sees(0)
        # More is more: somebody must agree.
        self.assertProblem(self.owner.call("PATCH", "/groups/" + self.department, {"members": [olga]}), 403, "approval_required")
        self.agreed(self.assertDone(self.owner.call("PATCH", "/groups/" + self.department, {"members": [olga], "reason": "вернулась"}), 202)["id"])
        sees(1)
        # Another address of a member is one of the team at once.
        wider = {"addresses": [OLGA, ANNA], "reason": "вторая почта"}
        self.agreed(self.assertDone(self.owner.call("PATCH", "/users/" + olga, wider))["asked"])
        self.assertGreater(lead.get("/search", q="").json["total"], 1)
        self.assertDone(self.owner.call("PATCH", "/users/" + olga, {"addresses": [OLGA]}))
        sees(1)
        self.assertProblem(self.owner.post("/users", {"login": "wrong", "name": "wrong", "grants": [{"role": "reader", "scope": {"groups": ["g-0123456789"]}}]}), 404)


if __name__ == "__main__":
    main()
