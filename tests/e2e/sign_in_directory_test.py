#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Signing in with the company's directory, against a real slapd, through the login route."""
import os
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

from harness import main
from server import PASSWORD, Serving, join

SLAPD = "/usr/sbin/slapd"
BASE = "dc=firm,dc=example"
PEOPLE = f"""dn: {BASE}
objectClass: dcObject
objectClass: organization
o: Firm
dc: firm

""" + "\n".join(f"""dn: uid={uid},{BASE}
objectClass: inetOrgPerson
uid: {uid}
cn: {uid.title()}
sn: X
userPassword: {password}
""" for uid, password in (("anna", "correct horse"), ("boris", "battery staple"), ("vera", "staple battery"), ("gleb", "horse correct"), ("dina", "every good boy"), ("olga", "the owner's other one")))


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Directory:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="letopis-ldap-")
        os.mkdir(os.path.join(self.folder, "db"))
        self.plain, self.tls = free_port(), free_port()
        self.write("slapd.conf", "\n".join([
            *(f"include /etc/ldap/schema/{name}.schema" for name in ("core", "cosine", "inetorgperson")), "modulepath /usr/lib/ldap", "moduleload back_mdb",
            *(f"TLS{what} {self.folder}/{file}.pem" for what, file in (("CACertificateFile", "cert"), ("CertificateFile", "cert"), ("CertificateKeyFile", "key"))),
            "database mdb", f'suffix "{BASE}"', f"directory {self.folder}/db", f'rootdn "cn=admin,{BASE}"', "rootpw secret", ""]))
        self.write("people.ldif", PEOPLE)
        for command in (["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-days", "2", "-subj", "/CN=localhost",
                         "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"], ["/usr/sbin/slapadd", "-f", "slapd.conf", "-l", "people.ldif"]):
            subprocess.run(command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True)
        with open(os.path.join(self.folder, "cert.pem"), encoding="ascii") as file:
            self.certificates = file.read()
        self.start()

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def start(self):
        self.process = subprocess.Popen([SLAPD, "-d", "0", "-f", os.path.join(self.folder, "slapd.conf"), "-h", f"ldap://127.0.0.1:{self.plain} ldaps://127.0.0.1:{self.tls}"],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(500):
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", self.tls)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError("slapd does not answer")

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def close(self):
        self.stop()
        shutil.rmtree(self.folder)


@unittest.skipUnless(os.access(SLAPD, os.X_OK), "slapd is not installed")
class SigningInWithTheDirectory(Serving):
    shared = True

    @classmethod
    def fill(cls):
        cls.directory = Directory()
        cls.addClassCleanup(cls.directory.close)
        cls.set(cls.owner, {})

    @classmethod
    def wanted(cls, **changes):
        return {"name": "Тёплый контур", "url": f"ldaps://127.0.0.1:{cls.directory.tls}", "base": BASE, "filter": "(uid={login})", "certificates": cls.directory.certificates,
                "bind_dn": f"cn=admin,{BASE}", "bind_password": "secret", **changes}

    @classmethod
    def set(cls, who, changes):
        return cls.set_sign_in(who, {"ldap": cls.wanted(**changes)})

    def invite(self, login):
        made = self.assertDone(self.owner.post("/users", {"login": login, "name": login.title(), "grants": [{"role": "auditor"}]}), 201)
        return made["id"], made["invite"]

    def first_time(self, login, password):
        client = self.server.client()
        begun = self.assertDone(client.post("/session", {"login": login, "password": password}))
        self.assertEqual(begun["next"], "enrol")
        client.secret = begun["totp"]["secret"]
        client.recovery = self.assertDone(client.post("/session/enrol", {"code": client.code()}))["recovery_codes"]
        return client

    def test_who_is_invited_comes_in_with_the_password_of_the_company(self):
        _, link = self.invite("anna")
        self.assertProblem(self.server.client().post("/session", {"login": "anna", "password": "wrong horse"}), 401)
        anna = self.first_time("anna", "correct horse")
        self.assertEqual(self.assertDone(anna.get("/session"))["user"]["login"], "anna")
        self.assertEqual(self.assertDone(anna.get("/account"))["external"], [f"ldaps://127.0.0.1:{self.directory.tls}"])
        self.assertProblem(anna.get(link), 404)
        # The second factor of ours is asked for every time.
        again = self.server.client()
        begun = self.assertDone(again.post("/session", {"login": "anna", "password": "correct horse"}))
        self.assertEqual(begun["next"], "totp")
        self.assertProblem(again.get("/session"), 401)
        self.assertDone(again.post("/session/second", {"recovery": anna.recovery.pop()}))
        self.assertProblem(anna.post("/account/password", {"old": "correct horse", "new": PASSWORD}), 409, "conflict")

    def test_nobody_comes_in_who_is_not_listed_here(self):
        for login, password in (("boris", "battery staple"), ("*", "battery staple"), ("b*", "battery staple"), ("boris)(uid=*", "battery staple"), ("boris", "")):
            self.assertIn(self.server.client().post("/session", {"login": login, "password": password}).status, (400, 401))

    def test_a_password_of_ours_stays_the_one_that_counts(self):
        # The owner has the login of somebody in the directory, and is not that person.
        self.assertProblem(self.server.client().post("/session", {"login": "olga", "password": "the owner's other one"}), 401)
        client = self.server.client()
        client.recovery = self.owner.recovery
        self.assertDone(client.sign_in("olga").get("/session"))

    def test_an_invitation_that_is_over_lets_nobody_in(self):
        ident, _ = self.invite("vera")
        self.assertDone(self.owner.call("PATCH", f"/users/{ident}", {"active": False}))
        self.assertProblem(self.server.client().post("/session", {"login": "vera", "password": "staple battery"}), 401)

    def test_who_joined_by_the_link_has_a_password_of_ours(self):
        _, link = self.invite("gleb")
        join(self.server, link)
        self.assertProblem(self.server.client().post("/session", {"login": "gleb", "password": "horse correct"}), 401)

    def test_a_directory_that_is_away_is_said_to_be(self):
        self.invite("dina")
        self.directory.stop()
        try:
            self.assertProblem(self.server.client().post("/session", {"login": "dina", "password": "every good boy"}), 503, "unavailable")
            self.assertNotEqual(self.assertDone(self.owner.post("/sign-in/check", {}))["ldap"], "ok")
        finally:
            self.directory.start()
        self.assertEqual(self.assertDone(self.owner.post("/sign-in/check", {}))["ldap"], "ok")
        self.first_time("dina", "every good boy")

    def test_guessing_locks_nobody_else_out(self):
        answers = [self.server.client().post("/session", {"login": "nikto", "password": f"guess {n}"}).status for n in range(6)]
        self.assertEqual((answers[0], answers[-1]), (401, 429))
        client = self.server.client()
        client.recovery = self.owner.recovery
        self.assertDone(client.sign_in("olga").get("/session"))


@unittest.skipUnless(os.access(SLAPD, os.X_OK), "slapd is not installed")
class Settings(Serving):
    shared = True

    def test_what_is_not_safe_is_refused(self):
        good = {"name": "Каталог", "url": "ldaps://dc.firm.example", "base": BASE, "filter": "(uid={login})"}
        for change in ({"url": "http://dc.firm.example"}, {"url": "ldap://dc.firm.example", "plain": True}, {"filter": "(uid=anna)"}, {"base": ""}, {"bind_dn": "cn=nobody"}, {"name": ""}):
            self.assertProblem(self.owner.call("PUT", "/sign-in", {"ldap": {**good, **change}}), 400, "invalid")
        self.assertDone(self.owner.call("PUT", "/sign-in", {"ldap": {**good, "bind_dn": "cn=x", "bind_password": "ужасная тайна"}}))

    def test_a_secret_goes_in_and_never_out(self):
        wanted = {"name": "К", "url": "ldaps://dc.firm.example", "base": BASE, "filter": "(uid={login})", "bind_dn": "cn=x"}
        said = self.owner.call("PUT", "/sign-in", {"ldap": {**wanted, "bind_password": "ужасная тайна"}})
        self.assertTrue(self.assertDone(said)["ldap"]["has_password"])
        # Kept where it is not named, and only for the same server and name.
        self.assertTrue(self.assertDone(self.owner.call("PUT", "/sign-in", {"ldap": {**wanted, "name": "Каталог"}}))["ldap"]["has_password"])
        self.assertProblem(self.owner.call("PUT", "/sign-in", {"ldap": {**wanted, "url": "ldaps://evil.example"}}), 400)
        for answer in (said, self.owner.get("/sign-in"), self.owner.get("/audit", limit=100)):
            self.assertNotIn("ужасная тайна", answer.body.decode())

    def test_only_who_manages_settings_may(self):
        made = self.assertDone(self.owner.post("/users", {"login": "audit", "name": "A", "grants": [{"role": "auditor"}]}), 201)
        auditor = join(self.server, made["invite"])
        self.assertProblem(auditor.get("/sign-in"), 403, "forbidden")
        self.assertProblem(auditor.call("PUT", "/sign-in", {}), 403, "forbidden")
        self.assertProblem(auditor.post("/sign-in/check", {}), 403, "forbidden")


if __name__ == "__main__":
    main()
