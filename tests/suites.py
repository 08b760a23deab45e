#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Runs the suites of ./test in order, prints each one's count and seconds, and closes with one line for all.

A new suite is one line in SUITES. A suite's function gets the environment and returns a Count.
"""
import argparse
import glob
import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LOGS = os.path.join(ROOT, "build", "log")
SHARED_DATA = os.path.join(os.path.dirname(ROOT), "shared", "data")
FUZZ_SECONDS = int(os.environ.get("LETOPIS_FUZZ_SECONDS", "60"))


@dataclass
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    known: int = 0  # expected failures, which are among the skipped
    notes: list = field(default_factory=list)  # what a person should see: failures first

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.known += other.known
        self.notes += other.notes

    def __str__(self):
        text = f"{self.passed} passed, {self.failed} failed"
        return text + (f", {self.skipped} skipped" if self.skipped else "")


def run(command, log_name, env, seconds=3600):
    """Runs a command without standard input; its whole output goes to build/log/<log_name>. Returns (exit code, output)."""
    try:
        done = subprocess.run(command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=seconds)
        code, output = done.returncode, done.stdout
    except subprocess.TimeoutExpired as expired:
        code, output = 124, (expired.stdout or b"") + f"\nstopped after {seconds} s\n".encode()
    with open(os.path.join(LOGS, log_name), "wb") as log:
        log.write(output)
    return code, output.decode("utf-8", "replace")


def tail(output, lines=80):
    kept = output.rstrip("\n").split("\n")
    return "\n".join(kept[-lines:])


def gtest_results(folder):
    """The cases in the XML files that GoogleTest left, and which programs left one."""
    count, programs = Count(), set()
    for path in glob.glob(os.path.join(folder, "*.xml")):
        programs.add(os.path.basename(path)[:-len(".xml")])
        for case in ElementTree.parse(path).getroot().iter("testcase"):
            if case.find("failure") is not None:
                count.failed += 1
            elif case.get("status") == "notrun" or case.get("result") == "skipped":
                count.skipped += case.get("result") == "skipped"
            else:
                count.passed += 1
    return count, programs


def ctest(preset, *arguments):
    """Every test program of one build, counted by GoogleTest cases; a program that died counts as one failure more."""
    def suite(env):
        folder = os.path.join(ROOT, "build", preset, "test-results")
        os.makedirs(folder, exist_ok=True)
        for old in glob.glob(os.path.join(folder, "*.xml")):
            os.remove(old)
        env = dict(env, GTEST_OUTPUT=f"xml:{folder}/", GTEST_BRIEF="1",
                   ASAN_OPTIONS="detect_stack_use_after_return=1:strict_string_checks=1",
                   UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1", TSAN_OPTIONS="halt_on_error=1:second_deadlock_stack=1")
        code, output = run(["ctest", "--test-dir", f"build/{preset}", "--output-on-failure", "--no-tests=error", "--timeout", "900",
                            "-j", str(os.cpu_count() or 1), *arguments], f"ctest-{preset}.log", env, 5400)
        count, programs = gtest_results(folder)
        plain = [name for name, mark in re.findall(r"Test +#\d+: (\S+) \.+ *(Passed|\*\*\*\S+)", output)
                 if mark == "Passed" and name + "_test" not in programs]
        count.passed += len(plain)  # tests that are not GoogleTest programs
        if code != 0:
            died = [name for name in re.findall(r"Test +#\d+: (\S+) \.+ *\*\*\*", output) if name + "_test" not in programs]
            count.failed += len(died)
            if count.failed == 0:
                count.failed = 1
            count.notes.append(tail(output, 200))
        return count
    return suite


def unittest_script(path, env):
    """One Python script in unittest style; a script that does not say "Ran N tests" counts as one case.

    An expected failure is skipped as known; a success that was not expected is a failure.
    """
    code, output = run([sys.executable, path], os.path.basename(path) + ".log", env, 4 * 3600 if env.get("LETOPIS_LONG") else 1800)
    ran = re.findall(r"^Ran (\d+) tests? in", output, re.M)
    numbers = dict((word, int(number)) for word, number in
                   re.findall(r"(expected failures|unexpected successes|failures|errors|skipped)=(\d+)", tail(output, 3)))
    failed = sum(numbers.get(word, 0) for word in ("failures", "errors", "unexpected successes"))
    if code != 0 and failed == 0:
        failed = 1
    known = numbers.get("expected failures", 0)
    skipped = numbers.get("skipped", 0) + known
    total = int(ran[-1]) if ran else 1
    count = Count(max(total - failed - skipped, 0), failed, skipped, known)
    count.notes += [f"-- {os.path.relpath(path, ROOT)}: {reason}" for reason in re.findall(r"^not run: (.+)$", output, re.M)]
    if failed:
        count.notes.append(f"-- {os.path.relpath(path, ROOT)} (exit code {code})\n{tail(output)}")
    return count


def scripts(*patterns):
    """Every executable Python script that matches, one after the other. None there: nothing to count."""
    def suite(env):
        count = Count()
        for path in sorted(path for pattern in patterns for path in glob.glob(os.path.join(ROOT, pattern))):
            if os.access(path, os.X_OK):
                started = time.monotonic()
                one = unittest_script(path, env)
                known = f" ({one.known} known to fail)" if one.known else ""
                print(f"   {os.path.relpath(path, ROOT)}: {one}{known}, {time.monotonic() - started:.0f} s", flush=True)
                count.add(one)
        return count
    return suite


def fuzz(env):
    """Each fuzz target for a while over its corpus. New inputs go to build/fuzz-corpus, findings to build/fuzz-findings."""
    count = Count()
    findings = os.path.join(ROOT, "build", "fuzz-findings")
    os.makedirs(findings, exist_ok=True)
    for program in sorted(glob.glob(os.path.join(ROOT, "build", "fuzz", "fuzz", "*_fuzz"))):
        name = os.path.basename(program)[:-len("_fuzz")]
        found = os.path.join(ROOT, "build", "fuzz-corpus", name)
        os.makedirs(found, exist_ok=True)
        corpora = [found] + [path for path in [os.path.join(ROOT, "fuzz", "corpus", name)] if os.path.isdir(path)]
        code, output = run([program, *corpora, f"-max_total_time={FUZZ_SECONDS}", "-timeout=20", "-rss_limit_mb=2048", "-close_fd_mask=1",
                            f"-artifact_prefix={findings}/{name}-"], f"fuzz-{name}.log", env, FUZZ_SECONDS + 600)
        runs = re.findall(r"^Done (\d+) runs", output, re.M)
        print(f"   {name}: {runs[-1] + ' runs' if runs else 'stopped'}, exit code {code}", flush=True)
        count.add(Count(passed=int(code == 0), failed=int(code != 0), notes=[f"-- fuzz {name}\n{tail(output)}"] if code else []))
    return count


@dataclass
class Suite:
    name: str
    what: object
    builds: tuple = ()
    long: bool = False


SUITES = [
    Suite("style", scripts("tests/style_test.py", "tests/asvs_test.py", "tests/reasons_test.py", "tests/sample_test.py", "tests/shell_test.py")),
    Suite("unit", ctest("release"), builds=("release",)),
    Suite("sanitizers", ctest("dev", "-LE", "slow"), builds=("dev",)),
    Suite("scenarios", scripts("tests/e2e/*_test.py"), builds=("release", "dev")),
    Suite("page", scripts("tests/browser/*_test.py"), builds=("release",)),
    Suite("durability", scripts("tests/durability/*_test.py"), builds=("release", "dev")),
    Suite("tsan", ctest("tsan"), builds=("tsan",), long=True),
    Suite("fuzz", fuzz, builds=("fuzz",), long=True),
]


def environment(long):
    env = dict(os.environ)
    env["LETOPIS"] = os.path.join(ROOT, "build", "release", "letopis")
    env["LETOPIS_MUTANT_BINARY"] = os.path.join(ROOT, "build", "dev", "letopis")
    env["PYTHONDONTWRITEBYTECODE"] = "1"
    env.setdefault("LC_ALL", "C.UTF-8")
    if long:
        env["LETOPIS_LONG"] = "1"
    if "LETOPIS_SHARED_DATA" not in env and os.path.isdir(SHARED_DATA):
        env["LETOPIS_SHARED_DATA"] = SHARED_DATA
    return env


def build(names, built):
    """Builds what a suite needs and no suite before it has tried (`built`: name -> whether it stands)."""
    for name in names:
        if name not in built:
            built[name] = subprocess.run([os.path.join(ROOT, "scripts", "build"), name], stdin=subprocess.DEVNULL).returncode == 0
    return all(built[name] for name in names)


def main():
    parser = argparse.ArgumentParser(prog="./test", description="Installs what is missing, builds, and runs the tests.")
    parser.add_argument("suites", nargs="*", metavar="SUITE", help="only these: " + ", ".join(suite.name for suite in SUITES))
    parser.add_argument("--long", action="store_true", help="also fuzzers, the thread sanitizer, long crash loops and power cuts")
    options = parser.parse_args()
    unknown = [name for name in options.suites if name not in [suite.name for suite in SUITES]]
    if unknown:
        parser.error("there is no suite " + ", ".join(unknown))
    os.makedirs(LOGS, exist_ok=True)
    env = environment(options.long)
    if "LETOPIS_SHARED_DATA" not in env:
        print("== shared data not there: second set skipped", flush=True)
    total, built, started = Count(), {}, time.monotonic()
    for suite in SUITES:
        wanted = suite.name in options.suites if options.suites else (options.long or not suite.long)
        if not wanted:
            continue
        if not build(suite.builds, built):
            total.add(Count(failed=1, notes=[f"-- {suite.name}: not run, its build failed"]))
            print(f"== {suite.name}: not run, its build failed", flush=True)
            continue
        begun = time.monotonic()
        count = suite.what(env)
        print(f"== {suite.name}: {count}, {time.monotonic() - begun:.0f} s", flush=True)
        for note in count.notes:
            print(note, flush=True)
        total.add(count)
    print(f"== everything: {time.monotonic() - started:.0f} s")
    print(total, flush=True)
    sys.exit(1 if total.failed or total.passed == 0 else 0)


if __name__ == "__main__":
    main()
