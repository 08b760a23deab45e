#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""A conversation over HTTP: where its pages begin, when its words were changed, and what was known at a moment."""
import json
import unittest

from server import Serving, take

COUNT = 120


def rows(many):
    return ("\n".join(json.dumps(row, ensure_ascii=False) for row in many) + "\n").encode()


def said(number, **more):
    return {"id": f"c{number}", "channel": "other", "chat": "long", "date": f"2026-11-01T{number // 60:02}:{number % 60:02}:00Z", "from": {"name": "Anna", "address": "anna@client.example"}, "text": f"line {number}x", **more}


VERANDA = [
    {"id": "v1", "channel": "other", "chat": "veranda", "date": "2026-11-12T10:00:00Z", "from": "Илья", "text": "веранда 26 ноября"},
    {"event": "edit", "target": "v1", "channel": "other", "chat": "veranda", "date": "2026-11-13T11:30:00Z", "from": "Илья", "text": "веранда 27 ноября"},
    {"id": "v2", "channel": "other", "chat": "veranda", "date": "2026-11-14T10:00:00Z", "from": "Анна", "text": "веранда отменяется"},
    {"event": "delete", "target": "v2", "channel": "other", "chat": "veranda", "date": "2026-11-14T12:00:00Z", "from": "Анна"},
]


class Conversation(Serving):
    shared = True

    @classmethod
    def fill(cls):
        take(cls.owner, {"long.jsonl": rows(said(n) for n in range(COUNT)), "veranda.jsonl": rows(VERANDA)})

    def talk(self, query, **more):
        hit = self.owner.get("/search", q=query, limit=1).json["hits"][0]
        return hit, self.assertDone(self.owner.get(f"/conversations/{hit['conversation']}", **more))

    def test_a_page_says_where_it_begins(self):
        hit, last = self.talk('"line 60x"', limit=50)
        self.assertEqual((last["total"], last["begin"], last["more_before"], last["more_after"]), (COUNT, COUNT - 50, True, False))
        self.assertEqual([item["text"] for item in last["items"]], [f"line {n}x" for n in range(COUNT - 50, COUNT)])
        _, middle = self.talk('"line 60x"', limit=20, around=hit["id"])
        self.assertEqual((middle["begin"], middle["items"][10]["id"]), (50, hit["id"]))
        _, before = self.talk('"line 60x"', limit=20, before=middle["items"][0]["id"])
        self.assertEqual((before["begin"], before["items"][-1]["text"]), (30, "line 49x"))
        _, after = self.talk('"line 60x"', limit=20, after=middle["items"][-1]["id"])
        self.assertEqual((after["begin"], after["items"][0]["text"]), (70, "line 70x"))

    def test_a_change_has_the_time_of_its_channel(self):
        _, talk = self.talk("веранда ноября")
        edited, withdrawn = talk["items"]
        self.assertEqual([(one["text"], one["date"]) for one in edited["versions"]], [("веранда 26 ноября", "2026-11-12T10:00:00Z"), ("веранда 27 ноября", "2026-11-13T11:30:00Z")])
        self.assertTrue(edited["edited"])
        self.assertIsNone(edited["deleted"])
        self.assertFalse(withdrawn["edited"])
        self.assertEqual(withdrawn["deleted"]["date"], "2026-11-14T12:00:00Z")

    def test_what_was_known_at_a_moment(self):
        _, early = self.talk("веранда ноября", as_of="2026-11-13T00:00:00Z")
        self.assertEqual([item["text"] for item in early["items"]], ["веранда 26 ноября"])
        _, later = self.talk("веранда ноября", as_of="2026-11-14T11:00:00Z")
        self.assertEqual([(item["text"], item["deleted"]) for item in later["items"]], [("веранда 27 ноября", None), ("веранда отменяется", None)])


if __name__ == "__main__":
    unittest.main()
