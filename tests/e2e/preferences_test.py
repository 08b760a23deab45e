#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""How the page is set is a person's, in every browser and after the server was started again; and why something was refused has a code."""
from harness import main
from server import Server, Serving, join, take

AT_FIRST = {"locale": "ru", "theme": "auto", "keys": True}


class Preferences(Serving):
    shared = True

    def of(self, client):
        user = self.assertDone(client.get("/session"))["user"]
        return {name: user[name] for name in AT_FIRST}

    def set(self, client, body):
        return client.call("PATCH", "/session/settings", body)

    def test_what_is_not_named_stays_and_the_rest_outlives_the_server(self):
        made = self.assertDone(self.owner.post("/users", {"login": "rita", "name": "Рита", "grants": [{"role": "reader"}]}), 201)
        rita = join(self.server, made["invite"])
        self.assertEqual(self.of(rita), AT_FIRST)
        self.assertDone(self.set(rita, {"theme": "dark"}))
        self.assertDone(self.set(rita, {"keys": False}))
        self.assertDone(self.set(rita, {"locale": "en"}))
        wanted = {"locale": "en", "theme": "dark", "keys": False}
        self.assertEqual(self.of(rita), wanted)
        self.assertEqual(self.of(self.owner), AT_FIRST)
        self.assertEqual(self.server.stop(), (0, ""))
        type(self).server = rita.server = self.owner.server = Server(self.box)
        self.assertEqual(self.of(rita), wanted)
        self.assertEqual(self.of(self.owner), AT_FIRST)

    def test_a_change_is_in_the_log_and_no_change_is_not(self):
        def changes():
            rows = self.assertDone(self.owner.get("/audit", what="change", limit=100))["items"]
            return [one for one in rows if one["what"] == "preferences"]

        self.assertDone(self.set(self.owner, {"theme": "light"}))
        before = changes()
        self.assertEqual(before[0]["who"]["name"], self.assertDone(self.owner.get("/session"))["user"]["name"])
        for _ in range(3):
            self.assertDone(self.set(self.owner, {"theme": "light", "keys": True}))
        self.assertEqual(len(changes()), len(before))
        self.assertDone(self.set(self.owner, {"theme": "auto"}))
        self.assertEqual(len(changes()), len(before) + 1)

    def test_what_cannot_be_is_refused_whole(self):
        before = self.of(self.owner)
        for body in ({"theme": "pink"}, {"theme": 5}, {"keys": "no"}, {"locale": "xx", "theme": "dark"}, {"theme": "dark", "keys": 1}, {"locale": "en", "theme": "x" * 200}):
            self.assertProblem(self.set(self.owner, body), 400)
            self.assertEqual(self.of(self.owner), before, body)
        self.assertProblem(self.set(self.server.client(), {"theme": "dark"}), 401)

    def test_a_refusal_has_a_code_and_what_varies(self):
        done = take(self.owner, {"x.pdf": b"%PDF-1.7\n", "prose.txt": b"just some prose\n", "a.zip": b"PK\3\4" + b"\xff" * 200})
        refused = {one["item"]: one for one in done["refusals"]}
        self.assertEqual((refused["x.pdf"]["code"], refused["x.pdf"]["values"]), ("is_pdf", []))
        self.assertEqual(refused["prose.txt"]["code"], "unknown_format")
        self.assertEqual((refused["a.zip"]["code"], refused["a.zip"]["reason"]), ("archive_damaged", "the archive is damaged: " + refused["a.zip"]["values"][0]))
        self.assertEqual(done["error_code"], "")
        listed = [one for source in self.assertDone(self.owner.get("/sources"))["items"] if source["refused"]
                  for one in self.assertDone(self.owner.get(f"/sources/{source['id']}/refusals"))["items"]]
        self.assertEqual({one["code"] for one in listed}, {"is_pdf", "unknown_format", "archive_damaged"})


if __name__ == "__main__":
    main()
