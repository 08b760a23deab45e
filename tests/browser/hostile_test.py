#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hostile letters in a real browser: imported into a served archive and shown by the page. No script runs, nothing is asked of anybody
else, nothing moves the page; and the same counters see all of that when the walls are taken away."""
import base64
import email
import email.policy
import json
import os
import re
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))

from browser import BrowserTest, node  # noqa: E402
from harness import LONG, SHARED_DATA, Box  # noqa: E402
from server import Server, take  # noqa: E402

LETTERS = 40  # in one conversation
BYTES_MAX = None if LONG else 100_000  # letters made to be endless are laid out for minutes; mime/display_hostile_test.cpp has them all
REAL_MAX = 80


def corpus():
    """Name, bytes and charset of every body."""
    with open(os.path.join(ROOT, "tests", "hostile-html", "corpus.jsonl"), encoding="utf-8") as file:
        for line in file:
            body = json.loads(line)
            if "base64" in body:
                data = base64.b64decode(body["base64"])
            elif "html" in body:
                data = body["html"].encode("utf-8", "surrogatepass")
            else:
                data = "".join(text * times for text, times in body["repeat"]).encode("utf-8")
            if not BYTES_MAX or len(data) <= BYTES_MAX:
                yield body["name"], data, body.get("charset", "utf-8")


def real():
    """HTML bodies of letters that others wrote."""
    found = 0
    for folder, _, names in sorted(os.walk(os.path.join(SHARED_DATA, "email"))):
        for name in sorted(names):
            path = os.path.join(folder, name)
            if found >= REAL_MAX or os.path.getsize(path) > 300_000:
                continue
            with open(path, "rb") as file:
                data = file.read()
            if b"text/html" not in data.lower():
                continue
            try:
                parts = [part for part in email.message_from_bytes(data, policy=email.policy.compat32).walk() if part.get_content_type() == "text/html"]
                body = parts[0].get_payload(decode=True) if parts else b""
            except Exception:  # the module gives up on some, in many ways
                continue
            if body:
                found += 1
                yield f"real-{found}", body, "utf-8"


def letter(thread, number, data, charset):
    first = f"<t{thread}n0@hostile.example>"
    head = [f"Message-ID: <t{thread}n{number}@hostile.example>", f"Date: Tue, 3 Mar 2026 {10 + number // 60:02}:{number % 60:02}:00 +0300",
            "From: Mallory <mallory@hostile.example>", "To: sales@ours.example", f"Subject: {'Re: ' if number else ''}heap{thread}x"]
    if number:
        head += [f"In-Reply-To: {first}", f"References: {first}"]
    head += ["MIME-Version: 1.0", f'Content-Type: text/html; charset="{charset}"', "Content-Transfer-Encoding: base64", "", base64.encodebytes(data).decode()]
    return "\n".join(head).encode()


class Hostile(BrowserTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.box = Box(init=False)
        cls.addClassCleanup(cls.box.close)
        cls.server = Server(cls.box)
        cls.addClassCleanup(cls.server.stop)
        cls.owner = cls.server.set_up()
        cls.bodies = list(corpus())
        cls.invented = len(cls.bodies)
        if os.path.isdir(SHARED_DATA):
            cls.bodies += list(real())
        threads = [cls.bodies[at:at + LETTERS] for at in range(0, len(cls.bodies), LETTERS)]
        box = b"".join(b"From mallory@hostile.example Tue Mar  3 10:00:00 2026\n" + re.sub(rb"(?m)^(>*From )", rb">\1", letter(t, n, data, charset)) + b"\n\n"
                       for t, thread in enumerate(threads) for n, (_, data, charset) in enumerate(thread))
        cls.taken = take(cls.owner, {"hostile.mbox": box})
        cls.conversations, cls.numbers = [], {}
        for t, thread in enumerate(threads):
            hits = cls.owner.get("/search", q=f"subject:heap{t}x", limit=100, order="newest").json["hits"]
            cls.conversations.append({"id": hits[0]["conversation"], "letters": len(thread)})
            for at, hit in enumerate(sorted(hits, key=lambda hit: hit["date"])):
                cls.numbers[hit["id"]] = t * LETTERS + at
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.files = []
        for at, (_, data, charset) in enumerate(cls.bodies):
            cls.files.append(os.path.join(cls.folder.name, str(at)))
            with open(cls.files[-1], "wb") as file:
                file.write(data if charset.lower() == "utf-8" else data.decode(charset, "replace").encode() if charset in ("utf-16", "koi8-r", "windows-1251") else data)

    def show(self, mode, **more):
        plan = {"mode": mode, "origin": f"http://127.0.0.1:{self.server.port}", "cookies": self.owner.cookies, "conversations": self.conversations,
                "bodies": self.files, "numbers": self.numbers, **more}
        path = os.path.join(self.folder.name, f"{mode}.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(plan, file)
        done = node("hostile.mjs", path, seconds=400)
        self.assertEqual(done.returncode, 0, done.stdout[-3000:])
        return json.loads(done.stdout.strip().split("\n")[-1])

    def test_nothing_of_a_letter_runs_or_leaves(self):
        self.assertGreaterEqual(self.invented, 300)
        self.assertEqual(self.taken["stored"], len(self.bodies), self.taken)
        seen = self.show("page")
        self.assertEqual(seen["shown"], len(self.bodies))
        for what in ("scripts", "left", "moved", "tried"):
            self.assertEqual(seen[what], [], what)

    def test_the_frame_holds_without_the_sanitiser(self):
        some = self.conversations[:3]
        seen = self.show("frame", conversations=some)
        self.assertEqual(seen["shown"], sum(one["letters"] for one in some))
        self.assertGreater(len(seen["tried"]), 20, "the letters that were sent do nothing: what was shown?")
        for what in ("scripts", "moved"):
            self.assertEqual(seen[what], [], what)

    def test_the_counters_see_what_happens_without_walls(self):
        own = []
        for name, text in (("run", "<script>window.x = 1</script>"), ("handler", "<img src=x onerror='window.y = 2'>"), ("image", "<img src='http://evil.example/a.png'>"),
                           ("top", "<script>top.location = 'http://evil.example/top'</script>")):
            own.append(os.path.join(self.folder.name, name))
            with open(own[-1], "w", encoding="utf-8") as file:
                file.write(text)
        for files, what in ((own[:1], "scripts"), (own[1:2], "scripts"), (own[2:3], "left"), (own[3:], "moved")):
            self.assertNotEqual(self.show("bare", bodies=files)[what], [], files)
        seen = self.show("bare", bodies=self.files[:50])
        self.assertGreater(len(seen["scripts"]), 5)
        self.assertGreater(len(seen["left"]), 2)


if __name__ == "__main__":
    unittest.main()
