#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The server under people: searches of twenty at a time over HTTP with the access log on, for one who sees everything and one who sees about
5 % of the correspondents, asking again at once and with the pauses of quick people; idle memory; a conversation. Prints Markdown. Uses an archive
that `letopis import` has filled (it gets an owner).

  bench/serve.py ARCHIVE [--seconds N]
"""
import argparse
import http.client
import json
import re
import subprocess
import sys
import time
import urllib.parse
from pathlib import Path

import load

ROOT = Path(__file__).resolve().parent.parent
LETOPIS = ROOT / "build/release/letopis"
HEADERS = {"X-Letopis": "1", "Content-Type": "application/json"}


class Client:
    def __init__(self, port, token=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        self.headers, self.cookies = dict(HEADERS), {}
        if token:
            self.headers["Authorization"] = "Bearer " + token

    def call(self, method, path, body=None):
        self.connection.request(method, "/api/v1" + path, json.dumps(body) if body is not None else None, self.headers)
        answer = self.connection.getresponse()
        raw = answer.read()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, value = cookie.split(";")[0].split("=", 1)
            self.cookies[name] = value
            self.headers["Cookie"] = "; ".join(f"{key}={kept}" for key, kept in self.cookies.items())
        if answer.status >= 400:
            raise SystemExit(f"{method} {path}: {answer.status} {raw[:300]}")
        return json.loads(raw) if raw else None


def totp(secret):
    import base64, hashlib, hmac, struct
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    at = digest[19] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7fffffff) % 10**6:06d}"


def enter(client, path, first, **fields):
    made = client.call("POST", path, {**fields, **first})
    client.call("POST", path.replace("/user", "") + "/confirm", {**{k: v for k, v in fields.items() if k == "token"}, "code": totp(made["totp"]["secret"])})


def row_of(name, people, pause, found):
    pace = "at once" if pause is None else f"after {pause[0]} to {pause[1]} s"
    print(f"| {name} | {people} | {pace} | {found[0]:.1f} | {found[1]:.1f} | {found[2]:.0f} |", flush=True)


def longest(client, at_least=1000):
    """A conversation of about so many messages: the smallest that has them, else the largest."""
    seen = {}
    for word in load.WORDS:
        for hit in client.call("GET", "/search?limit=100&q=" + urllib.parse.quote(word))["hits"]:
            seen.setdefault(hit["conversation"], None)
    sized = sorted((client.call("GET", f"/conversations/{one}?limit=1")["total"], one) for one in seen)
    fitting = [found for found in sized if found[0] >= at_least]
    return fitting[0] if fitting else sized[-1]


def conversations(client, runs):
    """The time to read all of one in pages, and to open it as the page does."""
    total, which = longest(client)

    def whole():
        before, read = "", 0
        while True:
            page = client.call("GET", f"/conversations/{which}?limit=200{before}")
            read += len(page["items"])
            if not page["more_before"]:
                return read
            before = f"&before={page['items'][0]['id']}"

    def opened():
        return len(client.call("GET", f"/conversations/{which}")["items"])

    for what, read in (("all of it, in pages of 200", whole), ("its newest page", opened)):
        times = []
        for _ in range(runs):
            start = time.perf_counter()
            count = read()
            times.append((time.perf_counter() - start) * 1000)
        times.sort()
        print(f"| conversation of {total} messages | {what} ({count}) | {times[len(times) // 2]:.1f} | {times[-1]:.1f} |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("archive", type=Path)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    server = subprocess.Popen([LETOPIS, "--archive", options.archive, "serve", "--listen", "127.0.0.1:0", "--log", "warning", "--rate", "search=0,read=0,export=0"], stdout=subprocess.PIPE, text=True)
    try:
        printed = server.stdout.readline()
        port = int(re.search(r":(\d+)$", printed.strip())[1])
        printed += server.stdout.readline() + server.stdout.readline()
        token = re.search(r"token=(\w+)", printed)[1]
        time.sleep(3)
        memory = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{server.pid}/status").read_text())[1]
        owner = Client(port)
        state = owner.call("GET", "/setup?token=" + token)
        if state["state"] == "sheet":
            owner.call("POST", "/setup/sheet", {"token": token, "code": state["sheet"]})
        enter(owner, "/setup/user", {"login": "bench", "name": "Bench", "password": "синий кит ест снег"}, token=token)
        everything = owner.call("POST", "/tokens", {"name": "all", "rights": ["search", "read"]})["secret"]
        clients, share, total = [], 0, owner.call("GET", "/search?limit=1&q=")["total"]
        for one in owner.call("GET", "/clients?limit=200")["items"]:
            if share + one["messages"] > total * 0.06:
                continue
            clients.append(one["addresses"][0]["address"])
            share += one["messages"]
            if share > total * 0.045:
                break
        invited = owner.call("POST", "/users", {"login": "part", "name": "Part", "grants": [{"role": "supervisor", "scope": {"clients": clients}}]})
        part = Client(port)
        enter(part, invited["invite"], {"password": "синий кит ест снег"})
        scoped = part.call("POST", "/tokens", {"name": "part", "rights": ["search", "read"]})["secret"]
        seen = Client(port, scoped).call("GET", "/search?limit=1&q=")["total"]
        print(f"{total} messages; one person sees {seen} of them ({100 * seen / total:.1f} %, {len(clients)} addresses); idle memory {int(memory) // 1024} MiB\n")
        print("| who | people | each asks again | p50 ms | p99 ms | searches/s |\n|---|---:|---|---:|---:|---:|")
        for name, secret in (("sees all", everything), ("sees a part", scoped)):
            load.run(port, secret, 1, 2)
            for people, pause in ((1, None), (20, None), (20, (0.5, 1.0))):
                row_of(name, people, pause, load.run(port, secret, people, options.seconds, pause))
        print("\n| what | how | p50 ms | longest ms |\n|---|---|---:|---:|")
        conversations(Client(port, everything), 20)
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
