#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""What it costs that no answer leaves before its record is durable: the waits of a running server under 1, 8 and 20 people at once, out of its
own /metrics. Prints Markdown. Uses an archive that `letopis import` has filled (it gets an owner).

  bench/audit.py ARCHIVE [--seconds N]
"""
import argparse
import random
import re
import subprocess
import threading
import time
import urllib.parse
from pathlib import Path

from load import query
from serve import LETOPIS, Client, enter


def waits(client):
    """Upper limit in milliseconds -> how many answers waited no longer; None: all of them."""
    client.connection.request("GET", "/api/v1/metrics", headers=client.headers)
    text = client.connection.getresponse().read().decode()
    found = {float(limit) * 1000 if limit != "+Inf" else None: int(count)
             for limit, count in re.findall(r'letopis_access_record_seconds_bucket\{le="([^"]+)"\} (\d+)', text)}
    return found


def quantile(before, after, share):
    """The smallest limit below which this share of the answers waited."""
    counts = {limit: after[limit] - before[limit] for limit in after}
    for limit in sorted(limit for limit in counts if limit is not None):
        if counts[limit] >= share * counts[None]:
            return f"≤ {limit:g}"
    return "> 100"


def person(port, token, ids, seconds, number):
    client, dice, end = Client(port, token), random.Random(number), time.monotonic() + seconds
    while time.monotonic() < end:
        client.call("GET", "/search?limit=20&q=" + urllib.parse.quote(query(dice)))
        client.call("GET", f"/messages/{dice.choice(ids)}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("archive", type=Path)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    server = subprocess.Popen([LETOPIS, "--archive", options.archive, "serve", "--listen", "127.0.0.1:0", "--log", "warning", "--rate", "search=0,read=0,export=0"], stdout=subprocess.PIPE, text=True)
    try:
        printed = server.stdout.readline() + server.stdout.readline() + server.stdout.readline()
        port, token = int(re.search(r":(\d+)$", printed.split("\n")[0])[1]), re.search(r"token=(\w+)", printed)[1]
        owner = Client(port)
        state = owner.call("GET", "/setup?token=" + token)
        if state["state"] == "sheet":
            owner.call("POST", "/setup/sheet", {"token": token, "code": state["sheet"]})
        enter(owner, "/setup/user", {"login": "bench", "name": "Bench", "password": "синий кит ест снег"}, token=token)
        secret = owner.call("POST", "/tokens", {"name": "all", "rights": ["search", "read", "integrity_view"]})["secret"]
        reader = Client(port, secret)
        ids = [hit["id"] for hit in reader.call("GET", "/search?limit=100&q=")["hits"]]
        print("| people at once | answers | wait for the record, p50 ms | p95 ms | p99 ms |\n|---:|---:|---:|---:|---:|")
        for people in (1, 8, 20):
            before = waits(reader)
            threads = [threading.Thread(target=person, args=(port, secret, ids, options.seconds, number)) for number in range(people)]
            [one.start() for one in threads]
            [one.join() for one in threads]
            after = waits(reader)
            print(f"| {people} | {after[None] - before[None]} | {quantile(before, after, 0.5)} | {quantile(before, after, 0.95)} | {quantile(before, after, 0.99)} |", flush=True)
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
