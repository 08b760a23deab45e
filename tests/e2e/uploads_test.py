#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""What comes in through the browser: sealed from the first byte, taken up again after every break, searchable while it is imported, and tried again
where something was refused."""
import json
import os
import random
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import time

from harness import LETOPIS, LONG, ROOT, Box, call, environment, mail, main, mbox, multipart, sha256, stop, tree_memory, wait_until
from server import API, Server, Serving, take, upload

sys.path.insert(0, os.path.join(ROOT, "tests", "durability"))
from canary_test import Scanner, word  # noqa: E402

DAY = 86_400


class Restarted(Serving):
    """A server that is killed and started again in the middle of things."""

    def setUp(self):
        super().setUp()
        self.owner = self.server.set_up()

    def again(self, how=signal.SIGKILL, environment_more=None, meanwhile=lambda: None):
        if how == signal.SIGKILL:
            stop(self.server.process)
            self.server.process.communicate()
        else:
            self.end(self)
        meanwhile()
        cookies = self.owner
        self.server = Server(self.box, **(environment_more or {}))
        self.owner = self.server.client()
        self.owner.cookies, self.owner.secret, self.owner.last_step, self.owner.recovery = cookies.cookies, cookies.secret, cookies.last_step, cookies.recovery

    def begun(self, name, size):
        return self.assertDone(self.owner.post("/uploads", {"name": name, "size": size}), 201)["id"]

    def at(self, upload_id):
        return self.assertDone(self.owner.get("/uploads/" + upload_id))["offset"]

    def settled(self, upload_id):
        """Where it stands once the server has noticed that nobody sends any more."""
        at = -1
        while at != self.at(upload_id):
            at = self.at(upload_id)
            time.sleep(0.5)
        return at

    def write(self, upload_id, offset, data):
        return self.assertDone(self.owner.call("PATCH", f"/uploads/{upload_id}?offset={offset}", raw=data))["offset"]

    def start(self, *uploads, **more):
        return self.assertDone(self.owner.post("/imports", {"uploads": list(uploads), **more}), 202)["id"]

    def wait(self, import_id, seconds=120):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            answer = self.owner.get("/imports/" + import_id)
            if answer.status == 200 and answer.json["state"] in ("done", "failed", "stopped"):
                return answer.json
            time.sleep(0.05)
        self.fail(f"the import does not end: {answer}")

    def hits(self, query):
        return self.assertDone(self.owner.get("/search", q=query, limit=100))["total"]

    def spool(self):
        folder = os.path.join(self.box.archive, "uploads")
        return sorted(os.listdir(folder)) if os.path.isdir(folder) else []


def begin_patch(client, upload_id, offset, size):
    """A PATCH whose body is still to come."""
    connection = socket.create_connection(("127.0.0.1", client.server.port), timeout=30)
    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    connection.sendall((f"PATCH {API}/uploads/{upload_id}?offset={offset} HTTP/1.1\r\nHost: 127.0.0.1:{client.server.port}\r\nX-Letopis: 1\r\nCookie: {cookie}\r\n"
                        f"Content-Type: application/octet-stream\r\nContent-Length: {size}\r\n\r\n").encode())
    return connection


def reset(connection):
    """Gone without a word, as a killed browser is."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class Broken(Restarted):
    def test_a_killed_browser_goes_on_where_it_was(self):
        data = mbox([mail(n, f"обрыв {n} " + "слово " * 400) for n in range(300)])
        one, at = self.begun("broken.mbox", len(data)), 0
        dice = random.Random(7)
        for step in range(8):
            connection = begin_patch(self.owner, one, at, len(data) - at)
            send = min(len(data) - at, dice.randrange(1, 400_000))
            connection.sendall(data[at:at + send])
            if step % 2:
                time.sleep(0.2)
                reset(connection)
            else:
                connection.shutdown(socket.SHUT_WR)
                connection.close()
            before, at = at, self.settled(one)
            self.assertLessEqual(at, before + send, "more was acknowledged than was sent")
            self.assertGreaterEqual(at, before)
            if step % 3 == 2:
                self.again()
                self.assertEqual(self.at(one), at, "a restarted server stands elsewhere")
        self.write(one, at, data[at:])
        view = self.wait(self.start(one))
        self.assertEqual((view["state"], view["stored"], view["refused"]), ("done", 300, 0), view)
        self.assertEqual(view["verified"], {"ok": True, "records": 300, "problem": ""})
        for number in (0, 150, 299):
            hit = self.assertDone(self.owner.get("/search", q=f'"обрыв {number}"'))["hits"][0]["id"]
            self.assertIn(f"обрыв {number} ".encode(), self.owner.get(f"/messages/{hit}/source").body)
        self.assertEqual(self.spool(), [])

    def test_the_bytes_are_those_that_were_sent(self):
        """One letter, so that its source is the upload, byte for byte."""
        data = multipart(1, ("noise.bin", "application/octet-stream", random.Random(3).randbytes(3_000_000)), subject="Шум")
        one, at, step = self.begun("noise.eml", len(data)), 0, 0
        while at < len(data):
            size = (1, 16384, 16385, 262_143, 262_144, 262_145, 700_001)[step % 7]
            at = self.write(one, at, data[at:at + size])
            step += 1
            if step in (3, 9):
                self.again()
                self.assertEqual(self.at(one), at)
        self.wait(self.start(one))
        hit = self.assertDone(self.owner.get("/search", q="subject:Шум"))["hits"][0]["id"]
        self.assertEqual(sha256(self.owner.get(f"/messages/{hit}/source").body), sha256(data))

    def test_the_newer_of_two_requests_goes_on(self):
        """The connection of a killed browser may stay open for a long time; it must not hold the upload."""
        data = mail(1, "две вкладки " * 60_000)
        one = self.begun("two.eml", len(data))
        old = begin_patch(self.owner, one, 0, len(data))
        old.sendall(data[:400_000])
        self.assertTrue(wait_until(lambda: self.at(one) == 262_144), self.at(one))
        self.assertEqual(self.write(one, 262_144, data[262_144:]), len(data))
        try:
            old.sendall(data[400_000:])
            old.settimeout(20)
            self.assertIn(b" 409 ", old.recv(4096).split(b"\r\n")[0])
        except (ConnectionError, BrokenPipeError):
            pass
        old.close()
        self.assertEqual(self.at(one), len(data))
        self.wait(self.start(one))
        hit = self.assertDone(self.owner.get("/search", q="вкладки"))["hits"][0]["id"]
        self.assertEqual(sha256(self.owner.get(f"/messages/{hit}/source").body), sha256(data))

    def test_a_torn_end_is_cut_back_to_what_was_acknowledged(self):
        data = mail(2, "порванный хвост " * 50_000)
        one = self.begun("torn.eml", len(data))
        at = self.write(one, 0, data[:300_000])
        path = os.path.join(self.box.archive, "uploads", one)

        def tear():
            with open(path, "ab") as file:
                file.write(struct.pack("<I", 262_144) + os.urandom(100_000))

        self.again(meanwhile=tear)
        self.assertEqual(self.at(one), at)
        self.write(one, at, data[at:])
        self.wait(self.start(one))
        self.assertGreater(self.hits("порванный"), 0)

    def test_what_is_abandoned_goes_after_a_week(self):
        old, young = (self.begun(name, 1000) for name in ("old.eml", "young.eml"))
        for one in (old, young):
            self.write(one, 0, b"x" * 10)

        def age():
            for one, days in ((old, 8), (young, 6)):
                then = time.time() - days * DAY
                os.utime(os.path.join(self.box.archive, "uploads", one), (then, then))

        self.again(meanwhile=age)
        self.assertProblem(self.owner.get("/uploads/" + old), 404, "not_found")
        self.assertEqual(self.at(young), 10)
        self.assertEqual(self.spool(), [young])

    def test_what_an_older_version_left_in_clear_is_removed(self):
        folder = os.path.join(self.box.archive, "uploads")

        def leave():
            os.makedirs(os.path.join(folder, "up-0011223344556677"), exist_ok=True)
            with open(os.path.join(folder, "up-0011223344556677", "mail.mbox"), "wb") as file:
                file.write(mbox([mail(1)]))
            with open(os.path.join(folder, "up-8899aabbccddeeff"), "wb") as file:
                file.write(b"LTPSPOOL and then nothing of ours")

        self.again(meanwhile=leave)
        self.assertEqual(self.spool(), [])

    def test_an_import_goes_on_in_the_next_server(self):
        call("bench-data", "--kind", "mail", "--messages", "6000", self.box.path("big.mbox"))
        with open(self.box.path("big.mbox"), "rb") as file:
            data = file.read()
        one = upload(self.owner, "big.mbox", data)
        job = self.start(one)
        wait_until(lambda: self.owner.get("/imports/" + job).json["stored"] > 500, 60)
        self.again()
        view = self.wait(job)
        self.assertEqual((view["state"], view["stored"] + view["duplicates"], view["refused"]), ("done", 6000, 0), view)
        self.assertTrue(view["verified"]["ok"], view)
        total = self.assertDone(self.owner.get("/sources"))["total"]
        self.assertEqual((total["stored"], total["balanced"]), (6000, True), total)
        self.assertEqual(self.hits(""), 6000)
        self.assertEqual(self.spool(), [])

    def test_saying_it_twice_is_once(self):
        one = upload(self.owner, "twice.eml", mail(5, "дважды"))
        first, second = self.start(one), self.start(one)
        self.assertEqual(first, second)
        view = self.wait(first)
        self.assertEqual((view["stored"], view["duplicates"]), (1, 0), view)
        self.assertEqual(self.start(one), first, "an answer that was lost is asked for once more")


class Small(Serving):
    """A disk that is full: with less than the reserve of an archive, 1 GiB."""

    def setUp(self):
        folder = tempfile.mkdtemp(prefix="letopis-small-")
        self.addCleanup(shutil.rmtree, folder, True)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1140m", "tmpfs", folder], stderr=subprocess.DEVNULL, check=False).returncode != 0:
            self.skipTest("no tmpfs can be mounted here (needs root)")
        self.addCleanup(subprocess.run, ["umount", "-l", folder], check=False)
        self.folder = folder
        kept = os.environ.get("LETOPIS_E2E_DIR")
        os.environ["LETOPIS_E2E_DIR"] = folder
        self.addCleanup(lambda: os.environ.pop("LETOPIS_E2E_DIR") if kept is None else os.environ.update(LETOPIS_E2E_DIR=kept))
        self.begin(self, self.addCleanup)
        self.owner = self.server.set_up()

    def fill(self, leave):
        space = os.statvfs(self.folder)
        with open(os.path.join(self.folder, "filler"), "wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(1, space.f_bavail * space.f_frsize - leave))

    def test_a_full_disk_says_507_and_loses_nothing(self):
        data = mail(1, "полный диск " * 300_000)
        one = self.assertDone(self.owner.post("/uploads", {"name": "full.eml", "size": len(data)}), 201)["id"]
        at = self.assertDone(self.owner.call("PATCH", f"/uploads/{one}?offset=0", raw=data[:1_000_000]))["offset"]
        self.fill((1 << 30) + (1 << 20))
        self.assertProblem(self.owner.call("PATCH", f"/uploads/{one}?offset={at}", raw=data[at:]), 507, "no_space")
        self.assertProblem(self.owner.post("/uploads", {"name": "more.eml", "size": 5_000_000}), 507, "no_space")
        stands = self.assertDone(self.owner.get("/uploads/" + one))["offset"]
        self.assertGreaterEqual(stands, at)
        self.assertLess(stands, len(data))
        os.remove(os.path.join(self.folder, "filler"))
        self.assertEqual(self.assertDone(self.owner.call("PATCH", f"/uploads/{one}?offset={stands}", raw=data[stands:]))["offset"], len(data))
        job = self.assertDone(self.owner.post("/imports", {"uploads": [one]}), 202)["id"]
        self.assertTrue(wait_until(lambda: self.owner.get("/imports/" + job).json["state"] == "done", 60))
        hit = self.assertDone(self.owner.get("/search", q="полный"))["hits"][0]["id"]
        self.assertEqual(sha256(self.owner.get(f"/messages/{hit}/source").body), sha256(data))

    def test_an_import_that_finds_no_room_keeps_the_files(self):
        call("bench-data", "--kind", "mail", "--messages", "4000", self.box.path("big.mbox"))
        with open(self.box.path("big.mbox"), "rb") as file:
            data = file.read()
        os.remove(self.box.path("big.mbox"))
        one = upload(self.owner, "big.mbox", data)
        self.fill(1 << 30)
        job = self.assertDone(self.owner.post("/imports", {"uploads": [one]}), 202)["id"]
        self.assertTrue(wait_until(lambda: self.owner.get("/imports/" + job).json["state"] == "failed", 60), self.owner.get("/imports/" + job))
        os.remove(os.path.join(self.folder, "filler"))
        self.assertEqual(self.assertDone(self.owner.get("/uploads/" + one))["offset"], len(data))
        job = self.assertDone(self.owner.post("/imports", {"uploads": [one]}), 202)["id"]
        self.assertTrue(wait_until(lambda: self.owner.get("/imports/" + job).json["state"] == "done", 120))
        view = self.owner.get("/imports/" + job).json
        self.assertEqual((view["stored"] + view["duplicates"], view["verified"]["ok"]), (4000, True), view)


class Sealed(Restarted):
    def test_no_word_of_an_upload_is_on_the_disk(self):
        dice = random.Random(20261122)
        canaries = [word(dice) for _ in range(120)]
        letters = [mail(n, f"Добрый день, {canaries[2 * n]}. " * 30, subject=f"О деле {canaries[2 * n + 1]}", domain=f"d{n}.example") for n in range(50)]
        call("bench-data", "--kind", "mail", "--messages", "4000", self.box.path("..", "letopis-noise.mbox"))
        noise = self.box.path("..", "letopis-noise.mbox")
        self.addCleanup(os.remove, noise)
        with open(noise, "rb") as file:
            data = mbox(letters) + file.read()
        name = f"{canaries[100]}/{canaries[101]}.mbox"
        scanner, found = Scanner(canaries), []

        def scan(when):
            found.extend(f"{when}: {hit}" for hit in scanner.scan(self.box.archive))

        one = self.begun(name, len(data))
        half = len(data) // 2
        self.write(one, 0, data[:half])
        scan("while it is uploaded")
        connection = begin_patch(self.owner, one, half, len(data) - half)
        connection.sendall(data[half:half + 100_000])
        time.sleep(0.2)
        self.again(meanwhile=lambda: scan("behind a kill while it was uploaded"))
        connection.close()
        at = self.settled(one)
        self.write(one, at, data[at:])
        other = upload(self.owner, f"{canaries[102]}.msg", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + canaries[103].encode("utf-16-le") * 50)
        job = self.start(one, other)
        stopped, copies = threading.Event(), 0

        def watch():
            nonlocal copies
            while not stopped.is_set() and copies < 8:
                scan("while it is imported")
                copies += 1
                time.sleep(0.1)

        watcher = threading.Thread(target=watch)
        watcher.start()
        wait_until(lambda: self.owner.get("/imports/" + job).json["stored"] > 300, 60)
        self.again(meanwhile=lambda: scan("behind a kill while it was imported"))
        view = self.wait(job)
        stopped.set()
        watcher.join()
        scan("when it is over")
        self.assertEqual((view["state"], view["stored"] + view["duplicates"], view["refused"]), ("done", 4050, 1), view)
        self.assertGreater(self.hits(canaries[0]), 0)
        scan("when it was found")
        print(f"{len(canaries)} canaries in {scanner.forms} forms, {scanner.bytes >> 20} MiB scanned: {len(found)} hits", flush=True)
        self.assertEqual(found, [])
        self.assertGreater(scanner.bytes, 3_000_000)
        # What was refused is kept, sealed; nothing else is.
        self.assertEqual(len(self.spool()), 3)
        for name in self.spool():
            self.assertEqual(stat.S_IMODE(os.stat(os.path.join(self.box.archive, "uploads", name)).st_mode), 0o600)

    def test_every_kind_comes_in_from_a_sealed_file(self):
        """Readers that jump about (a ZIP, a chat export that is surveyed first) read the same from a sealed file as from a disk."""
        sample = os.path.join(ROOT, "tests", "sample")
        folder = self.box.path("bring")
        for part in ("mail", "telegram", "whatsapp", "site-chat"):
            shutil.copytree(os.path.join(sample, part), os.path.join(folder, part))
        shutil.make_archive(self.box.path("mails"), "zip", os.path.join(sample, "mail"))
        shutil.move(self.box.path("mails.zip"), os.path.join(folder, "mails.zip"))
        files = {}
        for where, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(where, name)
                with open(path, "rb") as file:
                    files[os.path.relpath(path, folder)] = file.read()
        view = take(self.owner, {name: data for name, data in files.items() if data}, zone="Europe/Moscow")
        self.assertEqual(view["state"], "done", view)
        with Boxed() as box:
            told = box.take("--zone", "Europe/Moscow", *(os.path.join(folder, name) for name in sorted(os.listdir(folder))), expect=None)
            self.assertEqual([view[name] for name in ("seen", "stored", "duplicates", "refused")], [told[name] for name in ("seen", "stored", "duplicates", "refused")], (view, told))
        self.assertTrue(view["verified"]["ok"], view)


class Boxed(Box):
    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Running(Restarted):
    def test_a_search_finds_what_is_in_while_the_rest_comes(self):
        count = 120_000 if LONG else 60_000
        call("bench-data", "--kind", "short", "--messages", str(count), self.box.path("many.jsonl"))
        with open(self.box.path("many.jsonl"), "rb") as file:
            data = file.read()
        one = upload(self.owner, "many.jsonl", data)
        job, seen = self.start(one), []
        while True:
            found = self.owner.get("/search", q="")
            view = self.owner.get("/imports/" + job).json
            if view["state"] not in ("waiting", "running"):
                break
            if found.status == 200:
                seen.append((found.json["total"], view["searchable"], view["stored"]))
                self.assertLessEqual(found.json["total"], view["stored"], "more is found than is stored")
                for hit in found.json["hits"][:2]:
                    self.assertDone(self.owner.get(f"/messages/{hit['id']}"))
            time.sleep(0.1)
        totals = [total for total, _, _ in seen]
        self.assertEqual(totals, sorted(totals), "what was found is found no more")
        self.assertGreater(max(totals, default=0), 0, "nothing was found before the import was over")
        view = self.wait(job)
        self.assertEqual((view["state"], view["stored"], view["searchable"]), ("done", count, count), view)
        self.assertEqual(self.hits(""), count)
        self.assertEqual(view["verified"], {"ok": True, "records": count, "problem": ""})
        print(f"found while it ran: {sorted(set(totals))} of {count}", flush=True)

    def test_a_large_upload_needs_little_memory(self):
        """1 GB in the long run, less in the short one: what is held does not grow with the file."""
        size = (1 << 30) if LONG else (96 << 20)
        piece, at, number, most, own = 4 << 20, 0, 0, 0, 0
        letter = mbox([mail(1, ("слово номер %d " % 1) * 4000)])
        one = self.begun("large.mbox", (size // len(letter)) * len(letter))
        total = (size // len(letter)) * len(letter)
        done = threading.Event()

        def watch():
            nonlocal most, own
            while not done.is_set():
                most = max(most, tree_memory(self.server.process.pid))
                own = max(own, resident(self.server.process.pid))
                time.sleep(0.2)

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            rest, letters = b"", 0
            while at < total:
                while len(rest) < piece and letters * len(letter) < total:
                    rest += letter.replace(b"<m1@", b"<%02x@" % (letters % 256))
                    letters += 1
                at = self.write(one, at, rest[:piece])
                rest = rest[piece:]
            while_uploading = own
            view = self.wait(self.start(one), 1800)
        finally:
            done.set()
            watcher.join()
        self.assertEqual((view["state"], view["seen"], view["refused"]), ("done", total // len(letter), 0), view)
        print(f"{total >> 20} MiB: server {while_uploading >> 20} MiB while uploading, {own >> 20} MiB at most, {most >> 20} MiB all processes", flush=True)
        self.assertLess(most, 600 << 20)
        self.assertLess(while_uploading, 160 << 20)


def resident(pid):
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) << 10 for line in file if line.startswith("VmRSS:"))
    except (OSError, StopIteration):
        return 0


class Refused(Restarted):
    def broken_reader(self):
        """A parser that cannot read inputs, as one of a version that does not know them yet."""
        path = self.box.path("half-parser")
        real = os.path.join(os.path.dirname(LETOPIS), "letopis-parse")
        self.box.write("half-parser", f'#!/bin/sh\n[ "$1" = read ] && {{ cat > /dev/null; exit 1; }}\nexec {real} "$@"\n')
        os.chmod(path, 0o755)
        return {"LETOPIS_PARSE": path}

    def books(self):
        listed = self.assertDone(self.owner.get("/sources"))
        for one in [*listed["items"], listed["total"]]:
            self.assertTrue(one["balanced"], one)
            self.assertEqual(one["seen"], one["stored"] + one["duplicates"] + one["refused"] + one["pending"], one)
        return listed

    def retry(self, source):
        return self.wait(self.assertDone(self.owner.post(f"/sources/{source['id']}/retry", {}), 202)["id"])

    def test_what_was_refused_is_taken_when_it_can_be_read(self):
        self.again(environment_more=self.broken_reader())
        letters = mbox([mail(n, "вторая попытка", domain=f"retry{n}.example") for n in range(5)])
        view = take(self.owner, {"late.mbox": letters, "plain.eml": mail(77, "обычное")})
        self.assertEqual((view["state"], view["seen"], view["stored"], view["refused"]), ("done", 2, 1, 1), view)
        before = next(one for one in self.books()["items"] if one["refused"])
        self.assertTrue(before["retry_until"], before)
        self.assertEqual(len(self.assertDone(self.owner.get(f"/sources/{before['id']}/refusals"))["items"]), 1)
        # Still refused: counted once.
        again = self.retry(before)
        self.assertEqual((again["state"], again["refused"]), ("done", 1), again)
        self.assertEqual(self.books()["total"]["refused"], 1)
        # A better parser, in the next server.
        self.again()
        self.assertEqual(self.books()["total"]["refused"], 1)
        now = self.retry(next(one for one in self.books()["items"] if one["refused"]))
        self.assertEqual((now["state"], now["stored"], now["duplicates"], now["refused"]), ("done", 5, 1, 0), now)
        listed = self.books()
        self.assertEqual((listed["total"]["stored"], listed["total"]["refused"]), (6, 0), listed["total"])
        self.assertEqual([one["retry_until"] for one in listed["items"]], [None] * len(listed["items"]))
        self.assertEqual(self.assertDone(self.owner.get(f"/sources/{before['id']}/refusals"))["items"], [])
        self.assertEqual(self.hits("попытка"), 5)
        self.assertEqual(self.spool(), [])
        self.assertProblem(self.owner.post(f"/sources/{before['id']}/retry", {}), 404)
        self.assertTrue(self.box_books_equal_after_rebuild())

    def box_books_equal_after_rebuild(self):
        before = self.books()
        self.again(how=signal.SIGTERM, meanwhile=lambda: self.box.run("rebuild", "catalog"))
        strip = lambda listed: json.dumps([{k: v for k, v in one.items() if k != "last"} for one in listed["items"]], sort_keys=True)
        return strip(before) == strip(self.books())

    def test_it_is_kept_for_a_month(self):
        view = take(self.owner, {"old.msg": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 5000})
        self.assertEqual(view["refused"], 1, view)
        source = next(one for one in self.books()["items"] if one["refused"])
        self.assertEqual(len(self.spool()), 2)
        self.again()
        self.assertTrue(next(one for one in self.books()["items"] if one["refused"])["retry_until"])
        self.assertProblem(self.owner.post("/sources/zz/retry", {}), 404)
        self.assertEqual(self.retry(source)["refused"], 1)
        self.assertEqual((self.books()["total"]["refused"], self.books()["total"]["seen"]), (1, 1))


if __name__ == "__main__":
    main()
