#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whatever is given, the answer is one sentence and the right exit code, and the archive is as it was."""
import io
import json
import os
import random
import shutil
import signal
import subprocess
import zipfile

from harness import LETOPIS, Box, Scenario, call, counts, environment, mail, main, mbox, telegram

NOBODY = 65534


def as_nobody():
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


class Input(Scenario):
    """What is given to `import`: refused by name or kept byte for byte, never a crash; one archive for all."""
    shared = True

    @classmethod
    def fill(cls):
        cls.box.take(cls.box.write("good.eml", mail(1, body="основа")))

    def tearDown(self):
        self.assertTrue(self.box.verify(deep=False)["ok"])

    @classmethod
    def tearDownClass(cls):
        verified = cls.box.verify()
        if not verified["ok"] or not all(source["balanced"] for source in cls.box.books()):
            raise AssertionError(f"the archive was harmed: {verified}")

    def refused(self, path, reason, name=None):
        result = self.box.take(path, expect=1)
        self.assertEqual((result["stored"], result["duplicates"]), (0, 0))
        self.assertGreaterEqual(result["refused"], 1)
        self.assertRegex(result["refusals"][0]["reason"], reason)
        self.assertIn(name or os.path.basename(path), result["refusals"][0]["item"])
        return result

    def test_an_empty_file(self):
        self.refused(self.box.write("empty.mbox", b""), "empty")

    def test_an_export_without_a_message(self):
        for name, data in (("result.json", '{"about":"","personal_information":{"user_id":1},"chats":{"list":[]}}'), ("empty.tar", bytes(10240))):
            self.refused(self.box.write(name, data), "no message|not a known format", name)

    def test_an_empty_directory_and_one_without_mail(self):
        os.makedirs(self.box.path("hollow", "deep", "deeper"))
        self.refused(self.box.path("hollow"), "nothing to import|no mail")
        self.box.write("pictures/a.jpg", b"\xff\xd8\xff\xe0" + bytes(100))
        self.refused(self.box.path("pictures"), "picture", "a.jpg")

    def test_a_path_that_is_not_there(self):
        self.refused(self.box.path("nowhere"), "no such file")

    def test_garbage(self):
        noise = random.Random(7)
        for number in range(6):
            path = self.box.write(f"noise{number}.{('bin', 'mbox', 'zip', 'json', 'txt', 'eml')[number]}", noise.randbytes(60_000))
            done = self.box.run("import", "--json", path, expect=None)
            result = done.json()
            self.assertIn(done.code, (0, 1))
            self.assertEqual(result["seen"], result["stored"] + result["duplicates"] + result["refused"])
            self.assertGreater(result["seen"], 0)

    def test_files_that_begin_right_and_go_wrong(self):
        good = io.BytesIO()
        with zipfile.ZipFile(good, "w", zipfile.ZIP_DEFLATED) as archive:
            for n in range(20, 26):
                archive.writestr(f"{n}.eml", mail(n, body="слово " * 3000))
        whole = good.getvalue()
        for name, data in (("cut.zip", whole[:len(whole) * 2 // 3]), ("holes.zip", whole[:300] + bytes(200) + whole[500:]), ("cut.json", telegram([(1, "а"), (2, "б")])[:600].encode()),
                           ("zip-in-name.zip", b"PK\x03\x04" + bytes(500)), ("cut.tar.gz", b"\x1f\x8b\x08" + bytes(40))):
            done = self.box.run("import", "--json", self.box.write(name, data), expect=1)
            self.assertGreaterEqual(done.json()["refused"], 1, name)
            self.assertEqual(done.err, "", name)

    def test_a_zip_bomb(self):
        layer = bytes(200 << 20)
        bomb = io.BytesIO()
        with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
            for n in range(8):
                archive.writestr(f"{n}.mbox", layer)
        path = self.box.write("bomb.zip", bomb.getvalue())
        result = self.box.take(path, expect=1)
        self.assertGreaterEqual(result["refused"], 1)
        self.assertEqual(result["stored"], 0, result)

    def test_a_json_a_hundred_thousand_deep(self):
        for opening, closing in (("[", "]"), ('{"a":', "}")):
            deep = '{"chats":{"list":[' + opening * 100_000 + "1" + closing * 100_000 + "]}}"
            self.refused(self.box.write("deep.json", deep), ".")
            message = telegram([(1, "начало"), (2, "конец")]).replace('"начало"', opening * 100_000 + "1" + closing * 100_000, 1)
            result = self.box.run("import", "--json", self.box.write("deep/result.json", message), expect=None).json()
            self.assertEqual(result["seen"], result["stored"] + result["duplicates"] + result["refused"])

    def test_a_gigantic_header(self):
        raw = b"From: a@b.example\nSubject: " + b"x" * (20 << 20) + b"\n" + b"X-Many: y\n" * 100_000 + b"\nbody\n"
        before = self.box.total("")
        self.assertEqual(counts(self.box.take(self.box.write("giant.eml", raw))), (1, 1, 0, 0, 0))
        seq = max(self.box.ids(""))
        self.assertEqual(self.box.raw(seq), raw)
        self.assertEqual(self.box.total(""), before + 1)

    def test_a_mail_nested_without_end(self):
        raw = mail(77)
        for depth in range(300):
            raw = b'From: a@b.example\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b%d"\n\n--b%d\nContent-Type: message/rfc822\n\n' % (depth, depth) + raw + b"\n--b%d--\n" % depth
        result = self.box.take(self.box.write("nested.eml", raw))
        self.assertEqual((result["stored"], result["marked"]), (1, 1))

    def test_loops_of_links_and_special_files(self):
        os.makedirs(self.box.path("links", "a"))
        os.symlink("..", self.box.path("links", "a", "up"))
        os.symlink("itself", self.box.path("links", "itself"))
        os.symlink("/etc/passwd", self.box.path("links", "outside.eml"))
        os.mkfifo(self.box.path("links", "pipe"))
        self.box.write("links/a/one.eml", mail(300))
        result = self.box.take(self.box.path("links"), expect=1, timeout=20)
        self.assertEqual((result["stored"], result["refused"]), (1, 4))
        self.assertEqual(self.box.total("root"), 0)

    def test_names_that_are_not_text(self):
        folder = self.box.path("names").encode()
        os.makedirs(folder)
        for name in (b"\xff\xfe.eml", "новая\nстрока.eml".encode(), b"-rf.eml", b"a\x1b[31m.eml"):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(mail(400 + len(name)))
        result = self.box.take(self.box.path("names"))
        self.assertEqual(result["stored"], 4)
        self.assertNotIn("\x1b", self.box.run("books").text)
        self.box.books()

    def test_a_file_that_may_not_be_read(self):
        box = Box(init=False)
        self.addCleanup(box.close)
        box.write("in/open.eml", mail(1))
        os.chmod(box.write("in/closed.eml", mail(2)), 0)
        for path in (box.folder, box.path("in")):
            os.chmod(path, 0o777)
        more = {"preexec_fn": as_nobody} if os.getuid() == 0 else {}
        call(*box.options(), "init", cwd="/", **more)
        done = call(*box.options(), "import", "--json", box.path("in"), expect=1, cwd="/", **more)
        result = done.json()
        self.assertEqual(counts(result), (2, 1, 0, 1, 0))
        self.assertEqual((result["refusals"][0]["item"], result["refusals"][0]["reason"]), ("closed.eml", "permission denied"))


class Options(Scenario):
    shared = True

    @classmethod
    def fill(cls):
        cls.box.take(cls.box.write("good.eml", mail(1)))

    def test_options_beyond_reason(self):
        for words, code in ((["search", "--limit", "99999999999999999999", "x"], 2), (["search", "--limit", "-1", "x"], 2), (["search", "--limit", "много", "x"], 2),
                            (["search", "--order", "random", "x"], 2), (["search", "--cursor", "\x01garbage" * 50, "x"], 2), (["show", "18446744073709551616"], 2),
                            (["show", "18446744073709551615"], 3), (["show", "--raw", "18446744073709551615"], 3), (["import", "--zone", "Mars/Olympus", self.box.path("good.eml")], 2),
                            (["import", "--date-order", "xyz", self.box.path("good.eml")], 2), (["unlock", "--for", "forever"], 2), (["unlock", "--for", "9999999999999999999h"], 2),
                            (["rebuild", "everything"], 2), (["tag", "+" + "x" * 5000, str(self.box.ids("")[0])], 2), (["export", "--as", "x", "", "out"], 2), (["proof", "x"], 2), (["proof", "999999"], 3),
                            (["show", "c999999999"], 3), (["tag", "+a", "18446744073709551615"], 3)):
            with self.subTest(words=[word[:40] for word in words]):
                done = self.box.run(*words, expect=code, timeout=20)
                self.assertSentence(done)

    def test_queries_beyond_reason(self):
        for query in ("(" * 5000, "x " * 5000, "a" * 100_000, "-" * 50, '"' * 7, "from:", "before:never", "larger:huge", "OR OR OR", ")", "a:b:c:", "\x00".replace("\x00", "\x01") * 20,
                      "=\"\"", "*", "has:nothing-known", "in:nowhere x", "((((а))))", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1")):
            with self.subTest(query=query[:30]):
                done = self.box.run("search", "--json", "--", query, expect=None, timeout=20)
                self.assertIn(done.code, (0, 2))
                if done.code == 2:
                    self.assertGreater(len(done.err), 5)
                    self.assertIn("error", done.json())

    def test_bytes_that_are_not_text_as_a_query(self):
        finished = subprocess.run([LETOPIS, *self.box.options(), "search", "--json", b"\xff\xfe\xd0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
        self.assertIn(finished.returncode, (0, 2))
        json.loads(finished.stdout)

    def test_errors_are_json_when_json_is_asked_for(self):
        for words in (["show", "999999"], ["proof", "999999"], ["books", "nobody"]):
            done = self.box.run(*words, "--json", expect=3)
            self.assertEqual(set(done.json()["error"]), {"code", "what", "hint"})
            self.assertSentence(done)

    def test_a_closed_pipe_ends_the_program_quietly(self):
        line = f"'{LETOPIS}' --archive '{self.box.archive}' --key-file '{self.box.key}' export '' - | true; echo ${{PIPESTATUS[0]}}"
        finished = subprocess.run(["bash", "-c", line], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(), timeout=20)
        self.assertIn(finished.stdout.strip(), ("0", "3"))
        self.assertEqual(finished.stderr, "")


class Harm(Scenario):
    """Archives that are damaged, half there, too new or somebody else's. Nothing is written to them."""

    @classmethod
    def setUpClass(cls):
        cls.whole = Box()
        cls.addClassCleanup(cls.whole.close)
        cls.whole.take(cls.whole.write("a.mbox", mbox([mail(n, body=f"слово{n} " * 50) for n in range(300)])))
        cls.whole.total("слово7")

    def setUp(self):
        self.box = Box(init=False)
        self.addCleanup(self.box.close)
        shutil.copytree(self.whole.archive, self.box.archive)
        shutil.copy(self.whole.key, self.box.key)

    def commands(self):
        return (["books"], ["search", "x"], ["show", "5"], ["verify"], ["import", self.whole.path("a.mbox")], ["rebuild"], ["tag", "+x", "5"], ["export", "", self.box.path("out")])

    def unusable(self, *words, code=3, commands=None):
        before = self.snapshot()
        for command in commands or self.commands():
            done = self.box.run(*command, expect=code)
            self.assertSentence(done, *words)
        self.assertEqual(self.snapshot(), before, "something was written")

    def snapshot(self):
        found = {}
        for folder, _, names in os.walk(self.box.archive):
            for name in names:
                path = os.path.join(folder, name)
                if not name.endswith((".lock", "-shm", "-wal", ".sock")):
                    with open(path, "rb") as file:
                        found[os.path.relpath(path, self.box.archive)] = hash(file.read())
        return found

    def flip(self, name, at=0.5, count=1):
        path = os.path.join(self.box.archive, name)
        with open(path, "r+b") as file:
            file.seek(int(os.path.getsize(path) * at))
            old = file.read(count)
            file.seek(-len(old), os.SEEK_CUR)
            file.write(bytes(byte ^ 0x55 for byte in old))

    def test_no_archive_there(self):
        shutil.rmtree(self.box.archive)
        for command in self.commands():
            self.assertSentence(self.box.run(*command, expect=3), "no Letopis archive")
        os.makedirs(self.box.archive)
        self.assertSentence(self.box.run("books", expect=3), "no Letopis archive")
        self.assertEqual(os.listdir(self.box.archive), [])
        self.assertSentence(call("books", expect=3), "--archive")

    def test_a_file_instead_of_an_archive(self):
        shutil.rmtree(self.box.archive)
        self.box.write("archive", "x")
        for command in self.commands()[:3]:
            self.assertSentence(self.box.run(*command, expect=3))

    def test_a_wrong_key(self):
        other = Box()
        self.addCleanup(other.close)
        shutil.copy(other.key, self.box.key)
        self.unusable("key")

    def test_a_key_file_that_is_missing_or_no_key(self):
        os.remove(self.box.key)
        self.unusable("key")
        self.box.write("key", b"\x00" * 1000)
        self.unusable("key")
        self.box.write("key", b"")
        self.unusable("key")

    def test_a_wrong_passphrase(self):
        box = Box(init=False)
        self.addCleanup(box.close)
        call("init", "--archive", box.archive, "--passphrase-file", box.write("right", "верная\n"))
        done = call("--archive", box.archive, "--passphrase-file", box.write("wrong", "неверная\n"), "books", expect=3)
        self.assertSentence(done, "passphrase")
        self.assertSentence(call("--archive", box.archive, "--passphrase-file", box.write("none", ""), "books", expect=2), "passphrase")
        self.assertSentence(call("--archive", box.archive, "--key-file", self.box.key, "books", expect=3))
        call("--archive", box.archive, "--passphrase-file", box.path("right"), "books")

    def test_a_newer_archive(self):
        path = os.path.join(self.box.archive, "archive.toml")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("format = 1", "format = 99"))
        self.unusable("99", "newer")

    def test_an_identity_that_cannot_be_read(self):
        for text in ("", "format = x\n", "\x00\x01", "format = 1\nid = \"a\"\n", "x" * 100_000):
            with open(os.path.join(self.box.archive, "archive.toml"), "w", encoding="utf-8") as file:
                file.write(text)
            for command in self.commands()[:4]:
                done = self.box.run(*command, expect=None)
                self.assertIn(done.code, (3, 4), done)
                self.assertSentence(done)

    def test_half_of_an_archive(self):
        names = [name for name in os.listdir(self.box.archive) if name.startswith("keyring")]
        self.assertTrue(names)
        for name in ("live.db", "once.db", *names):
            with self.subTest(name):
                path = os.path.join(self.box.archive, name)
                if not os.path.exists(path):
                    continue
                kept = path + ".kept"
                os.rename(path, kept)
                moved = []
                for suffix in ("-wal", "-shm"):
                    if os.path.exists(path + suffix):
                        os.rename(path + suffix, kept + suffix)
                        moved.append(suffix)
                for command in (["books"], ["search", "x"], ["verify"], ["import", self.whole.path("a.mbox")]):
                    done = self.box.run(*command, expect=None)
                    if name == "once.db":
                        self.assertIn(done.code, (0, 3, 4), done)  # it can be made again
                    else:
                        self.assertIn(done.code, (3, 4), done)
                        self.assertSentence(done)
                        self.assertFalse(os.path.isfile(path), f"{command[0]} made a new {name}")
                if os.path.exists(path):
                    shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
                os.rename(kept, path)
                for suffix in moved:
                    os.rename(kept + suffix, path + suffix)
                self.assertUnharmed()

    def test_a_keyring_that_was_cut(self):
        names = [name for name in os.listdir(self.box.archive) if name.startswith("keyring")]
        for name in names:
            with self.subTest(name):
                path = os.path.join(self.box.archive, name)
                with open(path, "rb") as file:
                    whole = file.read()
                for damaged in (whole[:len(whole) // 2], b"", bytes([whole[0] ^ 1]) + whole[1:], whole[:-1] + bytes([whole[-1] ^ 1])):
                    with open(path, "wb") as file:
                        file.write(damaged)
                    done = self.box.run("books", expect=None)
                    self.assertIn(done.code, (3, 4), (name, done))
                    self.assertSentence(done)
                with open(path, "wb") as file:
                    file.write(whole)
        self.assertUnharmed()

    def test_a_journal_that_was_cut(self):
        path = os.path.join(self.box.archive, "live.db")
        os.truncate(path, os.path.getsize(path) // 2)
        for suffix in ("-wal", "-shm"):
            if os.path.exists(path + suffix):
                os.remove(path + suffix)
        for command in (["verify"], ["verify", "--deep"], ["import", self.whole.path("a.mbox")]):
            done = self.box.run(*command, expect=None)
            self.assertIn(done.code, (3, 4), done)
            self.assertTrue(done.text or done.err)
        self.assertIn(self.box.run("verify", expect=None).code, (3, 4))

    def test_every_flipped_byte_of_the_journal_is_found(self):
        chance = random.Random(11)
        for _ in range(12):
            at = chance.random()
            with self.subTest(at=at):
                self.flip("live.db", at)
                done = self.box.run("verify", "--json", "--deep", expect=None)
                self.assertIn(done.code, (3, 4), done)
                if done.code == 4:
                    self.assertFalse(done.json()["ok"])
                self.flip("live.db", at)
        self.assertUnharmed()

    def test_a_damaged_projection_says_what_to_do_and_is_made_again(self):
        for name in ("catalog.db",):
            self.flip(name, 0.0, 200)
            done = self.box.run("search", "слово7", expect=None)
            self.assertIn(done.code, (3, 4), done)
            self.assertSentence(done, "rebuild")
            self.box.run("rebuild")
            self.assertEqual(self.box.total("слово7"), 1)
        index = [name for name in os.listdir(os.path.join(self.box.archive, "index")) if name.endswith((".db", "-wal"))]
        self.assertTrue(index)
        for name in index:
            self.flip(os.path.join("index", name), 0.0, 200)
        done = self.box.run("search", "слово7", expect=None)
        self.assertIn(done.code, (3, 4), done)
        self.assertSentence(done, "rebuild")
        self.box.run("rebuild", "search")
        self.assertEqual(self.box.total("слово7"), 1)
        self.assertUnharmed()

    def test_an_archive_of_another_user(self):
        if os.getuid() != 0:
            self.skipTest("needs to become another user")
        os.chmod(self.box.folder, 0o755)
        os.chmod(self.box.key, 0o644)
        os.chmod(self.box.archive, 0o700)
        for command in self.commands()[:5]:
            done = self.box.run(*command, expect=3, preexec_fn=as_nobody, cwd="/")
            self.assertSentence(done)
            self.assertRegex(done.err, "(?i)permission|not allowed")

    def test_a_place_where_nothing_may_be_made(self):
        if os.getuid() != 0:
            self.skipTest("needs to become another user")
        os.chmod(self.box.folder, 0o755)
        done = call("--archive", self.box.path("new"), "--key-file", self.box.path("new-key"), "init", expect=3, preexec_fn=as_nobody, cwd="/")
        self.assertSentence(done)
        self.assertRegex(done.err, "(?i)permission")

    def test_without_the_reading_program(self):
        alone = self.box.path("alone")
        os.makedirs(alone)
        shutil.copy(LETOPIS, alone)
        letter = self.box.write("new.eml", mail(9999))
        for env, said in (({}, "letopis-parse"), ({"LETOPIS_PARSE": "/nonexistent"}, "LETOPIS_PARSE")):
            done = call(*self.box.options(), "import", letter, program=os.path.join(alone, "letopis"), env=env, expect=3)
            self.assertSentence(done, said)
        done = call("doctor", program=os.path.join(alone, "letopis"), env={"LETOPIS_PARSE": "/nonexistent"}, expect=3)
        self.assertIn("PROBLEM", done.text)
        self.assertUnharmed()

    def test_a_reading_program_that_dies_or_talks_nonsense(self):
        for number, script in enumerate(("exit 3", "kill -9 $$", "head -c 100000 /dev/urandom", "echo hello")):
            fake = self.box.write(f"fake{number}", "#!/bin/sh\n" + script + "\n")
            os.chmod(fake, 0o755)
            done = self.box.run("import", "--json", self.whole.path("a.mbox"), env={"LETOPIS_PARSE": fake}, expect=None, timeout=60)
            self.assertIn(done.code, (1, 3), done)
        self.assertUnharmed()

    def test_a_full_disk_refuses_and_loses_nothing(self):
        box = Box(init=False)
        self.addCleanup(box.close)
        box.run("init", "--disk-reserve", str(1 << 49))
        done = box.run("import", "--json", self.whole.path("a.mbox"), expect=3)
        self.assertSentence(done)
        self.assertRegex(done.err, "(?i)space|disk")
        self.assertUnharmed(box)

    def test_a_disk_that_fills_up_on_the_way(self):
        folder = self.box.path("small")
        os.makedirs(folder)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "letopis-e2e", folder], stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("a small file system cannot be mounted here")
        self.addCleanup(subprocess.run, ["umount", folder])
        box = Box(init=False)
        self.addCleanup(box.close)
        box.archive = os.path.join(folder, "archive")
        box.run("init", "--disk-reserve", "0")
        done = box.run("import", "--json", box.write("big.mbox", mbox([mail(n, body=random.Random(n).randbytes(20_000).hex()) for n in range(300)])), expect=3)
        self.assertSentence(done)
        self.assertRegex(done.err, "(?i)space|disk")
        self.assertTrue(box.verify(deep=False)["ok"])


if __name__ == "__main__":
    main()
