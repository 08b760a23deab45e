# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the durability tests share: an archive in a folder of its own, the programs, and reading what strace wrote."""
import concurrent.futures
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LETOPIS = os.environ.get("LETOPIS", os.path.join(ROOT, "build", "release", "letopis"))
MUTANT_BINARY = os.environ.get("LETOPIS_MUTANT_BINARY", os.path.join(ROOT, "build", "dev", "letopis"))
LONG = os.environ.get("LETOPIS_LONG") == "1"
SAMPLE = os.path.join(ROOT, "tests", "sample")


def size(short, long):
    """How often: for CI, or for the long run (LETOPIS_LONG=1). LETOPIS_DURABILITY_SCALE shrinks or grows the long one."""
    return max(short, int(long * float(os.environ.get("LETOPIS_DURABILITY_SCALE", "1")))) if LONG else short


def progress_file(name, program=LETOPIS):
    """Where a long test writes down what it has done: below LETOPIS_PROGRESS, for this very build. None: nowhere."""
    if not LONG or "LETOPIS_PROGRESS" not in os.environ:
        return None
    with open(program, "rb") as file:
        build = hashlib.sha256(file.read()).hexdigest()[:12]
    os.makedirs(os.environ["LETOPIS_PROGRESS"], exist_ok=True)
    return os.path.join(os.environ["LETOPIS_PROGRESS"], f"{name}-{build}")


class Pieces:
    """The pieces of a long test. With LETOPIS_PROGRESS=FOLDER each finished one is written down there, for this very build, and another run goes on
    behind it; LETOPIS_SHARD=K/N takes every N-th."""

    def __init__(self, name, pieces):
        shard, shards = map(int, os.environ.get("LETOPIS_SHARD", "0/1").split("/"))
        mine = list(pieces)[shard % shards::shards]
        self.path, finished = progress_file(name), set()
        if self.path and os.path.exists(self.path):
            with open(self.path, encoding="utf-8") as file:
                finished = set(file.read().splitlines())
        self.left = [piece for piece in mine if str(piece) not in finished]
        self.all, self.lock = len(mine), threading.Lock()

    def __iter__(self):
        for piece in self.left:
            yield piece
            self.done(piece)

    def done(self, piece):
        with self.lock:
            if self.path:
                with open(self.path, "a", encoding="utf-8") as file:
                    file.write(f"{piece}\n")

    def map(self, check):
        """What check(piece) found, of all pieces, two at a time; those without findings are finished."""
        def one(piece):
            found = check(piece)
            if not found:
                self.done(piece)
            return found
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            return [fault for faults in pool.map(one, self.left) for fault in faults]


class Program:
    """letopis and the appender beside it, of one build, with one deliberate fault or none."""

    def __init__(self, letopis=LETOPIS, mutant=""):
        self.letopis = letopis
        self.torture = os.path.join(os.path.dirname(letopis), "journal_torture")
        self.env = {name: value for name, value in os.environ.items() if name not in ("LETOPIS_MUTANT", "LETOPIS_ARCHIVE", "LETOPIS_KEY_FILE")}
        # Leak checking does not work under strace; it is the unit tests' work.
        self.env["ASAN_OPTIONS"] = "detect_leaks=0"
        self.sanitized = letopis != LETOPIS
        if mutant:
            self.env["LETOPIS_MUTANT"] = mutant


RELEASE = Program()


class Archive:
    def __init__(self, program=RELEASE, folder=None):
        self.program = program
        self.own = folder is None
        self.folder = folder or tempfile.mkdtemp(prefix="letopis-durability-")
        self.path = os.path.join(self.folder, "a")
        self.key = self.path + ".key"

    def init(self, *arguments):
        self.letopis("init", "--host", "t", "--disk-reserve", "0", *arguments)
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()

    def remove(self):
        if self.own:
            shutil.rmtree(self.folder, ignore_errors=True)

    def copy(self):
        other = Archive(self.program)
        shutil.copytree(self.path, other.path)
        shutil.copy(self.key, other.key)
        return other

    def command(self, *arguments):
        return [self.program.letopis, "--archive", self.path, *arguments]

    def run(self, *arguments, env=None, prefix=(), cwd=None):
        return subprocess.run([*prefix, *self.command(*arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=dict(self.program.env, **(env or {})), cwd=cwd)

    def letopis(self, *arguments, expect=0):
        done = self.run(*arguments)
        if done.returncode != expect:
            raise AssertionError(f"letopis {' '.join(arguments)}: exit code {done.returncode}, not {expect}\n"
                                 f"{done.stdout[-1500:].decode('utf-8', 'replace')}{done.stderr[-1500:].decode('utf-8', 'replace')}")
        return done.stdout

    def json(self, *arguments, expect=0):
        return json.loads(self.letopis("--json", *arguments, expect=expect))

    def torture_command(self, what, *arguments):
        return [self.program.torture, what, self.path, self.key, *map(str, arguments)]

    def torture(self, what, *arguments, prefix=(), stdin=b"", before=None):
        return subprocess.run([*prefix, *self.torture_command(what, *arguments)], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=self.program.env, preexec_fn=before)

    def sql(self, label, text):
        done = self.torture("sql", label, text)
        if done.returncode != 0:
            raise AssertionError(f"{label}: {text}: {done.stderr.decode()}")
        return [line.split("|") for line in done.stdout.decode("utf-8", "replace").splitlines()]

    def verify(self, *more):
        """(exit code, what was found) of `verify --deep`; found is a list of "where: what"."""
        done = self.run("--json", "verify", "--deep", *more)
        try:
            found = json.loads(done.stdout)
            problems = [f"{one['where']}: {one['what']}" for one in found.get("problems", [])]
            if "error" in found:
                problems.append(found["error"]["what"])
        except ValueError:
            problems = [done.stdout.decode("utf-8", "replace")]
        if done.returncode not in (0, 4):
            problems.append(done.stderr.decode("utf-8", "replace").strip())
        return done.returncode, problems

    def files(self):
        found = []
        for folder, _, names in os.walk(self.path):
            found += [os.path.relpath(os.path.join(folder, name), self.path) for name in names if os.path.isfile(os.path.join(folder, name))]
        return sorted(found)


def acks_of(output):
    return [line for line in output.decode("utf-8", "replace").splitlines() if line.startswith("ack ") and line.count(" ") == 3]


def whole_lines(output):
    """A killed process may leave half a line: that one was not said."""
    return output[:output.rfind(b"\n") + 1]


def mails_of(path):
    with open(path, "rb") as file:
        return re.split(rb"(?:\A|(?<=\n)\n)From [^\n]+\n", file.read())[1:]


def digest(data):
    return hashlib.sha256(data.rstrip(b"\n")).hexdigest()


def exported_digests(archive, query=""):
    out = os.path.join(archive.folder, "exported")
    shutil.rmtree(out, ignore_errors=True)
    archive.letopis("export", "--as", "eml", query, out)
    found = []
    for folder, _, names in os.walk(out):
        for name in names:
            if name.endswith(".eml"):
                with open(os.path.join(folder, name), "rb") as file:
                    found.append(digest(file.read()))
    shutil.rmtree(out, ignore_errors=True)
    return sorted(found)


CALL = re.compile(r"^(?:\[pid +\d+\] |\d+ +)?(\w+)\((.*)\) += +(-?\d+)")
PARTED = re.compile(r"^(\d+ +|\[pid +\d+\] )(.*) <unfinished \.\.\.>$")
RESUMED = re.compile(r"^(\d+ +|\[pid +\d+\] )<\.\.\. \w+ resumed>(.*)$")


def calls_of(trace):
    """(name, arguments, result) of every finished call, in the order of their ends; calls of several threads are put together again."""
    waiting = {}
    with open(trace, encoding="utf-8", errors="replace") as file:
        for line in file:
            parted, resumed = PARTED.match(line), RESUMED.match(line)
            if parted:
                waiting[parted.group(1).strip()] = parted.group(2)
                continue
            if resumed:
                line = resumed.group(1) + waiting.pop(resumed.group(1).strip(), "") + resumed.group(2)
            found = CALL.match(line)
            if found:
                yield found.group(1), found.group(2), int(found.group(3))


def path_of(argument):
    """The path in `3</a/b>`, as strace -y writes descriptors."""
    found = re.search(r"\d+<([^>]*)>", argument)
    return found.group(1) if found else ""


def strings_of(arguments):
    return re.findall(r'"((?:[^"\\]|\\.)*)"', arguments)


def unsynced(trace, archive, is_promise):
    """Every promise that was given before what it promises was synced, as sentences. A promise is a call that is_promise(name,
    arguments) names: an acknowledgement, a signed head, an answer. Files are synced before they get their name, names before the promise."""
    dirty_wal, dirty_files, dirty_names, faults = False, set(), set(), []
    wal = os.path.join(archive, "live.db-wal")
    for name, arguments, result in calls_of(trace):
        if result < 0:
            continue
        if is_promise(name, arguments):
            if dirty_wal:
                faults.append(f"promised before the write-ahead log was synced: {name}({arguments[:90]}")
            faults += [f"promised before the file was synced: {path}" for path in sorted(dirty_files) if "/objects/" in path]
            faults += [f"promised before the directory was synced: {path}" for path in sorted(dirty_names)]
            dirty_names.clear()
        if name in ("pwrite64", "write", "ftruncate"):
            path = path_of(arguments.split(",")[0])
            if path == wal and name != "ftruncate":
                dirty_wal = True
            elif path.startswith(archive):
                dirty_files.add(path)
        elif name in ("fsync", "fdatasync"):
            path = path_of(arguments)
            if path == wal:
                dirty_wal = False
            dirty_files.discard(path)
            dirty_names.discard(path)
        elif name == "openat" and "O_CREAT" in arguments and "/objects/" in arguments:
            dirty_names.add(os.path.dirname(strings_of(arguments)[0]))
        elif name in ("rename", "renameat", "renameat2"):
            source, target = strings_of(arguments)[:2]
            if target.startswith(archive) and not target.startswith((archive + "/index", archive + "/catalog")):
                if source in dirty_files:
                    faults.append(f"named before it was synced: {target}")
                dirty_files.discard(source)
                dirty_names.add(os.path.dirname(target))
    return faults
