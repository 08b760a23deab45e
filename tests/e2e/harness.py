# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the scenario tests share: an archive in a directory of its own, the real program run on it, and makers of mail and chats."""
import base64
import hashlib
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SAMPLE = os.path.join(ROOT, "tests", "sample")
LETOPIS = os.environ.get("LETOPIS", os.path.join(ROOT, "build", "release", "letopis"))
MUTANT_BINARY = os.environ.get("LETOPIS_MUTANT_BINARY", "")
SHARED_DATA = os.environ.get("LETOPIS_SHARED_DATA", os.path.join(os.path.dirname(ROOT), "shared", "data"))
LONG = bool(os.environ.get("LETOPIS_LONG"))

# Every command waits for syncs; processes are killed here, not machines, so memory is as good a disk as any (LETOPIS_E2E_DIR names another).
def place():
    chosen = os.environ.get("LETOPIS_E2E_DIR")
    if not chosen and os.access("/dev/shm", os.W_OK) and shutil.disk_usage("/dev/shm").free > 4 << 30:
        chosen = "/dev/shm"
    return chosen or tempfile.gettempdir()


# What a user must never see: a program that fell over instead of saying what is wrong.
CRASHES = ("terminate called", "what():", "Traceback", "core dumped", "Assertion", "AddressSanitizer", "runtime error:", "CHECK failed", "Segmentation")


def environment(**more):
    """The caller's environment without what would name another archive or key."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("LETOPIS_")}
    env.update({name: str(value) for name, value in more.items() if value is not None})
    return env


class Done:
    def __init__(self, arguments, code, out, err):
        self.arguments, self.code, self.out, self.err = arguments, code, out, err.decode("utf-8", "replace")

    @property
    def text(self):
        return self.out.decode("utf-8", "replace")

    def json(self):
        return json.loads(self.out)

    def __str__(self):
        return f"letopis {' '.join(map(str, self.arguments))}: exit code {self.code}\n{self.text[-1500:]}\n{self.err[-1500:]}"


def call(*arguments, expect=0, program=None, env=None, timeout=120, cwd=None, **popen):
    """Runs the program; `expect` is the exit code (None: any that is a sentence, not a crash)."""
    arguments = [os.fspath(argument) for argument in arguments]
    finished = subprocess.run([program or LETOPIS, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=environment(**(env or {})), timeout=timeout, cwd=cwd, **popen)
    done = Done(arguments, finished.returncode, finished.stdout, finished.stderr)
    if done.code < 0 or done.code > 4 or any(mark in done.err for mark in CRASHES):
        raise AssertionError(f"the program fell over: {done}")
    if expect is not None and done.code != expect:
        raise AssertionError(f"expected exit code {expect}: {done}")
    return done


class Box:
    """An archive and its key in a directory that goes away."""

    def __init__(self, init=True):
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="letopis-e2e-", dir=place()))
        self.archive = self.path("archive")
        self.key = self.path("key")
        if init:
            self.run("init")

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def options(self):
        return ["--archive", self.archive, "--key-file", self.key]

    def run(self, *arguments, **more):
        return call(*self.options(), *arguments, **more)

    def start(self, *arguments, program=None, env=None, **more):
        """The same without waiting; its output goes away unless asked for."""
        more.setdefault("stdout", subprocess.DEVNULL)
        more.setdefault("stderr", subprocess.DEVNULL)
        return subprocess.Popen([program or LETOPIS, *self.options(), *map(os.fspath, arguments)], stdin=subprocess.DEVNULL, env=environment(**(env or {})), **more)

    def write(self, name, data):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data if isinstance(data, bytes) else data.encode("utf-8"))
        return path

    def take(self, *arguments, expect=0, **more):
        """Imports and returns what the last line of its JSON says."""
        done = self.run("import", "--json", *arguments, expect=expect, **more)
        lines = done.text.split("\n")
        if len(lines) != 2 or lines[1]:
            raise AssertionError(f"not one line: {done}")
        result = json.loads(lines[0])
        if result["seen"] != result["stored"] + result["duplicates"] + result["refused"] + result["pending"]:
            raise AssertionError(f"does not balance: {done}")
        return result

    def search(self, query, *more):
        return self.run("search", "--json", "--limit", "1000", *more, "--", query).json()

    def total(self, query):
        return self.search(query, "--no-facets")["total"]

    def ids(self, query):
        return [hit["id"] for hit in self.search(query, "--no-facets")["hits"]]

    def show(self, seq, *more):
        return self.run("show", "--json", *more, str(seq)).json()

    def raw(self, seq):
        return self.run("show", "--raw", str(seq)).out

    def export(self, query="", name=None):
        """Every message as the JSON lines tell it."""
        out = self.path(name or f"export-{time.monotonic_ns()}.jsonl")
        self.run("export", "--as", "jsonl", query, out)
        with open(out, encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def books(self):
        return self.run("books", "--json").json()

    def verify(self, deep=True):
        return self.run("verify", "--json", *(["--deep"] if deep else []), expect=None).json()


def tree_memory(root):
    """Bytes of memory that a process and its children take; shared pages count once."""
    total, todo = 0, [root]
    while todo:
        process = todo.pop()
        try:
            with open(f"/proc/{process}/smaps_rollup", encoding="ascii") as file:
                total += sum(int(line.split()[1]) << 10 for line in file if line.startswith("Pss:"))
            for task in os.listdir(f"/proc/{process}/task"):
                with open(f"/proc/{process}/task/{task}/children", encoding="ascii") as file:
                    todo += [int(child) for child in file.read().split()]
        except OSError:
            pass  # it is gone
    return total


def counts(result):
    return tuple(result[name] for name in ("seen", "stored", "duplicates", "refused", "pending"))


class Scenario(unittest.TestCase):
    """One archive a class (`shared = True`) or a test."""
    shared = False

    @classmethod
    def setUpClass(cls):
        if cls.shared:
            cls.box = Box()
            cls.addClassCleanup(cls.box.close)
            cls.fill()

    @classmethod
    def fill(cls):
        pass

    def setUp(self):
        if not self.shared:
            self.box = Box()
            self.addCleanup(self.box.close)

    def assertUnharmed(self, box=None):
        """Deep verification is green and the books balance."""
        box = box or self.box
        verified = box.verify()
        self.assertTrue(verified["ok"], verified)
        self.assertEqual([source for source in box.books() if not source["balanced"]], [])

    def assertSentence(self, done, *words):
        """One clear sentence on standard error: it names the program, fits a few lines, and says the words."""
        said = done.err.strip()
        self.assertTrue(said, done)
        self.assertTrue(said.startswith("letopis: "), done)
        self.assertEqual(len(said.split("\n")), 1, done)
        self.assertLess(len(said), 600, done)
        self.assertNotRegex(said, r"(?i)\berrno\b|exception", done)
        # What the database library said may stand in it, but not alone: a sentence follows that says what to do.
        if "SQL" in said:
            self.assertRegex(said, r"\(SQLite \d+\)\. [A-Z][a-z]+ .+\.$", done)
        for word in words:
            self.assertIn(word, said, done)


# --- mail -------------------------------------------------------------------------------------------------------------------------

def encoded(text, charset="utf-8"):
    return f"=?{charset}?B?{base64.b64encode(text.encode(charset)).decode()}?="


def mail(number, body="текст письма", subject=None, sender="anna@client.example", to="sales@firm.example", more="", end="\n", domain="e2e.example"):
    """A letter as bytes; its Message-ID is <mN@domain>, a minute later than the one before."""
    subject = encoded(subject if subject is not None else f"Письмо {number}")
    at = 1_767_225_600 + number * 60  # 2026-01-01
    lines = [f"From: {sender}", f"To: {to}", f"Subject: {subject}", f"Message-ID: <m{number}@{domain}>",
             "Date: " + time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(at)), *([more.rstrip("\n")] if more else []),
             "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit", "", body]
    return (end.join(line.replace("\n", end) for line in lines) + end).encode("utf-8")


def multipart(number, *parts, body="см. вложение", subject=None):
    """A letter with attachments: (name, type, bytes)."""
    edge = f"=-edge-{number}"
    text = mail(number, subject=subject).split(b"\nMIME-Version")[0]
    text += f'\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="{edge}"\n\n--{edge}\nContent-Type: text/plain; charset=utf-8\n\n{body}\n'.encode()
    for name, kind, data in parts:
        packed = base64.encodebytes(data)
        text += f'--{edge}\nContent-Type: {kind}; name="{name}"\nContent-Disposition: attachment; filename="{name}"\nContent-Transfer-Encoding: base64\n\n'.encode() + packed
    return text + f"--{edge}--\n".encode()


def mbox(mails, quote=lambda raw: re.sub(rb"(?m)^(>*From )", rb">\1", raw), line="From someone@e2e.example Thu Jan  1 00:00:00 2026"):
    """A mailbox (mboxrd) and, beside it, the bytes of each mail as they stand in it."""
    stored = [quote(raw) for raw in mails]
    return b"".join(line.encode() + b"\n" + raw + b"\n" for raw in stored)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


# --- chats ------------------------------------------------------------------------------------------------------------------------

def telegram(messages, chat=777000111, owner=4242, name="Анна Клиент"):
    """A whole-account export with one personal chat: messages are (id, text, more fields)."""
    rows = []
    for number, text, *more in messages:
        row = {"id": number, "type": "message", "date": "2026-03-02T10:00:00", "date_unixtime": str(1_772_445_600 + number), "from": name, "from_id": f"user{chat}",
               "text": text, "text_entities": [{"type": "plain", "text": text}] if isinstance(text, str) else []}
        row.update(more[0] if more else {})
        rows.append(row)
    account = {"about": "…", "personal_information": {"user_id": owner, "first_name": "Ольга", "last_name": "", "phone_number": "+7 900 000-00-00"},
               "chats": {"about": "…", "list": [{"name": name, "type": "personal_chat", "id": chat, "messages": rows}]}}
    return json.dumps(account, ensure_ascii=False, indent=1)


def whatsapp(lines):
    """An Android export in Russian: (date, time, author, text)."""
    return "".join(f"{date}, {at} - {author}: {text}\n" for date, at, author, text in lines)


def main():
    unittest.main()


def quiet_limits():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def wait_until(condition, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False


def stop(process, how=signal.SIGKILL):
    """Ends a program that this test started, by its id."""
    if process.poll() is None:
        process.send_signal(how)
    return process.wait(60)
