#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The server under people: searches of twenty at a time over HTTP with the access log on, for one who sees everything and one who sees about
5 % of the correspondents; idle memory; a conversation. Prints Markdown. Uses an archive that `letopis import` has filled (it gets an owner).

  bench/serve.py ARCHIVE [--seconds N]
"""
import argparse
import http.client
import json
import multiprocessing
import re
import subprocess
import sys
import threading
import time
import urllib.parse
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
LETOPIS = ROOT / "build/release/letopis"
QUERIES = ["договор", "счёт", "оплата", "договор счёт", '"условия поставки"', "постав*", "договор OR счёт", "договор -оплата", "after:2025-01-01 договор", ""]
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


def person(port, token, seconds, found):
    client, times, end, i = Client(port, token), [], time.monotonic() + seconds, 0
    while time.monotonic() < end:
        query = QUERIES[i % len(QUERIES)]
        i += 1
        start = time.perf_counter()
        client.call("GET", "/search?limit=20&q=" + urllib.parse.quote(query))
        times.append((time.perf_counter() - start) * 1000)
    found += times


def crowd(port, token, seconds, people, queue):
    found = []
    threads = [threading.Thread(target=person, args=(port, token, seconds, found)) for _ in range(people)]
    [one.start() for one in threads]
    [one.join() for one in threads]
    queue.put(found)


def measure(port, token, seconds):
    queue = multiprocessing.Queue()
    crowds = [multiprocessing.Process(target=crowd, args=(port, token, seconds, 5, queue)) for _ in range(4)]
    [one.start() for one in crowds]
    times = sorted(sum((queue.get() for _ in crowds), []))
    [one.join() for one in crowds]
    return times[len(times) // 2], times[len(times) * 99 // 100], len(times) / seconds


def alone(port, token, seconds=5):
    found = []
    person(port, token, seconds, found)
    found.sort()
    return found[len(found) // 2], found[len(found) * 99 // 100], len(found) / seconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("archive", type=Path)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    server = subprocess.Popen([LETOPIS, "--archive", options.archive, "serve", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
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
        print("| who | at once | p50 ms | p99 ms | searches/s |\n|---|---:|---:|---:|---:|")
        for name, secret in (("sees all", everything), ("sees a part", scoped)):
            for people, run in ((1, alone), (20, measure)):
                p50, p99, rate = run(port, secret, options.seconds)
                print(f"| {name} | {people} | {p50:.1f} | {p99:.1f} | {rate:.0f} |", flush=True)
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
