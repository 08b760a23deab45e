#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""./run and ./test say in one line what is missing, and do nothing the second time. The functions of scripts/setup.sh run here with
the programs that they call replaced."""
import os
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# A machine on which every listed package is there and nothing may be installed.
EVERYTHING_THERE = """
dpkg-query() { shift 2; for package in "$@"; do echo "installed $package"; done; }
xargs() { local words; mapfile -t words; "$@" "${words[@]}"; }
apt-get() { echo "apt-get was called" >&2; exit 99; }
npm() { echo "npm was called" >&2; exit 99; }
"""


class Shell(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = self.folder.name
        shutil.copytree(os.path.join(ROOT, "scripts"), os.path.join(self.root, "scripts"))
        os.makedirs(os.path.join(self.root, "build", "log"))

    def bash(self, text):
        script = "set -uo pipefail\nprogram=./run\n. scripts/setup.sh\n" + text
        return subprocess.run(["bash", "-c", script], cwd=self.root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def assert_one_line(self, done, *words):
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertEqual(len(done.stderr.strip().split("\n")), 1, done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)

    def test_another_system_than_debian_is_refused_by_name(self):
        release = os.path.join(self.root, "os-release")
        with open(release, "w") as file:
            file.write('ID=fedora\nVERSION_ID=41\nPRETTY_NAME="Fedora Linux 41"\n')
        with open(os.path.join(self.root, "scripts", "setup.sh")) as file:
            text = file.read().replace("/etc/os-release", release)
        with open(os.path.join(self.root, "scripts", "setup.sh"), "w") as file:
            file.write(text)

        done = self.bash("check_system")

        self.assert_one_line(done, "Debian 12 or 13 is needed", "Fedora Linux 41")

    def test_a_small_disk_is_refused_with_both_sizes(self):
        done = self.bash("df() { printf 'head\\ndev 1000 900 100 90%% /\\n'; }\ncheck_disk . 2500")

        self.assert_one_line(done, "2500 MB must be free", "100 MB are")

    def test_missing_packages_without_rights_are_named(self):
        done = self.bash("id() { [ \"$1\" = -u ] && echo 1000; }\ncommand() { [ \"$2\" = sudo ] && return 1; builtin command \"$@\"; }\n"
                         "dpkg-query() { :; }\nxargs() { :; }\nensure_packages build")

        self.assert_one_line(done, "run as root, or install sudo", "libseccomp-dev")

    def test_sudo_that_wants_a_password_without_a_terminal_is_not_waited_for(self):
        done = self.bash("id() { [ \"$1\" = -u ] && echo 1000; }\nsudo() { return 1; }\ncommand() { [ \"$2\" = sudo ] && return 0; builtin command \"$@\"; }\n"
                         "xargs() { :; }\nensure_packages build")

        self.assert_one_line(done, "sudo wants a password")

    def test_no_network_is_said_when_apt_fetches_nothing(self):
        done = self.bash("id() { echo 0; }\nxargs() { :; }\ncheck_disk() { :; }\napt-cache() { echo '  Candidate: 1'; }\n"
                         "apt-get() { echo 'E: Failed to fetch x  Temporary failure resolving y'; return 100; }\nenv() { shift; \"$@\"; }\nensure_packages build")

        self.assert_one_line(done, "no network", "apt.log")

    def test_no_network_is_said_when_npm_fetches_nothing(self):
        os.makedirs(os.path.join(self.root, "third_party", "sqlite3mc"))
        shutil.copy(os.path.join(ROOT, "third_party", "sqlite3mc", "package-lock.json"), os.path.join(self.root, "third_party", "sqlite3mc"))

        done = self.bash("npm() { echo 'npm ERR! code EAI_AGAIN'; return 1; }\nensure_sqlite3mc")

        self.assert_one_line(done, "no network", "npm.log")

    def test_nothing_is_installed_when_everything_is_there(self):
        done = self.bash(EVERYTHING_THERE + "ensure_packages build test long")

        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "== packages: all there\n", ""))

    def test_one_missing_package_is_found(self):
        done = self.bash(EVERYTHING_THERE.replace('echo "installed $package"', '[ "$package" = libxml2-dev ] || echo "installed $package"') + "missing_packages build")

        self.assertEqual(done.stdout, "libxml2-dev\n")

    def test_the_other_name_of_a_package_will_do(self):
        done = self.bash(EVERYTHING_THERE.replace('echo "installed $package"', '[ "$package" = libboost-json1.81-dev ] || echo "installed $package"') + "missing_packages build")

        self.assertEqual(done.stdout, "")

    def test_the_pinned_package_is_fetched_again_only_when_the_lock_changes(self):
        folder = os.path.join(self.root, "third_party", "sqlite3mc")
        os.makedirs(os.path.join(folder, "node_modules", "better-sqlite3-multiple-ciphers", "deps", "sqlite3"))
        open(os.path.join(folder, "node_modules", "better-sqlite3-multiple-ciphers", "deps", "sqlite3", "sqlite3.c"), "w").close()
        shutil.copy(os.path.join(ROOT, "third_party", "sqlite3mc", "package-lock.json"), folder)
        counting = "npm() { echo ran >> ran; }\nensure_sqlite3mc\nensure_sqlite3mc\nwc -l < third_party/sqlite3mc/ran\n"

        self.assertEqual(self.bash(counting).stdout.strip().split("\n")[-1], "1")

        with open(os.path.join(folder, "package-lock.json"), "a") as file:
            file.write("\n")
        self.assertEqual(self.bash(counting).stdout.strip().split("\n")[-1], "2")

    def test_the_guest_kernel_is_fetched_once_and_a_failure_stops_nothing(self):
        fetching = ("apt-cache() { echo '  Depends: linux-image-6.1.0-1-cloud-amd64'; }\n"
                    "apt-get() { echo \"$3\" >> ../../asked; touch a.deb; }\ndpkg-deb() { mkdir boot && touch boot/vmlinuz-6.1; }\n")
        without = self.bash("apt-cache() { :; }\napt-get() { return 100; }\nensure_guest_kernel")
        self.assertEqual((without.returncode, without.stderr), (0, ""))
        self.assertIn("the power will not be cut", without.stdout)

        self.assertEqual(self.bash(fetching + "ensure_guest_kernel\nensure_guest_kernel").returncode, 0)

        with open(os.path.join(self.root, "asked")) as file:
            self.assertEqual(file.read(), "linux-image-6.1.0-1-cloud-amd64\n")
        self.assertEqual(os.listdir(os.path.join(self.root, "build", "guest-kernel")), ["boot"])

    def test_an_unknown_argument_is_usage(self):
        for program in ("run", "test"):
            done = subprocess.run([os.path.join(ROOT, program), "--help"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.assertEqual(done.returncode, 0)
        done = subprocess.run([os.path.join(ROOT, "run"), "--nonsense"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 2)


if __name__ == "__main__":
    unittest.main()
