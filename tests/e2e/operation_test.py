#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The server as its operator sees it: the log, which has no content, the figures for Prometheus, and what runs in the background."""
import datetime
import re

from harness import Box, mail, main, mbox, wait_until
from server import API, Filled, Server, Serving, join, take, upload

# Words that stand nowhere but in content, names, secrets and what people type; none of them may reach the log.
CANARIES = {"query": "канарейкавопроса", "body": "канарейкаписьма", "subject": "канарейкатемы", "file": "канарейкафайла", "address": "canary.sender@canary.example",
            "login": "canarylogin", "password": "canarypasswordis long", "name": "Канарейкин", "tag": "canarytag", "saved": "канарейказакладка", "path": "canarypath",
            "agent": "canaryagent", "header": "canaryheader", "zone": "canaryzone", "reason": "канарейкапричина", "secret": "canarysecret"}


class Logs(Serving):
    def work(self, owner):
        """What people do, with a canary wherever they type or store something; returns secrets that were handed out."""
        letter = mail(1, CANARIES["body"], subject=CANARIES["subject"], sender=CANARIES["address"])
        self.assertEqual(take(owner, {f"mail/{CANARIES['file']}.eml": letter})["state"], "done")
        hit = self.assertDone(owner.get("/search", q=CANARIES["body"], cursor=""))["hits"][0]
        message, talk = f"/messages/{hit['id']}", f"/conversations/{hit['conversation']}"
        for path in (message, talk, message + "/source", message + "/html", message + "/proof", message + "/attachments/0", "/clients?q=" + "canary"):
            owner.get(path)
        self.assertEqual(owner.call("PUT", message + "/tags/" + CANARIES["tag"]).status, 204)
        owner.get("/search", q=CANARIES["query"])
        self.assertProblem(owner.get("/search", q=f"({CANARIES['query']}"), 400)
        self.assertProblem(owner.post("/session", {"login": CANARIES["login"], "password": CANARIES["password"]}), 401)
        made = self.assertDone(owner.post("/users", {"login": CANARIES["login"], "name": CANARIES["name"], "email": CANARIES["address"], "grants": [{"role": "reader", "scope": {"clients": [CANARIES["address"]]}}]}), 201)
        self.assertDone(owner.post("/saved-searches", {"name": CANARIES["saved"], "query": CANARIES["query"]}), 201)
        token = self.assertDone(owner.post("/tokens", {"name": CANARIES["saved"], "rights": ["search"]}), 201)["secret"]
        program = self.server.client()
        program.call("GET", "/search?q=" + CANARIES["path"], headers={"Authorization": "Bearer " + token})
        program.call("GET", "/search", headers={"Authorization": "Bearer " + CANARIES["secret"]})
        owner.call("GET", "/" + CANARIES["path"], headers={"User-Agent": CANARIES["agent"], "X-Any": CANARIES["header"]})
        owner.call("GET", "/" + CANARIES["path"] + "?" + CANARIES["path"], whole_path=True)
        owner.call("BREW", "/" + CANARIES["path"], whole_path=True)
        begun = owner.post("/imports", {"uploads": [upload(owner, CANARIES["file"], b"?")], "zone": CANARIES["zone"], "source": CANARIES["name"]})
        self.assertLess(begun.status, 500)
        join(self.server, made["invite"])
        return [token, made["invite"].split("/")[-1], *owner.cookies.values(), *owner.recovery, owner.secret, self.server.token]

    def test_nothing_of_what_people_type_or_store_reaches_it(self):
        owner = self.server.set_up()
        secrets = self.work(owner)
        self.assertTrue(wait_until(lambda: [line for line in self.server.log("job") if line["state"] in ("failed", "done")]))
        self.server.stop()
        text = self.server.log_text()
        for what, canary in CANARIES.items():
            self.assertNotIn(canary, text, what)
            self.assertNotIn(canary.split("@")[0].lower(), text.lower(), what)
        for secret in secrets:
            self.assertNotIn(secret, text)
        self.assertNotIn("Ольга", text)
        self.assertNotIn("client.example", text)

    def test_every_request_has_its_line(self):
        owner = self.server.set_up()
        me = owner.get("/session").json["user"]["id"]
        problem = owner.get("/messages/999").json
        self.server.client().get("/search", q="x")
        self.assertTrue(wait_until(lambda: len(self.server.log("request")) >= 8))
        lines = self.server.log("request")
        for line in lines:
            self.assertLessEqual(set(line), {"time", "level", "event", "id", "method", "route", "status", "ms", "caller", "peer"}, line)
            self.assertLess(abs((datetime.datetime.now(datetime.timezone.utc) - datetime.datetime.fromisoformat(line["time"].replace("Z", "+00:00"))).total_seconds()), 600)
        one = next(line for line in lines if line["id"] == problem["id"])
        self.assertEqual((one["route"], one["status"], one["method"], one["caller"], one["level"]), (API + "/messages/{id}", 404, "GET", me, "info"), one)
        self.assertNotIn("peer", one)
        refused = next(line for line in lines if line["status"] == 401)
        self.assertEqual((refused["caller"], refused["peer"], refused["route"]), ("", "127.0.0.1", API + "/search"), refused)

    def test_starts_and_ends_are_told(self):
        self.assertTrue(wait_until(lambda: self.server.log("started")))
        self.assertEqual(self.server.log("started")[0]["archive"], "none")
        self.assertEqual(self.server.stop()[0], 0)
        self.assertEqual([line["event"] for line in self.server.log() if line["event"] != "request"], ["started", "stopping", "stopped"])


class HowMuch(Serving):
    def served(self, *options):
        box = Box(init=False)
        self.addCleanup(box.close)
        server = Server(box, *options)
        self.addCleanup(server.stop)
        return server

    def test_level_and_form_can_be_chosen(self):
        quiet = self.served("--log", "warning")
        quiet.client().get("/health")
        self.assertEqual(quiet.stop(), (0, ""))
        self.assertEqual(quiet.log_text(), "")
        plain = self.served("--log-format", "text")
        plain.client().get("/health")
        plain.stop()
        self.assertRegex(plain.log_text(), r'(?m)^\S+Z info request id="\w+" method="GET" route="/api/v1/health" status=200 ms=\d+\.\d caller=""')

    def test_what_is_slow_is_a_warning(self):
        server = self.served("--slow", "0")
        server.client().get("/health")
        server.stop()
        slow = server.log("slow_request")
        self.assertEqual((slow[0]["level"], slow[0]["route"]), ("warning", API + "/health"))

    def test_options_that_are_none_are_refused_in_a_sentence(self):
        for options in (("--log", "loud"), ("--log-format", "xml"), ("--slow", "x"), ("--rate", "search"), ("--rate", "search=-1"), ("--rate", "fly=1"), ("--rate", "read=1x")):
            done = self.box.run("serve", "--listen", "127.0.0.1:0", *options, expect=None, timeout=30)
            self.assertEqual(done.code, 2, done)
            self.assertTrue(done.err.startswith("letopis: "), done)


class Figures(Filled):
    """Prometheus' text form, version 0.0.4, read strictly."""
    LABELS = r'(?:\{(?P<labels>[a-z_]+="[^"\\\n]*"(?:,[a-z_]+="[^"\\\n]*")*)\})?'

    def read(self, text):
        kinds, helped, samples = {}, set(), {}
        self.assertTrue(text.endswith("\n"))
        for line in text.splitlines():
            if line.startswith("# HELP "):
                name = line.split(" ", 3)[2]
                self.assertNotIn(name, helped, "explained twice")
                helped.add(name)
                continue
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ")
                self.assertNotIn(name, kinds, "declared twice")
                self.assertIn(kind, ("counter", "gauge", "histogram"))
                kinds[name] = kind
                continue
            found = re.fullmatch(r"(?P<name>[a-z_]+)" + self.LABELS + r" (?P<value>[0-9.e+-]+)", line)
            self.assertTrue(found, line)
            family = re.sub(r"_(bucket|sum|count)$", "", found["name"])
            family = family if kinds.get(family) == "histogram" else found["name"]
            self.assertIn(family, kinds, line)
            self.assertEqual(list(kinds)[-1], family, f"the lines of {family} do not stand together")
            if kinds[family] == "counter":
                self.assertTrue(family.endswith("_total"), line)
            key = (found["name"], tuple(sorted(re.findall(r'([a-z_]+)="([^"]*)"', found["labels"] or ""))))
            self.assertNotIn(key, samples, line)
            samples[key] = float(found["value"])
        self.assertEqual(helped, set(kinds))
        return kinds, samples

    def figures(self):
        answer = self.owner.get("/metrics")
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8")
        return self.read(answer.body.decode())

    def test_the_form_and_the_histograms_are_right(self):
        self.found("скидка")
        kinds, samples = self.figures()
        self.assertEqual(kinds["letopis_http_request_seconds"], "histogram")
        series = {}
        for (name, labels), value in samples.items():
            if name == "letopis_http_request_seconds_bucket":
                rest = tuple(one for one in labels if one[0] != "le")
                series.setdefault(rest, []).append((float(dict(labels)["le"].replace("+Inf", "inf")), value))
        self.assertGreater(len(series), 5)
        for labels, buckets in series.items():
            bounds, counts = [one[0] for one in buckets], [one[1] for one in buckets]
            self.assertEqual(bounds, sorted(bounds), labels)
            self.assertEqual(counts, sorted(counts), labels)
            self.assertEqual(bounds[-1], float("inf"))
            self.assertEqual(counts[-1], samples[("letopis_http_request_seconds_count", labels)])
            whole = sum(value for (name, one), value in samples.items() if name == "letopis_http_requests_total" and set(labels) <= set(one))
            self.assertEqual(whole, counts[-1], labels)

    def test_requests_are_counted_by_route(self):
        def count(route, status):
            return self.figures()[1].get(("letopis_http_requests_total", tuple(sorted({"method": "GET", "route": API + route, "status": status}.items()))), 0)
        before = count("/messages/{id}", "200"), count("/messages/{id}", "404")
        one = self.one("скидка")
        for path in (one, one, 999999):
            self.owner.get(f"/messages/{path}")
        self.assertEqual((count("/messages/{id}", "200") - before[0], count("/messages/{id}", "404") - before[1]), (2, 1))

    def test_the_figures_of_the_archive(self):
        samples = {name: value for (name, labels), value in self.figures()[1].items() if not labels}
        self.assertEqual(samples["letopis_archive_open"], 1)
        self.assertGreaterEqual(samples["letopis_records"], 10)
        self.assertLess(samples["letopis_index_lag_records"], 200)
        self.assertGreaterEqual(samples["letopis_sessions"], 1)
        for name in ("letopis_http_open_connections", "letopis_http_busy_workers", "letopis_http_waiting_requests", "letopis_disk_free_bytes", "letopis_catalog_lag_records",
                     "letopis_http_sent_bytes_total", "letopis_http_received_bytes_total", "letopis_http_connections_total", "letopis_http_refused_total"):
            self.assertIn(name, samples)

    def test_no_name_no_path_no_query(self):
        self.owner.get("/search", q="канарейка")
        self.owner.call("GET", "/" + "canarypath")
        text = self.owner.get("/metrics").body.decode()
        for canary in ("канарейка", "canarypath", "olga", "client.example"):
            self.assertNotIn(canary, text)


class Background(Filled):
    def jobs(self, kind):
        return [job for job in self.assertDone(self.owner.get("/jobs"))["items"] if job["kind"] == kind]

    def test_imports_and_verifications_are_listed_with_their_end(self):
        self.assertEqual(self.jobs("import")[-1]["state"], "done")
        begun = self.assertDone(self.owner.post("/integrity/verify", {}), 202)
        self.assertTrue(wait_until(lambda: all(job["finished"] for job in self.jobs("verify"))))
        one = next(job for job in self.jobs("verify") if job["id"] == begun["id"])
        self.assertEqual((one["state"], one["may_stop"], one["done"]), ("done", False, one["of"]), one)
        self.assertGreater(one["done"], 0)
        self.assertLessEqual(one["started"], one["finished"])
        now = self.owner.get("/integrity").json
        self.assertEqual(now["state"], "ok", now)
        self.assertGreaterEqual(now["checked_at"], one["started"][:19])
        started = [job["started"] for job in self.owner.get("/jobs").json["items"]]
        self.assertEqual(started, sorted(started, reverse=True))

    def test_a_job_that_is_not_there_cannot_be_stopped(self):
        self.assertProblem(self.owner.call("DELETE", "/jobs/jo-1"), 404)
        self.assertEqual(self.owner.call("DELETE", "/jobs/" + self.jobs("verify")[0]["id"]).status, 204)

    def test_an_import_can_be_stopped_here(self):
        letters = mbox([mail(1000 + n, f"долгий ввоз {n}") for n in range(3000)])
        begun = self.owner.post("/imports", {"uploads": [upload(self.owner, "long.mbox", letters)]}).json
        self.assertTrue(wait_until(lambda: self.jobs("import")[0]["state"] == "running"))
        self.assertEqual(self.owner.call("DELETE", "/jobs/" + begun["id"]).status, 204)
        self.assertTrue(wait_until(lambda: self.jobs("import")[0]["finished"], 60))
        self.assertIn(self.jobs("import")[0]["state"], ("stopped", "done"))
        total = self.assertDone(self.owner.get("/sources"))["total"]
        self.assertEqual(total["seen"], total["stored"] + total["duplicates"] + total["refused"] + total["pending"], total)


if __name__ == "__main__":
    main()
