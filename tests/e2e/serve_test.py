#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The server over HTTP: uploads, bad input, and commands beside it."""
import os
import threading
import time

from harness import mail, main, mbox, sha256
from server import PNG, Filled, upload, take, ANNA, LETTERS, FILES, TABLE


class Uploading(Filled):
    def test_the_books_of_an_import_balance(self):
        view = self.imported
        self.assertEqual(view["state"], "done", view)
        self.assertEqual(view["seen"], view["stored"] + view["duplicates"] + view["refused"] + view["pending"], view)
        self.assertEqual((view["seen"], view["stored"], view["refused"]), (10, 10, 0), view)
        self.assertTrue(view["verified"]["ok"], view)
        total = self.assertDone(self.owner.get("/sources"))["total"]
        self.assertTrue(total["balanced"], total)

    def test_the_same_again_stores_nothing(self):
        before = self.owner.get("/archive").json["messages"]
        view = take(self.owner, {"mail/all.mbox": mbox(LETTERS), "mail/files.eml": FILES, "mail/table.eml": TABLE}, zone="Europe/Moscow")
        self.assertEqual((view["state"], view["stored"], view["duplicates"]), ("done", 0, 10), view)
        self.assertEqual(self.owner.get("/archive").json["messages"], before)

    def test_an_upload_goes_on_where_it_stands(self):
        data = mail(50, "возобновлённая загрузка " * 200, subject="Возобновление")
        begun = self.assertDone(self.owner.post("/uploads", {"name": "resumed.eml", "size": len(data)}), 201)
        path, half = f"/uploads/{begun['id']}", len(data) // 2
        self.assertEqual(self.assertDone(self.owner.call("PATCH", path + "?offset=0", raw=data[:half]))["offset"], half)
        for wrong in (0, half - 1, half + 1, len(data)):
            answer = self.owner.call("PATCH", f"{path}?offset={wrong}", raw=data[half:])
            self.assertEqual((answer.status, answer.json["offset"]), (409, half), answer)
        self.assertEqual(self.owner.get(path).json["offset"], half)
        self.assertProblem(self.owner.post("/imports", {"uploads": [begun["id"]]}), 409)
        self.assertProblem(self.owner.call("PATCH", f"{path}?offset={half}", raw=data), 413)
        at = self.owner.get(path).json["offset"]
        self.assertLessEqual(at, len(data))
        self.assertDone(self.owner.call("PATCH", f"{path}?offset={at}", raw=data[at:]))
        self.assertEqual(self.owner.get(path).json["offset"], len(data))
        self.assertDone(self.owner.post("/imports", {"uploads": [begun["id"]]}), 202)
        end = time.monotonic() + 20
        while not self.found("возобновлённая") and time.monotonic() < end:
            time.sleep(0.05)
        source = self.owner.get(f"/messages/{self.one('возобновлённая')}/source")
        self.assertEqual(sha256(source.body), sha256(data))

    def test_an_upload_that_is_given_up_is_gone(self):
        begun = self.assertDone(self.owner.post("/uploads", {"name": "a/gone.eml", "size": 10}), 201)
        self.assertEqual(self.owner.call("DELETE", "/uploads/" + begun["id"]).status, 204)
        self.assertProblem(self.owner.get("/uploads/" + begun["id"]), 404)
        self.assertFalse(os.path.exists(os.path.join(self.box.archive, "uploads", begun["id"])))

    def test_names_that_leave_the_folder_are_refused(self):
        for name in ("../x.eml", "a/../../x.eml", "/etc/x.eml", "..", ".", "a/./b.eml", "a//b/..", "a\0b", "", "a/" + "б" * 200, "folder/"):
            answer = self.owner.post("/uploads", {"name": name, "size": 1})
            self.assertIn(answer.status, (400,), f"{name!r}: {answer}")
        self.assertProblem(self.owner.post("/uploads", {"name": "big", "size": 1 << 50}), 413)

    def test_two_files_of_one_name_are_refused(self):
        ids = [upload(self.owner, "same.eml", mail(60 + i)) for i in (0, 1)]
        self.assertProblem(self.owner.post("/imports", {"uploads": ids}), 409)
        # Nothing was lost by it: each can still be imported.
        for one in ids:
            self.assertEqual(self.owner.get("/uploads/" + one).status, 200,
                             "Imports::start moved the first upload before it looked at the second: a refused import loses what was uploaded")

    def test_the_source_is_what_was_uploaded(self):
        for query, data in (("subject:Вложения", FILES), ("subject:Таблица", TABLE)):
            answer = self.owner.get(f"/messages/{self.one(query)}/source")
            self.assertEqual(answer.status, 200)
            self.assertEqual(sha256(answer.body), sha256(data))
            self.assertIn("sandbox", answer.header("Content-Security-Policy"))
            self.assertEqual(answer.header("X-Content-Type-Options"), "nosniff")
            download = self.owner.get(f"/messages/{self.one(query)}/source", download=1)
            self.assertEqual(sha256(download.body), sha256(data))
            self.assertTrue(download.header("Content-Disposition").startswith("attachment"))

    def test_attachments_are_downloads_that_run_nothing(self):
        seq = self.one("subject:Вложения")
        listed = self.assertDone(self.owner.get(f"/messages/{seq}"))["attachments"]
        self.assertEqual([one["name"] for one in listed], ["price.html", "pixel.png"])
        for n, data in ((0, b"<script>alert(1)</script>"), (1, PNG)):
            answer = self.owner.get(f"/messages/{seq}/attachments/{n}")
            self.assertEqual((answer.status, answer.body), (200, data))
            self.assertEqual(answer.header("Content-Type"), "application/octet-stream")
            self.assertTrue(answer.header("Content-Disposition").startswith("attachment"), answer.headers)
            self.assertEqual(answer.header("X-Content-Type-Options"), "nosniff")
            self.assertIn("sandbox", answer.header("Content-Security-Policy"))
        self.assertProblem(self.owner.get(f"/messages/{seq}/attachments/2"), 404)

    def test_a_letter_says_whether_it_has_html(self):
        for query, has in (("subject:Таблица", True), ("subject:\"Общее дело\"", False)):
            seq = self.one(query)
            self.assertEqual(self.owner.get(f"/messages/{seq}/html").status, 200 if has else 404)
            self.assertEqual(self.owner.get(f"/messages/{seq}").json["has_html"], has, "api/messages.cpp message_json(): every mail is said to have HTML")

    def test_the_html_of_a_letter_runs_nothing(self):
        answer = self.owner.get(f"/messages/{self.one('subject:Таблица')}/html")
        self.assertEqual(answer.status, 200, answer)
        policy = answer.header("Content-Security-Policy")
        self.assertIn("sandbox", policy)
        self.assertNotIn("allow-scripts", policy)
        self.assertNotIn("allow-same-origin", policy)
        self.assertIn("default-src 'none'", policy)
        text = answer.body.decode()
        self.assertIn("цены в таблице", text)
        for bad in ("<script", "onclick", "alert", "https://spy.example"):
            self.assertNotIn(bad, text.split("https://spy.example")[0] if bad == "alert" else text)
        self.assertEqual(answer.header("Letopis-Remote-Images"), "1")


# Method, path, the right it needs (src/api/*_routes.cpp), body. {…} are real ids. Bodies say nothing useful on purpose: who may
# call comes before what is asked.


class BadInput(Filled):
    def test_bodies_that_are_none(self):
        for body, kind in ((b"{", "application/json"), (b"[]", "application/json"), (b"", "application/json"), (b"\xff\xfe", "application/json"), (b"null", "application/json"),
                           (b"[" * 5000, "application/json"), (b'{"login":"a","password":"b"}', "text/plain"), (b'{"login":"\xff","password":"b"}', "application/json")):
            answer = self.owner.call("POST", "/session", raw=body, headers={"Content-Type": kind})
            self.assertProblem(answer, 400, "invalid")
        self.assertProblem(self.owner.call("POST", "/session", raw=b"x" * (2 << 20), headers={"Content-Type": "application/json"}), 413)

    def test_fields_of_the_wrong_kind(self):
        for path, body in (("/session", {"login": 1, "password": "x"}), ("/session", {"login": "x"}), ("/session", {"login": None, "password": "x"}),
                           ("/session", {"login": "x" * 300, "password": "x"}), ("/uploads", {"name": "a", "size": "1"}), ("/uploads", {"name": "a", "size": -1}),
                           ("/uploads", {"name": "a", "size": 1.5}), ("/uploads", {"name": ["a"], "size": 1}), ("/imports", {"uploads": "up-1"}), ("/imports", {"uploads": [1]}), ("/imports", {"uploads": []}),
                           ("/users", {"login": "x", "name": "x", "grants": {}}), ("/users", {"login": "x", "name": "x", "grants": [{"role": "king"}]}),
                           ("/users", {"login": "x", "name": "x", "grants": [{"role": "reader", "scope": []}]}),
                           ("/users", {"login": "x", "name": "x", "grants": [{"role": "reader", "scope": {"clients": ANNA}}]}),
                           ("/users", {"login": "x", "name": "x", "grants": [{"role": "reader", "until": "завтра"}]}),
                           ("/tokens", {"name": "x", "rights": ["everything"]}), ("/tokens", {"name": "x", "rights": "read"}), ("/tokens", {"name": "x", "rights": ["read"], "until": "never"}),
                           ("/saved-searches", {"name": "x", "query": "y", "shared": "yes"})):
            self.assertProblem(self.owner.post(path, body), 400, "invalid")
        self.assertProblem(self.owner.call("PATCH", "/session/settings", {"locale": "xx"}), 400)
        me = self.owner.get("/session").json["user"]["id"]
        self.assertProblem(self.owner.call("PATCH", "/users/" + me, {"active": "no"}), 400)
        self.assertProblem(self.owner.call("PATCH", "/users/" + me, {"active": False}), 409)

    def test_a_scope_that_is_misspelt_is_refused(self):
        """Taken for an empty one it would be another scope than the one that was meant."""
        for scope in ({"everything": "yes"}, {"channels": ["email"], "client": [ANNA]}):
            with self.subTest(scope=scope):
                answer = self.owner.post("/users", {"login": f"typo{len(scope)}", "name": "x", "grants": [{"role": "reader", "scope": scope}]})
                self.assertEqual(answer.status, 400, f"api/people_routes.cpp scope_of_json() passes over {scope}: {answer}")

    def test_what_is_not_there(self):
        for path in ("/messages/0", "/messages/999999999", "/messages/abc", "/messages/-1", "/messages/1.5", "/messages/99999999999999999999999", "/messages/0x1",
                     "/conversations/1", "/conversations/c", "/conversations/cx", "/conversations/c0", "/conversations/c18446744073709551615", "/clients/c-", "/clients/zz", "/clients/c-1zz",
                     "/clients/c-161", "/clients/c-9" + b"x@y.example".hex(), "/sources/zz/refusals", "/sources/ab/refusals", "/uploads/up-1", "/imports/im-1", "/nothing", "/", "/messages"):
            self.assertProblem(self.owner.call("GET", path), 404, "not_found")
        for method, path in (("DELETE", "/tokens/x"), ("DELETE", "/saved-searches/x"), ("DELETE", "/imports/x"), ("DELETE", "/uploads/x"), ("DELETE", "/sessions/x")):
            self.assertProblem(self.owner.call(method, path), 404, "not_found")
        self.assertProblem(self.owner.call("PATCH", "/users/x", {"name": "y"}), 404)
        self.assertProblem(self.owner.call("POST", "/users/x/invite", {}), 404)
        self.assertProblem(self.owner.call("POST", "/approvals/x", {"yes": True}), 404)
        self.assertProblem(self.owner.call("DELETE", "/search"), 405)

    def test_limits_and_cursors(self):
        seq = self.one("subject:Таблица")
        conversation = self.owner.get(f"/messages/{seq}").json["conversation"]
        for path in ("/search?q=x", "/audit?a=1", f"/conversations/{conversation}?a=1", "/clients?a=1"):
            for limit in ("100000", "-1", "1.5", "x", "99999999999999999999999", "1e3"):
                self.assertProblem(self.owner.call("GET", f"{path}&limit={limit}"), 400, "invalid")
            self.assertEqual(self.owner.call("GET", f"{path}&limit=1").status, 200)
            answer = self.owner.call("GET", f"{path}&limit=0")
            self.assertLess(answer.status, 500, answer)
        for cursor in ("x", "%00", "0" * 3000, "-1", "AAAA", "%F0%9F%98%80"):
            answer = self.owner.call("GET", f"/search?q=%D1%81%D0%BA%D0%B8%D0%B4%D0%BA%D0%B0&cursor={cursor}")
            self.assertEqual(answer.status, 400, f"{cursor}: {answer}")
        self.assertProblem(self.owner.get("/audit", cursor="x"), 400)
        self.assertLess(self.owner.get("/audit", cursor=(1 << 63) - 1).status, 400)
        self.assertProblem(self.owner.get("/search", q="x", order="oldest"), 400)
        self.assertProblem(self.owner.get("/conversations/" + conversation, as_of="вчера"), 400)
        self.assertProblem(self.owner.get("/conversations/" + conversation, as_of="2000-01-01T00:00:00Z"), 404)
        for where in ("around", "before", "after"):
            self.assertProblem(self.owner.get("/conversations/" + conversation, **{where: "x"}), 400)
            self.assertDone(self.owner.get("/conversations/" + conversation, **{where: 999999999}))

    def test_pages_of_a_search_meet(self):
        whole = [hit["id"] for hit in self.found("")]
        paged, cursor = [], None
        while True:
            page = self.assertDone(self.owner.get("/search", q="", limit=3, **({"cursor": cursor} if cursor else {})))
            paged += [hit["id"] for hit in page["hits"]]
            cursor = page["cursor"]
            if cursor is None:
                break
        self.assertEqual(paged, whole)

    def test_an_error_in_a_query_says_where(self):
        for query, at in (("(скидка", 0), ("скидка (договор", 7), ("скидка from:", None), ("before:вчераа", None)):
            problem = self.assertProblem(self.owner.get("/search", q=query), 400, "invalid_query")
            self.assertIsInstance(problem.get("at"), int, problem)
            self.assertTrue(0 <= problem["at"] <= len(query), problem)
            if at is not None:
                self.assertEqual(problem["at"], at, problem)

    def test_nothing_of_it_left_a_mark(self):
        before = self.owner.get("/archive").json["messages"]
        answer = self.owner.call("GET", "/search?q=" + "a" * 20000)
        self.assertIn(answer.status, (400, 413, 414, 431), answer)
        self.assertEqual(self.owner.get("/archive").json["messages"], before)


class Beside(Filled):
    def test_the_other_commands_answer_meanwhile(self):
        self.assertEqual(self.box.total("скидка"), 3)
        self.assertEqual([source for source in self.box.books() if not source["balanced"]], [])
        verified = self.box.verify()
        self.assertTrue(verified["ok"], verified)
        seq = self.one("subject:Таблица")
        self.assertEqual(sha256(self.box.raw(seq)), sha256(TABLE))

    def test_an_import_beside_the_server_is_found_by_it(self):
        result = self.box.take(self.box.write("late.eml", mail(90, "запоздалое письмо", subject="Поздно")))
        self.assertEqual(result["stored"], 1, result)
        self.assertEqual(len(self.found("запоздалое")), 1)
        self.assertTrue(self.box.verify()["ok"])

    def test_a_second_server_is_refused_in_a_sentence(self):
        done = self.box.run("serve", "--listen", "127.0.0.1:0", expect=None, timeout=30)
        self.assertNotEqual(done.code, 0, done)
        self.assertTrue(done.err.startswith("letopis: "), done)

    def test_many_at_once(self):
        answers = []

        def look():
            for _ in range(5):
                answers.append(self.owner.get("/search", q="скидка"))

        threads = [threading.Thread(target=look) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual({(answer.status, answer.json["total"]) for answer in answers}, {(200, 3)})


if __name__ == "__main__":
    main()
