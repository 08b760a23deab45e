#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""How much one caller may ask, and what those are told whom the server refuses before it knows a route: over plain sockets."""
import socket
import struct
import threading
import time

from harness import main, wait_until
from server import API, Answer, Filled, Serving

PROTECTION = {"Content-Security-Policy": "frame-ancestors 'none'", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
              "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin"}


class Rates(Filled):
    options = ("--rate", "search=6,read=5,export=2")

    def spend(self, ask, most):
        """Asks until it is refused; how often it was answered, and the refusal."""
        for done in range(most + 1):
            answer = ask()
            if answer.status == 429:
                return done, answer
        self.fail(f"{most + 1} answers and no limit")

    def test_each_kind_has_its_own_and_others_are_not_touched(self):
        one = self.one("subject:Оплата")
        message = f"/messages/{one}"
        done, refused = self.spend(lambda: self.owner.get(message, ), 5)
        self.assertProblem(refused, 429, "too_many")
        self.assertEqual(done, 5)
        self.assertLessEqual(int(refused.header("Retry-After")), 12)
        self.assertGreater(int(refused.header("Retry-After")), 0)
        self.assertEqual(self.spend(lambda: self.owner.call("GET", message + "/source?download=1"), 2)[0], 2)
        self.assertLessEqual(self.spend(lambda: self.owner.get("/search", q="скидка"), 6)[0], 5)
        for path in ("/session", "/archive", "/metrics", "/imports"):
            self.assertDone(self.owner.call("GET", path)) if path != "/metrics" else self.assertEqual(self.owner.get(path).status, 200)
        token = self.assertDone(self.owner.post("/tokens", {"name": "другая", "rights": ["search"]}), 201)["secret"]
        program = self.server.client().call("GET", "/search?q=x", headers={"Authorization": "Bearer " + token})
        self.assertEqual(program.status, 200, "a program counts for itself")
        # The bucket fills again: six a minute is one in ten seconds.
        self.assertTrue(wait_until(lambda: self.owner.get("/search", q="x").status == 200, 15))
        self.assertIn(429, [line["status"] for line in self.server.log("request")])


def talk(port, data, seconds=20, slowly=False):
    """Sends and reads until the server ends it; the answers' bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as peer:
        try:
            for piece in ([data[i:i + 1] for i in range(len(data))] if slowly else [data]):
                peer.sendall(piece)
                if slowly:
                    time.sleep(0.02)
        except OSError:
            pass
        got = b""
        try:
            while True:
                piece = peer.recv(65536)
                if not piece:
                    return got
                got += piece
        except (ConnectionResetError, socket.timeout):
            return got


def answer_of(got):
    head, _, body = got.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    return Answer(int(lines[0].split(" ")[1]), [tuple(line.split(": ", 1)) for line in lines[1:]], body)


class Refused(Serving):
    shared = True

    def assertRefused(self, data, status, **more):
        answer = answer_of(talk(self.server.port, data, **more))
        problem = self.assertProblem(answer, status)
        self.assertEqual(int(answer.header("Content-Length")), len(answer.body), data[:60])
        for name, value in PROTECTION.items():
            self.assertIn(value, answer.header(name), f"{status} {data[:60]}: {name}")
        self.assertEqual(answer.header("Server"), "")
        self.assertTrue(problem["id"])
        return answer

    def test_malformed_heads(self):
        host = b"Host: x\r\n"
        for data, status in (
                (b"\x00\x01\x02\x03\r\n\r\n", 400), (b"GET\r\n\r\n", 400), (b"GET / HTTP/9.9\r\n" + host + b"\r\n", 505), (b"GET  / HTTP/1.1\r\n" + host + b"\r\n", 400),
                (b"GET / HTTP/1.1\r\n\r\n", 400), (b"GET / HTTP/1.1\r\n" + host + host + b"\r\n", 400), (b"GET / HTTP/1.1\r\n" + host + b" folded: x\r\n\r\n", 400),
                (b"GET / HTTP/1.1\r\n" + host + b"bad name: x\r\n\r\n", 400), (b"GET / HTTP/1.1\r\n" + host + b"X: a\x00b\r\n\r\n", 400), (b"GET /%zz HTTP/1.1\r\n" + host + b"\r\n", 400),
                (b"GET / HTTP/1.1\r\n" + host + b"X : a\r\n\r\n", 400), (b"GET /../../etc/passwd HTTP/1.1\r\n" + host + b"\r\n", 400),
                (b"POST /x HTTP/1.1\r\n" + host + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef", 400), (b"POST /x HTTP/1.1\r\n" + host + b"Content-Length: -1\r\n\r\n", 400),
                (b"POST /x HTTP/1.1\r\n" + host + b"Content-Length: 0x5\r\n\r\nabcde", 400), (b"POST /x HTTP/1.1\r\n" + host + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
                (b"POST /x HTTP/1.1\r\n" + host + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501), (b"POST /x HTTP/1.1\r\n" + host + b"Transfer-Encoding: chunked, identity\r\n\r\n", 400),
                (b"GET / HTTP/1.1\r\n" + host + b"A: " + b"a" * 20000 + b"\r\n\r\n", 431), (b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\n" + host + b"\r\n", 414),
                (b"GET / HTTP/1.1\r\n" + host + b"".join(b"A%d: a\r\n" % i for i in range(200)) + b"\r\n", 431)):
            with self.subTest(data=data[:70]):
                got = answer_of(talk(self.server.port, data))
                self.assertIn(got.status, {status, 400, 404, 414, 431, 501, 505}, got)
                if got.status != 404:
                    self.assertRefused(data, got.status)
                self.assertLess(got.status, 600)

    def test_bodies_that_are_too_large(self):
        head = b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nX-Letopis: 1\r\nContent-Type: application/json\r\n"
        self.assertRefused(head + b"Content-Length: 9999999999\r\n\r\n", 413)
        self.assertRefused(head + b"Content-Length: 99999999999999999999999999\r\n\r\n", answer_of(talk(self.server.port, head + b"Content-Length: 99999999999999999999999999\r\n\r\n")).status)
        self.assertRefused(head + b"Transfer-Encoding: chunked\r\n\r\n" + (b"10000\r\n" + b"a" * 65536 + b"\r\n") * 40 + b"0\r\n\r\n", 413)
        self.assertRefused(head + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n", 400)
        self.assertRefused(head + b"Transfer-Encoding: chunked\r\n\r\n5;" + b"x" * 70000 + b"\r\nhello\r\n0\r\n\r\n", 400)

    def test_a_head_that_drips_is_ended_and_others_are_served_meanwhile(self):
        """The slow loris: many connections, each a byte now and then."""
        peers = [socket.create_connection(("127.0.0.1", self.server.port), timeout=30) for _ in range(60)]
        stop = threading.Event()

        def drip():
            sent = 0
            text = b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 1000
            while not stop.is_set() and sent < len(text):
                for peer in peers:
                    try:
                        peer.sendall(text[sent:sent + 1])
                    except OSError:
                        pass
                sent += 1
                time.sleep(0.5)

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            began = time.monotonic()
            for _ in range(10):
                self.assertEqual(self.server.client().get("/health").status, 200)
            self.assertLess(time.monotonic() - began, 5)
            answer = answer_of(peers[0].recv(65536))
            self.assertEqual(answer.status, 408, answer)
            self.assertLess(time.monotonic() - began, 20)
            for name, value in PROTECTION.items():
                self.assertIn(value, answer.header(name))
        finally:
            stop.set()
            thread.join()
            for peer in peers:
                peer.close()

    def test_too_many_connections_are_told_so(self):
        peers = [socket.create_connection(("127.0.0.1", self.server.port), timeout=30) for _ in range(128)]
        try:
            self.assertTrue(wait_until(lambda: talk(self.server.port, b"", 3)[9:12] == b"503"))
            answer = answer_of(talk(self.server.port, b""))
            self.assertProblem(answer, 503, "unavailable")
            self.assertEqual(answer.header("Retry-After"), "1")
            for name, value in PROTECTION.items():
                self.assertIn(value, answer.header(name))
        finally:
            for peer in peers:
                peer.close()
        self.assertTrue(wait_until(lambda: self.alive()))

    def alive(self):
        try:
            return self.server.client().get("/health").status == 200
        except OSError:
            return False

    def test_peers_that_break_off(self):
        for data in (b"", b"G", b"GET / HTTP/1.1\r\n", b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc"):
            for _ in range(5):
                with socket.create_connection(("127.0.0.1", self.server.port), timeout=10) as peer:
                    peer.sendall(data)
                    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset
        self.assertTrue(self.alive())

    def test_tokens_and_cookies_that_are_none(self):
        for header in ("Bearer", "Bearer ", "Bearer x", "Bearer " + "a" * 8000, "bearer x", "Basic b2xnYTp4", "Bearer \xff\xfe", "Bearer lt_" + "0" * 64):
            answer = self.server.client().call("GET", "/session", headers={"Authorization": header})
            self.assertProblem(answer, 401, "unauthenticated")
        for cookie in ("letopis=", "letopis=x", "letopis=" + "0" * 64, "letopis=" + "z" * 64, "letopis=a; letopis=b", "=;=;;;", "letopis"):
            self.assertProblem(self.server.client().call("GET", "/session", headers={"Cookie": cookie}), 401)


class Policies(Filled):
    def test_everything_that_strangers_wrote_has_a_policy_of_its_own(self):
        letter, files = self.one("subject:Таблица"), self.one("subject:Вложения")
        for path in (f"/messages/{letter}/source", f"/messages/{letter}/html", f"/messages/{files}/attachments/0", f"/messages/{files}/attachments/1?view=1", f"/messages/{files}/source?download=1"):
            answer = self.owner.call("GET", path)
            self.assertEqual(answer.status, 200, answer)
            policy = dict((part.strip().partition(" ")[::2]) for part in answer.header("Content-Security-Policy").split(";"))
            self.assertEqual((policy["default-src"], policy["base-uri"], policy["form-action"], policy["frame-ancestors"]), ("'none'", "'none'", "'none'", "'self'"), path)
            self.assertIn("sandbox", policy, path)
            self.assertNotIn("allow-scripts", policy["sandbox"])
            self.assertNotIn("allow-same-origin", policy["sandbox"])
            self.assertEqual(answer.header("X-Content-Type-Options"), "nosniff")


if __name__ == "__main__":
    main()
