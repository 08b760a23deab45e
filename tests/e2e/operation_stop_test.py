#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""SIGTERM while everything is in use: all of it comes to an end in order, in time, and nothing is lost."""
import os
import signal
import socket
import threading
import time

from harness import mail, main, mbox, wait_until
from server import API, Server, Serving, take, upload

SECONDS_MAX = 25  # the grace of requests is 10 s; the rest is for a busy machine


class Ending(Serving):
    def head(self, owner, method, path, more=""):
        cookie = "; ".join(f"{name}={value}" for name, value in owner.cookies.items())
        return f"{method} {API}{path} HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\nX-Letopis: 1\r\n{more}\r\n".encode()

    def open(self, data):
        peer = socket.create_connection(("127.0.0.1", self.server.port), timeout=30)
        self.addCleanup(peer.close)
        peer.sendall(data)
        return peer

    def drain(self, peer, into):
        try:
            while True:
                piece = peer.recv(65536)
                if not piece:
                    into["end"] = "closed"
                    return
                into["bytes"] = into.get("bytes", b"") + piece
                time.sleep(into.get("pause", 0))
        except OSError as error:
            into["end"] = str(error)

    def test_an_upload_a_download_an_event_stream_and_an_import(self):
        owner = self.server.set_up()
        large = mail(1, "тяжёлое письмо " * 400_000, subject="Тяжёлое")
        take(owner, {"large.eml": large})
        seq = owner.get("/search", q="тяжёлое").json["hits"][0]["id"]
        letters = mbox([mail(100 + n, f"письмо ввоза {n}") for n in range(4000)])
        running = owner.post("/imports", {"uploads": [upload(owner, "many.mbox", letters)]}).json["id"]
        self.assertTrue(wait_until(lambda: owner.get("/imports/" + running).json["state"] == "running"))
        threads, streams = [], {}
        started = owner.post("/uploads", {"name": "slow.eml", "size": 10_000_000}).json["id"]
        feeding = self.open(self.head(owner, "PATCH", f"/uploads/{started}?offset=0", "Content-Type: application/octet-stream\r\nContent-Length: 10000000\r\n"))
        feeding.sendall(b"x" * 100_000)
        for name, path in (("events", "/events"), ("download", f"/messages/{seq}/source?download=1")):
            streams[name] = {"pause": 0.005 if name == "download" else 0}
            threads.append(threading.Thread(target=self.drain, args=(self.open(self.head(owner, "GET", path)), streams[name])))
            threads[-1].start()
        self.assertTrue(wait_until(lambda: all(streams[name].get("bytes") for name in streams)))
        idle = self.open(b"")
        began = time.monotonic()
        self.server.process.send_signal(signal.SIGTERM)
        self.assertTrue(wait_until(lambda: self.server.process.poll() is not None, SECONDS_MAX), "it does not end")
        took = time.monotonic() - began
        for thread in threads:
            thread.join(10)
        self.assertEqual(self.server.stop(), (0, ""))
        print(f"ended in {took:.1f} s")
        head, _, body = streams["download"]["bytes"].partition(b"\r\n\r\n")
        self.assertTrue(head.startswith(b"HTTP/1.1 200"), head)
        self.assertEqual(len(body), len(large), "a download that had begun came to its end")
        self.assertEqual(streams["events"]["end"], "closed")
        self.assertEqual(idle.recv(10), b"")
        self.assertTrue(any(line["event"] == "stopped" for line in self.server.log()))
        self.again(letters)

    def again(self, letters):
        """What was said to be stored is there, the books balance, and the same import completes it."""
        self.assertTrue(self.box.verify()["ok"])
        self.assertEqual([source for source in self.box.books() if not source["balanced"]], [])
        result = self.box.take(self.box.write("many.mbox", letters))
        self.assertEqual(result["stored"] + result["duplicates"], 4000, result)
        self.assertEqual(self.box.total("ввоза"), 4000)
        self.assertEqual(self.box.total("тяжёлое"), 1)

    def test_a_stream_of_events_does_not_hold_it_and_nobody_is_let_in(self):
        owner = self.server.set_up()
        events = self.open(self.head(owner, "GET", "/events"))
        events.recv(100)
        self.server.process.send_signal(signal.SIGTERM)
        self.assertTrue(wait_until(lambda: self.server.process.poll() is not None, SECONDS_MAX))
        self.assertEqual(self.server.process.returncode, 0)
        with self.assertRaises(OSError):
            socket.create_connection(("127.0.0.1", self.server.port), timeout=2)
        self.assertEqual(self.server.stop(), (0, ""))

    def test_the_service_manager_is_told(self):
        self.server.stop()
        path = self.box.path("notify")
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(listener.close)
        listener.bind(path)
        listener.settimeout(20)
        self.server = Server(self.box, NOTIFY_SOCKET=path)
        self.assertEqual(listener.recv(1000), b"READY=1\nSTATUS=serving")
        self.assertEqual(self.server.client().get("/health").status, 200)
        self.assertEqual(listener.recv(1000), b"WATCHDOG=1")
        self.assertEqual(listener.recv(1000), b"WATCHDOG=1")
        os.kill(self.server.process.pid, signal.SIGTERM)
        while (said := listener.recv(1000)) == b"WATCHDOG=1":
            pass
        self.assertEqual(said, b"STOPPING=1\nSTATUS=ending")
        self.server.process.wait(SECONDS_MAX)
        self.assertEqual(self.server.stop()[0], 0)


if __name__ == "__main__":
    main()
