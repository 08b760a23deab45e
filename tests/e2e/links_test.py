#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The command line starts in milliseconds because the heavy and the hostile libraries are not in it: no parser of mail, HTML or archives, and
nothing of network and sign-in, which stands in `letopis-serve`."""
import os
import re
import subprocess
import unittest

LETOPIS = os.environ.get("LETOPIS", "build/release/letopis")
ALLOWED = {
    "linux-vdso.so.1", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1", "libc.so.6", "libm.so.6",
    "libcrypto.so.3", "libsodium.so.23", "libzstd.so.1", "libseccomp.so.2", "libstemmer.so.0d", "libutf8proc.so.2",
}
# What `letopis` holds itself (docs/decisions/0013-start-of-a-short-command.md).
BUILT_IN = {"libgcc_s.so.1", "libstdc++.so.6", "libfmt.so.9", "libboost_json.so.1.81.0"}
# Of network and sign-in; what they bring with them is theirs to say.
SERVING = {"libssl.so.3", "libcurl.so.4", "libldap-2.5.so.0", "liblber-2.5.so.0", "libfido2.so.1", "liboath.so.0", "libqrencode.so.4", "libpthread.so.0"}
PARSERS = re.compile(r"lib(gmime|xml2|archive|icu|gdk_pixbuf|poppler)")


def linked(program):
    out = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
    return {os.path.basename(re.split(r"\s", line.strip())[0]) for line in out.splitlines() if line.strip()}


class Links(unittest.TestCase):
    def test_letopis_links_no_parser_and_nothing_unexpected(self):
        self.assertEqual(linked(LETOPIS) - ALLOWED, set())

    def test_every_address_stays_random_and_every_table_read_only(self):
        for name in ("", "-serve", "-parse"):
            shown = subprocess.run(["readelf", "-hlWd", LETOPIS + name], check=True, capture_output=True, text=True).stdout
            for wanted in ("DYN (Position-Independent Executable file)", "GNU_RELRO", "NOW PIE"):
                self.assertIn(wanted, shown, LETOPIS + name)

    def test_the_server_links_no_parser_and_nothing_unexpected(self):
        program = LETOPIS + "-serve"
        named = set(re.findall(r"\(NEEDED\).*\[(.*)\]", subprocess.run(["readelf", "-d", program], check=True, capture_output=True, text=True).stdout))
        self.assertIn("libssl.so.3", named)
        self.assertEqual(named - ALLOWED - BUILT_IN - SERVING, set())
        self.assertEqual({name for name in linked(program) if PARSERS.match(name)}, set())


if __name__ == "__main__":
    unittest.main()
