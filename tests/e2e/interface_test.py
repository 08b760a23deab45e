#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The contract of the command line that scripts rely on: words, options in either place, JSON forms, exit codes."""
import json
import mailbox
import os
import re
import subprocess
import sys
import unittest

from harness import ROOT, SAMPLE, Box, Scenario, call, counts, mail, main, mbox, multipart, sha256, stop, wait_until

RFC3339 = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"


class Beginning(unittest.TestCase):
    def setUp(self):
        self.box = Box(init=False)
        self.addCleanup(self.box.close)

    def test_init_makes_the_key_and_asks_nothing(self):
        done = call("--archive", self.box.archive, "init", "--key-file", self.box.key)
        self.assertTrue(os.path.isfile(self.box.key))
        self.assertEqual(os.stat(self.box.key).st_mode & 0o077, 0)
        self.assertRegex(done.text, r"(?i)recovery sheet")
        self.assertEqual(done.err, "")

    def test_init_with_every_option_behind_the_word(self):
        call("init", "--archive", self.box.archive, "--key-file", self.box.key)
        self.assertEqual(call("books", "--json", "--archive", self.box.archive, "--key-file", self.box.key).json(), [])

    def test_init_uses_a_key_that_is_there(self):
        call("init", "--archive", self.box.archive, "--key-file", self.box.key)
        with open(self.box.key, "rb") as file:
            before = file.read()
        call("init", "--archive", self.box.path("second"), "--key-file", self.box.key)
        with open(self.box.key, "rb") as file:
            self.assertEqual(file.read(), before)
        call("books", "--archive", self.box.path("second"), "--key-file", self.box.key)

    def test_init_refuses_a_place_that_is_taken(self):
        self.box.run("init")
        self.assertRegex(self.box.run("init", expect=3).err, "already|not empty")
        full = os.path.dirname(self.box.write("full/a", "x"))
        call("init", "--archive", full, "--key-file", self.box.key, expect=3)
        self.assertEqual(os.listdir(full), ["a"])

    def test_a_failed_init_leaves_no_key_behind(self):
        full = os.path.dirname(self.box.write("full/a", "x"))
        call("init", "--archive", full, "--key-file", self.box.path("new-key"), expect=3)
        self.assertFalse(os.path.exists(self.box.path("new-key")))

    def test_options_stand_before_or_behind_the_word_and_in_the_environment(self):
        self.box.run("init")
        letter = self.box.write("one.eml", mail(1))
        for words in (["--archive", self.box.archive, "--key-file", self.box.key, "import", "--json", letter],
                      ["import", letter, "--json", "--archive", self.box.archive, "--key-file", self.box.key],
                      ["--json", "import", f"--archive={self.box.archive}", letter, f"--key-file={self.box.key}"]):
            self.assertEqual(call(*words).json()["seen"], 1, words)
        done = call("search", "--json", "", env={"LETOPIS_ARCHIVE": self.box.archive, "LETOPIS_KEY_FILE": self.box.key})
        self.assertEqual(done.json()["total"], 1)

    def test_relative_paths_are_those_of_the_caller(self):
        self.box.run("init")
        self.box.write("in/one.eml", mail(1))
        done = call("--archive", "../archive", "--key-file", "../key", "import", "--json", "one.eml", cwd=self.box.path("in"))
        self.assertEqual(done.json()["stored"], 1)


class Words(unittest.TestCase):
    def test_help_of_every_command_says_how_to_use_it(self):
        commands = set(re.findall(r"^  ([a-z][a-z-]+)\b", call("help").text.split("Commands:")[1].split("Options")[0], re.M))
        self.assertLessEqual({"init", "import", "search", "show", "verify", "rebuild", "books", "proof", "export", "tag", "doctor", "unlock", "lock",
                              "bench-data", "completion", "help", "version"}, commands)
        for command in commands:
            for words in (["help", command], [command, "--help"], [command, "-h"]):
                self.assertTrue(call(*words).text.startswith(f"usage: letopis {command}"), words)

    def test_wrong_words_are_usage_and_say_what_is_right(self):
        for words, hint in ((["serach", "x"], "search"), (["search", "--limt", "3", "x"], "--limit"), (["search"], "usage"), (["tag", "+a"], "usage"),
                            (["search", "--limit"], "needs a value"), (["--frobnicate", "search"], "no option"), (["show", "--raw=1", "3"], "takes no value"),
                            (["export", "a"], "usage"), (["completion", "tcsh"], "bash"), (["help", "nothing"], "no command")):
            done = call(*words, expect=2)
            self.assertIn(hint, done.err, words)

    def test_no_word_at_all_is_the_help_and_usage(self):
        self.assertIn("usage: letopis", call(expect=2).text)

    def test_completion_offers_every_command(self):
        for shell in ("bash", "zsh", "fish"):
            text = call("completion", shell).text
            self.assertTrue(all(word in text for word in ("import", "search", "verify", "completion")), shell)

    def test_completion_of_bash_completes(self):
        script = 'source <("$0" completion bash); COMP_WORDS=(letopis sea); COMP_CWORD=1; _letopis; echo "${COMPREPLY[*]}"'
        from harness import LETOPIS
        self.assertEqual(subprocess.run(["bash", "-c", script, LETOPIS], stdout=subprocess.PIPE, text=True).stdout.strip(), "search")

    def test_the_version_is_one_line(self):
        self.assertRegex(call("version").text, r"^letopis \d+\.\d+\.\d+\n$")


class Contract(Scenario):
    shared = True

    @classmethod
    def fill(cls):
        cls.attachment = b"%PDF-1.4\nnot really\n"
        cls.mails = [mail(n, body=f"привет, договор поставки № {n}") for n in range(1, 25)]
        cls.mails.append(multipart(25, ("КП.pdf", "application/pdf", cls.attachment), subject="Предложение"))
        cls.mails.append(mail(26, subject="Re: Письмо 1", body="ответ", more="In-Reply-To: <m1@e2e.example>\nReferences: <m0@e2e.example> <m1@e2e.example>\nCc: Борис <boris@firm.example>"))
        cls.box.write("a.mbox", mbox(cls.mails))
        cls.first = cls.box.run("import", "--json", cls.box.path("a.mbox"))
        cls.box.take("--zone", "+03:00", os.path.join(SAMPLE, "telegram"))
        cls.letters = 26

    def one(self, query):
        hits = self.box.search(query)["hits"]
        self.assertEqual(len(hits), 1, query)
        return hits[0]

    def test_import_ends_with_one_line_of_books(self):
        self.assertEqual(self.first.text.count("\n"), 1)
        result = self.first.json()
        for name in ("seen", "stored", "duplicates", "refused", "pending", "marked"):
            self.assertIsInstance(result[name], int, name)
        self.assertEqual((counts(result), result["marked"], result["refusals"]), ((26, 26, 0, 0, 0), 0, []))

    def test_a_refusal_names_the_item_and_the_reason_and_exits_with_one(self):
        self.box.write("odd/letter.pst", b"!BDN" + bytes(2000))
        result = self.box.take(self.box.path("odd"), expect=1)
        self.assertEqual((result["seen"], result["refused"]), (1, 1))
        self.assertEqual(set(result["refusals"][0]), {"item", "reason"})
        self.assertIn("letter.pst", result["refusals"][0]["item"])
        self.assertRegex(result["refusals"][0]["reason"], "PST|pst")

    def test_books_say_the_same_for_each_source(self):
        books = {source["source"]: source for source in self.box.books()}
        source = books[f"mbox:{self.box.path('a.mbox')}"]
        self.assertEqual(counts(source), (26, 26, 0, 0, 0))
        self.assertEqual((source["marked"], source["refusals"], source["balanced"]), (0, [], True))
        only = self.box.run("books", "--json", source["source"]).json()
        self.assertEqual([one["source"] for one in only], [source["source"]])
        self.box.run("books", "no such source", expect=3)

    def test_search_prints_the_agreed_form(self):
        answer = self.box.search("договор channel:email")
        self.assertEqual((answer["total"], answer["exact"]), (24, True))
        hit = answer["hits"][0]
        self.assertLessEqual({"id", "date", "channel", "from", "to", "subject", "message_id", "snippet"}, set(hit))
        self.assertRegex(hit["date"], RFC3339)
        self.assertIsInstance(hit["id"], int)
        self.assertEqual((hit["channel"], hit["from"], hit["to"], hit["message_id"]), ("email", "anna@client.example", ["sales@firm.example"], "m24@e2e.example"))
        self.assertIn("договор", hit["snippet"])
        self.assertEqual([one["id"] for one in answer["hits"]], sorted((one["id"] for one in answer["hits"]), reverse=True))
        self.assertEqual(answer["facets"]["channel"], [{"value": "email", "count": 24}])
        for name in ("from", "lang", "month"):
            self.assertIsInstance(answer["facets"][name], list)

    def test_dates_are_utc(self):
        self.assertEqual(self.one("id:" + str(self.one("larger:1 =\"поставки № 7\"")["id"]))["date"], "2026-01-01T00:07:00Z")

    def test_pages_follow_each_other_and_meet_every_message_once(self):
        cursor, seen = None, []
        for _ in range(20):
            words = ["search", "--json", "--limit", "7", "договор channel:email"] + (["--cursor", cursor] if cursor else [])
            page = self.box.run(*words).json()
            self.assertEqual(page["total"], 24)
            seen += [hit["id"] for hit in page["hits"]]
            cursor = page.get("cursor")
            if not cursor:
                break
        self.assertEqual((len(seen), len(set(seen))), (24, 24))

    def test_relevance_finds_the_same_messages(self):
        newest, best = self.box.ids("договор поставки"), [hit["id"] for hit in self.box.search("договор поставки", "--order", "relevance")["hits"]]
        self.assertEqual(sorted(newest), sorted(best))

    def test_raw_is_what_was_stored(self):
        for number in (1, 25, 26):
            hit = next(hit for hit in self.box.search("channel:email")["hits"] if hit["message_id"] == f"m{number}@e2e.example")
            self.assertEqual(self.box.raw(hit["id"]).rstrip(b"\n"), self.mails[number - 1].rstrip(b"\n"))

    def test_show_tells_everything_of_a_message(self):
        seq = self.one("ответ channel:email")["id"]
        shown = self.box.show(seq)
        self.assertEqual((shown["id"], shown["kind"], shown["channel"], shown["message_id"]), (seq, "message", "email", "m26@e2e.example"))
        self.assertEqual((shown["in_reply_to"], shown["references"]), (["m1@e2e.example"], ["m0@e2e.example", "m1@e2e.example"]))
        self.assertEqual((shown["cc"], shown["text"].strip(), shown["subject"]), (["Борис <boris@firm.example>"], "ответ", "Re: Письмо 1"))
        self.assertEqual(shown["sha256"], sha256(self.box.raw(seq)))
        self.assertRegex(shown["conversation"]["id"], r"^c\d+$")
        conversation = self.box.show(shown["conversation"]["id"])
        self.assertEqual(sorted(one["message_id"] for one in conversation), ["m1@e2e.example", "m26@e2e.example"])
        human = self.box.run("show", str(seq)).text
        self.assertTrue(all(word in human for word in ("Re: Письмо 1", "ответ", shown["conversation"]["id"])), human)

    def test_show_of_an_address_tells_who_it_is(self):
        person = self.box.show("anna@client.example")
        self.assertEqual((person["address"], person["kind"]) if isinstance(person, dict) else person, ("anna@client.example", "email"))
        self.assertEqual(person["messages"], self.letters)
        self.box.run("show", "nobody@nowhere.example", expect=3)

    def test_show_of_what_is_not_there(self):
        self.assertIn("there is no message", self.box.run("show", "999999", expect=3).err)
        self.box.run("show", "--raw", "999999", expect=3)
        self.box.run("show", "--raw", "zzz", expect=2)

    def test_a_part_comes_out_decoded(self):
        shown = self.box.show(self.one("has:attachment channel:email")["id"])
        part = shown["attachments"][0]
        self.assertEqual((part["name"], part["type"], part["size"], part["sha256"]), ("КП.pdf", "application/pdf", len(self.attachment), sha256(self.attachment)))
        self.assertEqual(self.box.run("show", "--part", part["locator"], str(shown["id"])).out, self.attachment)
        self.assertIn(self.box.run("show", "--part", "99", str(shown["id"]), expect=None).code, (2, 3))

    def test_export_as_lines_has_every_message_and_the_agreed_names(self):
        rows = self.box.export("")
        self.assertEqual(len(rows), self.box.total(""))
        for row in rows:
            self.assertEqual(set(row), {"id", "kind", "channel", "sha256", "message_id", "date", "from", "to", "cc", "subject", "text", "in_reply_to",
                                        "references", "edited", "deleted", "attachments"})
            self.assertRegex(row["date"], RFC3339)
            for attachment in row["attachments"]:
                self.assertEqual(set(attachment), {"name", "type", "size", "sha256"})
        by_id = {row["message_id"]: row for row in rows if row["message_id"]}
        self.assertEqual(by_id["m26@e2e.example"]["references"], ["m0@e2e.example", "m1@e2e.example"])
        self.assertEqual(by_id["m25@e2e.example"]["attachments"][0]["sha256"], sha256(self.attachment))
        for row in rows[:5]:
            self.assertEqual(sha256(self.box.raw(row["id"])), row["sha256"])

    def test_export_of_a_query_and_to_the_terminal(self):
        out = self.box.run("export", "договор channel:email", "-", "--as", "jsonl").text.splitlines()
        self.assertEqual(len(out), 24)
        self.assertEqual(len({json.loads(line)["id"] for line in out}), 24)

    def test_export_as_mail_comes_out_whole(self):
        folder = self.box.path("eml")
        done = self.box.run("export", "--as", "eml", "--json", "", folder)
        self.assertEqual(done.json()["exported"], self.letters)
        self.assertGreater(done.json()["skipped"], 0)
        exported = sorted(os.listdir(folder))
        self.assertEqual(len(exported), self.letters)
        bodies = set()
        for name in exported:
            with open(os.path.join(folder, name), "rb") as file:
                bodies.add(file.read().rstrip(b"\n"))
        self.assertEqual(bodies, {raw.rstrip(b"\n") for raw in self.mails})
        out = self.box.path("out.mbox")
        self.box.run("export", "--as", "mbox", "", out)
        box = mailbox.mbox(out, create=False)
        self.assertEqual(sorted(str(one["message-id"]) for one in box), sorted(f"<m{n}@e2e.example>" for n in range(1, 27)))
        box.close()
        self.box.run("export", "--as", "mbox", "", out, expect=3)
        self.box.run("export", "--as", "pdf", "", self.box.path("x"), expect=2)

    def test_tags_go_on_and_off_and_are_found(self):
        first, second = self.box.ids("договор channel:email")[:2]
        self.box.run("tag", "+важное", "+q1", str(first), str(second))
        self.assertEqual(sorted(self.box.ids("tag:важное")), sorted([first, second]))
        self.box.run("tag", "-важное", str(first))
        self.assertEqual(self.box.ids("tag:важное"), [second])
        self.assertEqual(self.box.show(second)["tags"], ["q1", "важное"])
        self.assertEqual(self.box.show(first)["tags"], ["q1"])
        self.box.run("tag", "+x", "999999", expect=3)
        self.box.run("tag", "+x", "0", expect=3)
        self.box.run("tag", "-q1", str(first), str(second))

    def test_verify_says_what_it_saw(self):
        for words in (["--json"], ["--json", "--deep"]):
            verified = self.box.run("verify", *words).json()
            self.assertEqual((verified["ok"], verified["problems"]), (True, []))
            self.assertGreater(verified["records"], self.letters)
            self.assertRegex(verified["root"], r"^[0-9a-f]{64}$")
            self.assertIsInstance(verified["objects"], int)

    def test_a_strangers_program_accepts_the_proof(self):
        seq = self.one("has:attachment channel:email")["id"]
        folder = self.box.path("proof")
        self.box.run("proof", str(seq), "--with-files", folder)
        with open(os.path.join(folder, "log.vkey"), encoding="utf-8") as file:
            vkey = file.read().strip()
        words = [sys.executable, os.path.join(ROOT, "tools", "verify.py"), "proof", os.path.join(folder, f"{seq}.tlog-proof"), "--vkey", vkey,
                 "--descriptor", os.path.join(folder, f"{seq}.json"), "--message", os.path.join(folder, f"{seq}.raw")]
        checked = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(checked.returncode, 0, checked.stdout)
        with open(os.path.join(folder, f"{seq}.raw"), "ab") as file:
            file.write(b" ")
        self.assertNotEqual(subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode, 0)

    def test_doctor_finds_nothing_wrong_here(self):
        done = self.box.run("doctor")
        self.assertIn("nothing is wrong", done.text)
        self.assertNotIn("PROBLEM", done.text)

    def test_a_query_that_cannot_be_read_points_at_the_character(self):
        done = self.box.run("search", "договор (поставки", expect=2)
        query, pointer, sentence = done.err.rstrip("\n").split("\n")[:3]
        self.assertEqual((query, pointer.index("^")), ("договор (поставки", 8))
        self.assertIn("bracket", sentence)
        told = self.box.run("search", "--json", "договор (поставки", expect=2).json()
        self.assertEqual(told["error"]["at"], 8)

    def test_a_word_typed_on_the_other_keyboard_is_offered(self):
        self.assertEqual(self.box.search("ghbdtn")["suggestion"], "привет")


class Larger(Scenario):
    def test_a_misspelt_word_is_mended_from_the_words_of_the_archive(self):
        self.box.run("bench-data", "--messages", "2500", self.box.path("many.jsonl"))
        self.assertEqual(self.box.take(self.box.path("many.jsonl"))["stored"], 2500)
        self.assertGreater(self.box.total("договор"), 100)
        for wrong, right in (("догоовр", "договор"), ("пожалуста", "пожалуйста"), ("ljujdjh", "договор")):
            self.assertIn(self.box.search(wrong).get("suggestion", ""), (right, right + "у"), wrong)


class Passphrase(unittest.TestCase):
    def test_unlock_keeps_the_archive_open_and_lock_ends_it(self):
        box = Box(init=False)
        self.addCleanup(box.close)
        secret = box.write("secret", "верная лошадь батарея скрепка\n")
        letter = box.write("one.eml", mail(1))
        call("init", "--archive", box.archive, "--passphrase-file", secret)
        with_it = ["--archive", box.archive, "--passphrase-file", secret]
        self.assertEqual(call(*with_it, "import", "--json", letter).json()["stored"], 1)
        # No terminal and no passphrase: a sentence, not a wait. (setsid takes the terminal away.)
        done = call("--archive", box.archive, "search", "", expect=3, start_new_session=True)
        self.assertRegex(done.err, "key|passphrase")
        from harness import LETOPIS, environment
        agent = subprocess.Popen([LETOPIS, *with_it, "unlock", "--foreground", "--for", "60s"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL, env=environment(), text=True)
        self.addCleanup(stop, agent)
        self.addCleanup(agent.stdout.close)
        self.assertRegex(agent.stdout.readline(), "unlocked")
        self.assertEqual(call("--archive", box.archive, "search", "--json", "", start_new_session=True).json()["total"], 1)
        call("--archive", box.archive, "lock", start_new_session=True)
        self.assertTrue(wait_until(lambda: agent.poll() is not None), "lock did not end unlock")
        call("--archive", box.archive, "search", "", expect=3, start_new_session=True)
        call(*with_it, "lock")

    def test_unlock_goes_into_the_background_by_itself(self):
        box = Box()
        self.addCleanup(box.close)
        box.run("unlock", "--for", "30s", timeout=10)
        self.addCleanup(call, "--archive", box.archive, "lock", expect=None)
        done = call("--archive", box.archive, "search", "--json", "", env={"LETOPIS_KEY_FILE": "/nonexistent"})
        self.assertEqual(done.json()["total"], 0)


if __name__ == "__main__":
    main()
