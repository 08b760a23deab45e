#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The description of the API: what is served is what is kept in docs/openapi.json, and it is held against every call of the other
scenarios (contract.py). `LETOPIS_WRITE=1 tests/e2e/openapi_test.py` writes the file anew."""
import json
import os
import re

from contract import Contract
from harness import main
from server import API, Answer, Serving

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KEPT = os.path.join(ROOT, "docs", "openapi.json")


class Description(Serving):
    def test_the_kept_document_is_the_served_one(self):
        served = self.server.contract.document
        text = json.dumps(served, ensure_ascii=False, indent=1) + "\n"
        if os.environ.get("LETOPIS_WRITE"):
            with open(KEPT, "w", encoding="utf-8") as file:
                file.write(text)
        with open(KEPT, encoding="utf-8") as file:
            self.assertEqual(file.read(), text, "docs/openapi.json is old: LETOPIS_WRITE=1 tests/e2e/openapi_test.py, then `npm run types` in web/")

    def test_every_operation_is_described_whole(self):
        document = self.server.contract.document
        self.assertEqual(document["openapi"], "3.1.0")
        self.assertGreater(len(document["paths"]), 40)
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                what = f"{method} {path}"
                done = [status for status in operation["responses"] if status[0] in "23"]
                self.assertTrue(done, f"{what} has no shape: describe it in src/api/*_shapes.cpp")
                named = {one["name"] for one in operation.get("parameters", []) if one["in"] == "path"}
                self.assertEqual(named, set(re.findall(r"\{(\w+)\}", path)), what)
                self.assertEqual("x-right" in operation, bool(operation["security"]), what)

    def test_the_guide_lists_every_route(self):
        with open(os.path.join(ROOT, "docs", "guide", "api.md"), encoding="utf-8") as file:
            listed = {(method, path): right for method, path, right in re.findall(r"^\| ([A-Z]+) \| `(/[^`]+)` \| (`\w+`|–) \|", file.read(), re.M)}
        served = {}
        for path, methods in self.server.contract.document["paths"].items():
            for method, operation in methods.items():
                right = operation.get("x-right")
                served[(method.upper(), path[len(API):])] = f"`{right}`" if right else "–"
        self.assertEqual(listed, served, "docs/guide/api.md and the table of routes differ")


class WithoutABody(Serving):
    shared = True

    def test_a_body_is_required_where_it_says_so_and_nowhere_else(self):
        without = []
        for path, methods in self.server.contract.document["paths"].items():
            for method, operation in methods.items():
                body = operation.get("requestBody")
                if not body or "application/octet-stream" in body["content"]:
                    continue
                answer = self.owner.call(method.upper(), re.sub(r"\{\w+\}", "0", path[len(API):]))
                refused = answer.status == 400 and "the body must be" in answer.json["detail"]
                if not body["required"]:
                    without.append(f"{method} {path[len(API):]}")
                    self.assertFalse(refused, f"{method} {path}: {answer}")
                else:
                    self.assertGreaterEqual(answer.status, 400, f"{method} {path} works without a body")
        self.assertEqual(without, ["post /users/{id}/invite"])


class TheCheckItself(Serving):
    """What would be found if the contract were broken."""

    def answer(self, status, body, kind="application/json"):
        return Answer(status, [("Content-Type", kind)], json.dumps(body).encode() if body is not None else b"")

    def assertFound(self, what, *call):
        with self.assertRaises(AssertionError) as found:
            self.server.contract.check(*call)
        self.assertIn(what, str(found.exception))

    def test_a_broken_answer_is_found(self):
        good = {"ok": True, "state": "open", "version": "x"}
        health = API + "/health"
        self.server.contract.check("GET", health, None, self.answer(200, good))
        self.assertFound("'version' is a required", "GET", health, None, self.answer(200, {"ok": True, "state": "open"}))
        self.assertFound("'more' was unexpected", "GET", health, None, self.answer(200, {**good, "more": 1}))
        self.assertFound("is not one of", "GET", health, None, self.answer(200, {**good, "state": "asleep"}))
        self.assertFound("knows no such answer", "GET", health, None, self.answer(201, good))
        self.assertFound("text/html where", "GET", health, None, self.answer(200, good, "text/html"))
        self.assertFound("'detail' is a required", "GET", health, None, self.answer(500, {"status": 500}, "application/problem+json"))
        self.assertFound("a body where", "DELETE", API + "/session", None, self.answer(204, good))

    def test_a_request_that_was_taken_against_the_description_is_found(self):
        call = ("POST", API + "/uploads", {"name": "a.eml"}, self.answer(201, {"id": "up-1", "name": "a.eml", "size": 1, "offset": 0, "begun": "2026-11-19T08:00:00Z", "modified": None}))
        self.assertFound("taken, though", *call)

    def test_literal_segments_win(self):
        contract = self.server.contract
        self.assertIsInstance(contract, Contract)
        self.assertEqual(contract.operation("POST", API + "/session/second")["operationId"], "POST /session/second")
        self.assertEqual(contract.operation("GET", API + "/messages/17/html?x=1")["operationId"], "GET /messages/{id}/html")
        self.assertIsNone(contract.operation("GET", API + "/nothing"))


if __name__ == "__main__":
    main()
