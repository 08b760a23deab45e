#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""A request that is sent twice does its work once: Idempotency-Key."""
import os
import signal
import threading
import time

from harness import main, mbox, mail, wait_until
from server import Filled, Server, Serving, join, upload


class Keys(Filled):
    def send(self, path, body, key, who=None):
        return (who or self.owner).call("POST", path, body, headers={"Idempotency-Key": key})

    def searches(self, name):
        return [one for one in self.owner.get("/saved-searches").json["items"] if one["name"] == name]

    def test_the_same_again_is_the_stored_answer(self):
        first = self.send("/saved-searches", {"name": "одна", "query": "скидка"}, "k-1")
        again = self.send("/saved-searches", {"name": "одна", "query": "скидка"}, "k-1")
        self.assertEqual((first.status, again.status), (201, 201))
        self.assertEqual(first.body, again.body)
        self.assertEqual((first.header("Idempotent-Replayed"), again.header("Idempotent-Replayed")), ("", "true"))
        self.assertEqual(len(self.searches("одна")), 1)
        self.send("/saved-searches", {"name": "одна", "query": "скидка"}, "k-2")
        self.assertEqual(len(self.searches("одна")), 2)

    def test_another_body_or_another_route_is_refused(self):
        self.assertDone(self.send("/saved-searches", {"name": "две", "query": "a"}, "k-3"), 201)
        self.assertProblem(self.send("/saved-searches", {"name": "две", "query": "b"}, "k-3"), 422, "key_reused")
        self.assertProblem(self.send("/tokens", {"name": "две", "rights": ["search"]}, "k-3"), 422, "key_reused")
        self.assertEqual(len(self.searches("две")), 1)

    def test_a_key_is_of_its_caller(self):
        invited = self.assertDone(self.owner.post("/users", {"login": "nina", "name": "Нина", "grants": [{"role": "reader", "scope": {"everything": True}}]}), 201)
        nina = join(self.server, invited["invite"])
        mine = self.assertDone(self.send("/saved-searches", {"name": "три", "query": "a"}, "k-4"), 201)
        hers = self.assertDone(self.send("/saved-searches", {"name": "три", "query": "a"}, "k-4", nina), 201)
        self.assertNotEqual(mine["id"], hers["id"])

    def test_a_refusal_is_not_kept(self):
        self.assertProblem(self.send("/saved-searches", {"name": "четыре", "query": ""}, "k-5"), 400)
        self.assertDone(self.send("/saved-searches", {"name": "четыре", "query": "x"}, "k-5"), 201)

    def test_keys_that_are_none(self):
        for key in ("x" * 201, "a b", "ключ".encode().decode("latin-1")):
            self.assertProblem(self.send("/saved-searches", {"name": "пять", "query": "x"}, key), 400, "invalid")
        self.assertEqual(self.searches("пять"), [])

    def test_two_at_once_do_it_once(self):
        for turn in range(5):
            answers, name = [], f"разом {turn}"
            threads = [threading.Thread(target=lambda: answers.append(self.send("/saved-searches", {"name": name, "query": "x"}, name.encode().hex()))) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(len(self.searches(name)), 1)
            self.assertLessEqual({answer.status for answer in answers}, {201, 409})
            self.assertEqual(len({answer.body for answer in answers if answer.status == 201}), 1)
            for answer in answers:
                if answer.status == 409:
                    self.assertProblem(answer, 409, "conflict")

    def test_an_import_begun_twice_runs_once(self):
        wish = {"uploads": [upload(self.owner, "once.mbox", mbox([mail(700, "один раз")]))]}
        first, again = (self.send("/imports", wish, "k-6") for _ in range(2))
        self.assertEqual((first.status, again.status, first.body), (202, 202, again.body))

    def test_routes_that_do_not_create_pass_it_over(self):
        for _ in range(2):
            self.assertEqual(self.owner.call("PATCH", "/session/settings", {"locale": "ru"}, headers={"Idempotency-Key": "k-7"}).status, 200)


class Restarted(Serving):
    def test_the_answer_outlives_the_server_and_a_crash_between_is_told(self):
        owner = self.server.set_up()
        wish, key = {"name": "после", "query": "x"}, {"Idempotency-Key": "k-1"}
        first = owner.call("POST", "/saved-searches", wish, headers=key)
        self.assertEqual(first.status, 201, first)
        self.server.stop()
        self.server = Server(self.box)
        self.addCleanup(self.server.stop)
        owner.server = self.server
        again = owner.call("POST", "/saved-searches", wish, headers=key)
        self.assertEqual((again.status, again.body, again.header("Idempotent-Replayed")), (201, first.body, "true"))
        self.crash(owner)

    def crash(self, owner):
        """Killed at a random moment of many requests: each was done once, or not at all, and the key says which or that it is not known."""
        sent, done = [], {}

        def send():
            for turn in range(2000):
                sent.append(turn)
                try:
                    answer = owner.call("POST", "/saved-searches", {"name": f"n{turn}", "query": "x"}, headers={"Idempotency-Key": f"crash-{turn}"})
                except OSError:
                    return
                done[turn] = answer.body

        thread = threading.Thread(target=send)
        thread.start()
        self.assertTrue(wait_until(lambda: len(done) > 15))
        os.kill(self.server.process.pid, signal.SIGKILL)
        thread.join()
        self.server.process.wait()
        self.server = Server(self.box)
        self.addCleanup(self.server.stop)
        owner.server = self.server
        kept = {one["name"]: one["id"] for one in owner.get("/saved-searches").json["items"]}
        for turn in sent:
            again = owner.call("POST", "/saved-searches", {"name": f"n{turn}", "query": "x"}, headers={"Idempotency-Key": f"crash-{turn}"})
            if turn in done:
                self.assertEqual((again.status, again.body), (201, done[turn]), "what was answered is kept")
            elif again.status == 409:
                self.assertProblem(again, 409, "outcome_unknown")
            else:
                self.assertEqual(again.status, 201, again)
        after = [one["name"] for one in owner.get("/saved-searches").json["items"] if one["name"].startswith("n")]
        self.assertEqual(len(after), len(set(after)), "one request was done twice")
        self.assertLessEqual(set(kept), set(after) | {"после"})


if __name__ == "__main__":
    main()
