#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Certificates through the real program: made, shown, exchanged while it runs."""
import hashlib
import http.client
import os
import re
import shutil
import signal
import ssl
import subprocess
import unittest
import warnings

from harness import Box, main, wait_until
from server import API, Server

OPENSSL = shutil.which("openssl")


def certificate(folder, name, days=90):
    key, chain = os.path.join(folder, name + ".key"), os.path.join(folder, name + ".pem")
    subprocess.run([OPENSSL, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", chain, "-days", str(days),
                    "-subj", "/CN=" + name, "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return chain, key


def fingerprint(chain):
    with open(chain, encoding="ascii") as file:
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(file.read())).hexdigest()


def trusting(chain=None):
    context = ssl.create_default_context(cafile=chain)
    if chain is None:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


class Certificates(unittest.TestCase):
    def setUp(self):
        if OPENSSL is None:
            print("not run: openssl is not here")
            self.skipTest("openssl is not here")
        self.box = Box(init=False)
        self.addCleanup(self.box.close)

    def serve(self, *options):
        self.server = Server(self.box, *options)
        self.addCleanup(self.server.stop)

    def connect(self, context=None):
        connection = http.client.HTTPSConnection("127.0.0.1", self.server.port, timeout=20, context=context or trusting())
        self.addCleanup(connection.close)
        connection.connect()
        return connection

    def shown(self):
        return hashlib.sha256(self.connect().sock.getpeercert(binary_form=True)).hexdigest()

    def health(self, connection):
        connection.request("GET", API + "/health")
        answer = connection.getresponse()
        answer.read()
        return answer

    def exchange(self, chain, key):
        """As an ACME client does: new files moved over the old ones."""
        for source, target in ((key, self.key), (chain, self.chain)):
            shutil.copy(source, target + ".new")
            os.replace(target + ".new", target)

    def test_the_generated_one_is_shown_kept_and_private(self):
        self.serve("--tls-own")
        said = re.search(r"fingerprint of its certificate, valid until \d{4}-\d\d-\d\d:\n  ([0-9a-f]{64})\n", self.server.said)
        self.assertTrue(said, self.server.said)
        self.assertEqual(self.shown(), said[1])
        folder = self.box.archive + ".tls"
        self.assertEqual(fingerprint(os.path.join(folder, "certificate.pem")), said[1])
        self.assertEqual(os.stat(os.path.join(folder, "key.pem")).st_mode & 0o777, 0o600)
        self.assertEqual(self.server.stop(), (0, ""))
        self.serve("--tls-own")
        self.assertIn(said[1], self.server.said)
        answer = self.health(self.connect(trusting(os.path.join(folder, "certificate.pem"))))
        self.assertEqual((answer.status, answer.headers["Strict-Transport-Security"]), (200, "max-age=31536000; includeSubDomains"))

    def test_a_generated_one_that_soon_ends_is_made_anew(self):
        folder = self.box.archive + ".tls"
        os.makedirs(folder)
        chain, key = certificate(self.box.folder, "old", days=20)
        shutil.copy(chain, os.path.join(folder, "certificate.pem"))
        shutil.copy(key, os.path.join(folder, "key.pem"))
        self.serve("--tls-own")
        self.assertNotEqual(self.shown(), fingerprint(chain))

    def own(self):
        self.chain, self.key = self.box.path("live.pem"), self.box.path("live.key")
        self.first, self.second = certificate(self.box.folder, "first"), certificate(self.box.folder, "second")
        shutil.copy(self.first[0], self.chain)
        shutil.copy(self.first[1], self.key)
        self.serve("--tls-cert", self.chain, "--tls-key", self.key)
        self.assertEqual(self.shown(), fingerprint(self.first[0]))

    def test_a_new_one_is_taken_by_watching_and_connections_go_on(self):
        self.own()
        old = self.connect()
        self.assertEqual(self.health(old).status, 200)
        self.exchange(*self.second)
        self.assertTrue(wait_until(lambda: self.shown() == fingerprint(self.second[0])))
        self.assertEqual(self.health(old).status, 200, "a connection that was there goes on")
        self.assertEqual(hashlib.sha256(old.sock.getpeercert(binary_form=True)).hexdigest(), fingerprint(self.first[0]))
        self.assertEqual([line["sha256"] for line in self.server.log("certificate")], [fingerprint(self.first[0]), fingerprint(self.second[0])])

    def test_sighup_reads_it_again(self):
        self.own()
        before = len(self.server.log("certificate"))
        self.server.process.send_signal(signal.SIGHUP)
        self.assertTrue(wait_until(lambda: len(self.server.log("certificate")) > before))
        self.assertEqual(self.shown(), fingerprint(self.first[0]))

    def test_one_that_cannot_be_used_leaves_the_old_one_and_is_said(self):
        self.own()
        third = certificate(self.box.folder, "third")
        broken = self.box.write("broken.pem", b"-----BEGIN CERTIFICATE-----\nnot one\n-----END CERTIFICATE-----\n")
        for chain, key in ((broken, self.first[1]), (self.second[0], third[1]), (self.box.write("empty.pem", b""), third[1])):
            before = len(self.server.log("certificate_kept"))
            self.exchange(chain, key)
            self.assertTrue(wait_until(lambda: len(self.server.log("certificate_kept")) > before), chain)
            self.assertEqual(self.shown(), fingerprint(self.first[0]))
            self.assertEqual(self.health(self.connect()).status, 200)
        os.unlink(self.chain)
        self.assertTrue(wait_until(lambda: "cannot" in self.server.log("certificate_kept")[-1]["note"]))
        self.assertEqual(self.shown(), fingerprint(self.first[0]))
        self.exchange(*self.second)
        self.assertTrue(wait_until(lambda: self.shown() == fingerprint(self.second[0])), "it recovers by itself")
        self.assertEqual({line["level"] for line in self.server.log("certificate_kept")}, {"warning"})

    def test_one_that_ends_soon_is_a_warning(self):
        self.chain, self.key = certificate(self.box.folder, "short", days=5)
        self.serve("--tls-cert", self.chain, "--tls-key", self.key)
        self.assertTrue(wait_until(lambda: self.server.log("certificate")))
        self.assertEqual(self.server.log("certificate")[0]["level"], "warning")

    def test_plain_http_and_old_tls_get_nothing(self):
        self.serve("--tls-own")
        plain = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)
        with self.assertRaises((http.client.HTTPException, OSError)):
            self.health(plain)
        old = trusting()
        warnings.simplefilter("ignore", DeprecationWarning)
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.set_ciphers("DEFAULT@SECLEVEL=0")
        old.maximum_version = ssl.TLSVersion.TLSv1_1
        with self.assertRaises((ssl.SSLError, OSError)):
            self.connect(old)
        weak = trusting()
        weak.maximum_version = ssl.TLSVersion.TLSv1_2
        weak.set_ciphers("AES128-SHA:AES256-SHA256:@SECLEVEL=0")
        with self.assertRaises((ssl.SSLError, OSError)):
            self.connect(weak)
        self.assertEqual(self.connect().sock.version(), "TLSv1.3")


if __name__ == "__main__":
    main()
