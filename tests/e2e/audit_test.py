#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The access log over HTTP: every answer with content has its record (10,000 of them), filters, export, and who looked at one's own messages."""
import collections
import csv
import http.client
import io
import re
import threading
import time
import urllib.parse

from harness import LONG, main
from server import API, Filled, join, ANNA, BORIS

# What each route of content leaves behind: the kind of the record. A new one must be named here.
LEAVES = {
    "GET /search": "search", "GET /clients": "search", "GET /clients/{id}": "search", "GET /clients/{id}/timeline": "open",
    "GET /conversations/{id}": "open", "GET /messages/{id}": "open", "GET /messages/{id}/source": "open", "GET /messages/{id}/proof": "open",
    "GET /messages/{id}/html": "open", "GET /messages/{id}/attachments/{n}": "exported",
    "GET /messages/{id}/attachments/{n}/preview": "open",
}
# They tell nothing of a message: what is typed next, and one's own saved searches.
SILENT = {"GET /suggest", "GET /saved-searches"}
# These begin a sandboxed process for each answer; fewer of them keep the test short.
SLOW = {"GET /messages/{id}/html", "GET /messages/{id}/attachments/{n}", "GET /messages/{id}/attachments/{n}/preview"}
REQUESTS, SLOW_REQUESTS, THREADS = 10_000, 200 if not LONG else 1000, 8


class Log(Filled):
    @classmethod
    def fill(cls):
        super().fill()
        made = cls.owner.post("/users", {"login": "rita", "name": "Рита", "grants": [{"role": "reader", "scope": {"clients": [ANNA]}}]}).json
        cls.rita = join(cls.server, made["invite"])
        cls.rita.id = made["id"]

    def rows(self, who=None, **query):
        items, cursor = [], None
        while True:
            page = self.assertDone((who or self.owner).get("/audit", limit=500, **query, **({"cursor": cursor} if cursor else {})))
            items += page["items"]
            cursor = page["cursor"]
            if cursor is None:
                return items


class EveryLook(Log):
    options = ("--rate", "search=0,read=0,export=0")

    def test_10_000_answers_leave_10_000_records(self):
        described = self.owner.get("/openapi.json").json["paths"]
        content = {f"GET {path[len(API):]}" for path, methods in described.items() if methods.get("get", {}).get("x-right") in ("search", "read", "take_out")}
        self.assertEqual(content, set(LEAVES) | SILENT, "a route of content is missing in LEAVES, or gone")
        secret = self.assertDone(self.owner.post("/tokens", {"name": "ten thousand", "rights": ["search", "read", "take_out"]}), 201)
        message, files, table = self.one("subject:Оплата"), self.one("subject:Вложения"), self.one("subject:Таблица")
        client = next(one["id"] for one in self.owner.get("/clients", q="anna").json["items"])
        ids = {"messages": message, "conversations": self.owner.get(f"/messages/{message}").json["conversation"], "clients": client}
        paths = {}
        for route in LEAVES:
            path = route[4:]
            first = path.split("/")[1]
            one = {"GET /messages/{id}/html": table, "GET /messages/{id}/attachments/{n}": files, "GET /messages/{id}/attachments/{n}/preview": files}.get(route, ids.get(first, ""))
            paths[route] = path.replace("{id}", str(one)).replace("{n}", "0") + ("?q=" + urllib.parse.quote("договор") if route == "GET /search" else "")
        quick = [route for route in LEAVES if route not in SLOW]
        work = [route for route in SLOW for _ in range(SLOW_REQUESTS)]
        work += [quick[i % len(quick)] for i in range(REQUESTS - len(work))]
        before = max(row["record"] for row in self.rows())
        answered, failures = self.ask_all(work, paths, secret["secret"])
        self.assertEqual((failures, sum(answered.values())), ([], REQUESTS))
        left = [row for row in self.rows(what="") if row["record"] > before and row.get("token") == secret["id"]]
        self.assertEqual(len(left), REQUESTS, "an answer left without its record")
        expected = collections.Counter()
        for route, count in answered.items():
            expected[LEAVES[route]] += count
        self.assertEqual(collections.Counter(row["kind"] for row in left), expected)
        self.assertEqual({row["who"]["name"] for row in left}, {"Ольга Петрова"})

    def ask_all(self, work, paths, secret):
        answered, failures, lock = collections.Counter(), [], threading.Lock()
        todo = iter(work)
        begun = time.monotonic()

        def ask():
            connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=120)
            while True:
                with lock:
                    route = next(todo, None)
                if route is None:
                    return connection.close()
                connection.request("GET", API + paths[route], headers={"Authorization": "Bearer " + secret})
                answer = connection.getresponse()
                body = answer.read()
                with lock:
                    if answer.status == 200:
                        answered[route] += 1
                    else:
                        failures.append((route, answer.status, body[:200]))
        threads = [threading.Thread(target=ask) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(f"{len(work)} requests in {time.monotonic() - begun:.0f} s")
        return answered, failures


class Filters(Log):
    def test_filters_are_held_one_by_one_and_together(self):
        self.rita.get("/search", q="редкостное слово")
        self.owner.get(f"/messages/{self.one('subject:Оплата')}")
        everything = self.rows()
        self.assertEqual({row["kind"] for row in self.rows(what="search")}, {"search"})
        self.assertEqual({row["who"]["id"] for row in self.rows(who=None, **{"text": "редкостное"})}, {self.rita.id})
        for who in (self.rita.id, "rita", "Рита", "рит"):
            rows = self.owner.get("/audit", who=who, limit=500).json["items"]
            self.assertEqual({row["who"]["id"] for row in rows}, {self.rita.id}, who)
        self.assertEqual(len(self.rows(peer="127.0.0.")), len([row for row in everything if row["peer"].startswith("127.0.0.")]))
        self.assertEqual(self.rows(peer="10."), [])
        middle = everything[len(everything) // 2]
        later, sooner = self.rows(**{"from": middle["at"]}), self.rows(until=middle["at"])
        self.assertEqual(sorted(row["record"] for row in later + sooner if row["record"] <= everything[0]["record"]), sorted(row["record"] for row in everything))
        self.assertTrue(all(row["at"] >= middle["at"] for row in later) and all(row["at"] < middle["at"] for row in sooner))
        self.assertEqual(self.rows(**{"from": "2030-01-01"}), [])
        self.assertProblem(self.owner.get("/audit", **{"from": "вчера"}), 400)
        self.assertProblem(self.owner.get("/audit", text="a" * 300), 400)
        self.assertProblem(self.owner.get("/audit", format="xml"), 400)

    def test_changes_stand_in_it(self):
        seq = self.one("subject:Оплата")
        self.assertDone(self.owner.call("PUT", f"/messages/{seq}/tags/" + urllib.parse.quote("важно")), 204)
        self.owner.call("PATCH", "/users/" + self.rita.id, {"email": "rita@firm.example"})
        changes = self.rows(what="change")
        told = [(row["what"], row.get("about", ""), row["who"]["name"]) for row in changes]
        self.assertIn(("user_changed", "Рита", "Ольга Петрова"), told)
        self.assertIn(("tag_put", "важно", "Ольга Петрова"), told)
        self.assertIn("user_added", [row["what"] for row in changes])
        self.assertNotRegex(str(changes), r"argon2|secret")

    def test_who_saw_a_conversation_and_a_client(self):
        seq = self.one("subject:Оплата")
        conversation = self.owner.get(f"/messages/{seq}").json["conversation"]
        self.rita.get("/conversations/" + conversation)
        self.rita.get("/search", q="договор")
        client = next(one["id"] for one in self.owner.get("/clients", q="anna").json["items"])
        other = next(one["id"] for one in self.owner.get("/clients", q="boris").json["items"])
        for path in (f"/messages/{seq}/access", f"/conversations/{conversation}/access", f"/clients/{client}/access"):
            kinds = {row["kind"] for row in self.assertDone(self.owner.get(path, who="rita"))["items"]}
            self.assertLessEqual({"open", "search"}, kinds, path)
        self.assertEqual([row for row in self.owner.get(f"/clients/{other}/access", who="rita").json["items"]], [])
        self.assertProblem(self.owner.get("/conversations/c999999/access"), 404)
        self.assertProblem(self.rita.get(f"/messages/{seq}/access"), 403)


class Export(Log):
    def test_the_log_as_a_table_computes_nothing_and_is_itself_written_down(self):
        for word in ("+1", "-1", "@SUM(A1)", '"кавычка", запятая', "скидка"):
            self.assertDone(self.owner.get("/search", q=word if word[0] in '"с' else f'"{word}"'))
        self.server.client().post("/session", {"login": "=cmd|' /C calc'!A0", "password": "мимо и ещё раз мимо"})
        answer = self.owner.get("/audit", format="csv")
        self.assertEqual(answer.status, 200)
        self.assertIn("attachment", answer.header("Content-Disposition"))
        self.assertTrue(answer.header("Content-Type").startswith("text/csv"))
        rows = list(csv.reader(io.StringIO(answer.body.decode(), newline="")))
        self.assertEqual(rows[0], ["record", "at", "user", "name", "token", "peer", "kind", "what", "about", "messages"])
        self.assertTrue(all(len(row) == 10 for row in rows))
        self.assertEqual([cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@", "\t", "\r")], [])
        self.assertIn("'=cmd|' /C calc'!A0", [row[3] for row in rows])
        self.assertIn('"кавычка", запятая', [row[7] for row in rows])
        self.assertEqual([int(row[0]) for row in rows[1:]], [row["record"] for row in self.rows() if row["record"] <= int(rows[1][0])])
        newest = self.owner.get("/audit", limit=1).json["items"][0]
        self.assertEqual((newest["kind"], newest["what"][:4]), ("exported", "log:"))

    def test_taking_it_out_needs_both_rights(self):
        made = self.owner.post("/users", {"login": "audit", "name": "Аудит", "grants": [{"role": "auditor"}]}).json
        auditor = join(self.server, made["invite"])
        self.assertDone(auditor.get("/audit"))
        self.assertProblem(auditor.get("/audit", format="csv"), 403)
        self.assertProblem(self.rita.get("/audit", format="csv"), 403)
        self.assertIn("GET /audit as CSV", [row["what"] for row in self.rows(what="denied")])


class Mine(Log):
    def test_staff_see_who_looked_at_their_messages(self):
        empty = self.assertDone(self.rita.get("/audit/mine"))
        self.assertEqual((empty["addresses"], empty["items"]), ([], []))
        self.assertDone(self.owner.call("PATCH", "/users/" + self.rita.id, {"addresses": [BORIS]}))
        seq, other = self.one("subject:Бирюза"), self.one("subject:Вложения")
        before = max(row["record"] for row in self.rows())
        self.owner.get(f"/messages/{seq}")
        self.owner.get(f"/messages/{other}")
        self.owner.get("/search", q="бирюзовый секретный")
        self.rita.get("/search", q="скидка")
        mine = self.assertDone(self.rita.get("/audit/mine"))
        rows = [row for row in mine["items"] if row["record"] > before]
        self.assertEqual(mine["addresses"], [BORIS])
        self.assertEqual([(row["kind"], row["who"]["name"]) for row in rows], [("search", "Ольга Петрова"), ("search", "Ольга Петрова"), ("open", "Ольга Петрова")][-len(rows):])
        self.assertIn(seq, [row.get("message") for row in rows])
        self.assertNotIn(other, [row.get("message") for row in rows])
        self.assertEqual({row["what"] for row in rows}, {""}, "words of a search are the other person's")


if __name__ == "__main__":
    main()
