#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Measures what the README of this folder tells, and prints it as Markdown.

  bench/run.py [--mails 100000] [--short 1000000] [--work DIR] [--keep] [--skip-peers]

Needs a built release (./run --build-only). notmuch and mu are measured on the same mail when they are installed.
"""
import argparse, json, os, re, shutil, statistics, subprocess, sys, time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LETOPIS = ROOT / "build/release/letopis"

QUERIES = {
    "rare word": ["{rare}"], "common word": ["договор", "заказ", "клиент", "оплата"], "two common words": ["договор поставки", "заказ склад", "монтаж окон", "счёт оплата"],
    "phrase": ['"условия поставки"', '"акт сверки"', '"монтаж окон"', '"закрывающие документы"'], "exact": ['="договору"', '="условия поставки"'], "prefix": ["постав*", "согласов*", "докумен*"],
    "either": ["претензия OR гарантия", "скидка OR предоплата"], "without": ["договор -поставки", "заказ -склад"], "by sender": ["from:мария договор", "from:олег"],
    "dates": ["договор after:2021-01-01 before:2021-06-01", "заказ on:2022-03-15"],
}


def run(*command, **more):
    return subprocess.run([str(c) for c in command], check=True, capture_output=True, text=True, **more)


def timed(*command, env=None):
    """Seconds, peak memory of the largest process and of the whole tree in MiB (sampled), standard output."""
    start = time.monotonic()
    process = subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
    peak = 0
    while process.poll() is None:
        peak = max(peak, tree_memory(process.pid))
        time.sleep(0.05)
    out, error = process.communicate()
    if process.returncode not in (0, 1):
        sys.exit(f"{command}: {error}")
    return time.monotonic() - start, peak / 1024, out, error


def tree_memory(root):
    """Proportional set size (KiB) of a process and its children: shared pages count once."""
    total, todo = 0, [root]
    while todo:
        pid = todo.pop()
        try:
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
            for task in Path(f"/proc/{pid}/task").iterdir():
                todo += [int(c) for c in (task / "children").read_text().split()]
        except (OSError, ValueError):
            pass
    return total


def size_of(folder):
    return sum(f.stat().st_size for f in Path(folder).rglob("*") if f.is_file())


def letopis(archive, *arguments):
    return run(LETOPIS, "--archive", archive, *arguments).stdout


def machine():
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())
    probe = ROOT / "build/sync-probe"
    times = []
    with open(probe, "wb") as file:
        for _ in range(200):
            file.write(b"x" * 8192)
            file.flush()
            start = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - start) * 1000)
    probe.unlink()
    times.sort()
    commit = run("git", "-C", ROOT, "rev-parse", "--short", "HEAD").stdout.strip()
    return (f"{os.cpu_count()} cores ({cpu[1].strip() if cpu else '?'}), {int(memory[1]) // 2**20} GiB, sync p50 {times[100]:.2f} ms p99 {times[198]:.2f} ms, "
            f"load {os.getloadavg()[0]:.1f}, commit {commit}, {time.strftime('%Y-%m-%d')}")


def import_into(archive, data, count):
    shutil.rmtree(archive, ignore_errors=True)
    Path(f"{archive}.key").unlink(missing_ok=True)
    letopis(archive, "init", "--disk-reserve", "0")
    seconds, peak, out, error = timed(LETOPIS, "--archive", archive, "--quiet", "import", "--json", "--budget", data)
    stored = json.loads(out)["stored"]
    assert stored == count, (stored, count)
    return seconds, peak, error


def import_of(work, name, data, count):
    archive = work / name
    seconds, peak, error = import_into(archive, data, count)
    budget = [line for line in error.splitlines() if "µs a message" in line][-1]
    total, bodies = size_of(archive), size_of(archive / "bodies") + size_of(archive / "journal") + size_of(archive / "objects") + (archive / "live.db").stat().st_size
    print(f"| {name} | {count} | {seconds:.1f} | {count / seconds:.0f} | {peak:.0f} | {total / count:.0f} | {total / data.stat().st_size:.2f}× | {bodies / data.stat().st_size:.2f}× |")
    print(f"\n{name}: {budget}\n")
    return archive


def maildir_of(mbox, target):
    """One file a mail for the peers; our generated mbox has no unquoted From_ lines."""
    shutil.rmtree(target, ignore_errors=True)
    for part in ("cur", "new", "tmp"):
        (target / part).mkdir(parents=True)
    number, out = 0, None
    with open(mbox, "rb") as source:
        for line in source:
            if line.startswith(b"From "):
                if out:
                    out.close()
                number += 1
                out = open(target / "cur" / f"{number}.bench:2,S", "wb")
            else:
                out.write(line)
    out.close()


def peers(work, mbox, count):
    """Each peer is compared with our imports just before and just after it: machines change their speed from minute to minute."""
    mail = work / "maildir"
    maildir_of(mbox, mail)
    ours = [import_into(work / "again", mbox, count)[0]]

    def row(name, seconds, index):
        ours.append(import_into(work / "again", mbox, count)[0])
        print(f"| {name} | {count / seconds:.0f} | {index / mbox.stat().st_size:.2f}× | {seconds / statistics.mean(ours[-2:]):.1f} ({count / statistics.mean(ours[-2:]):.0f} mails/s) |", flush=True)

    if shutil.which("notmuch"):
        config = work / "notmuch-config"
        shutil.rmtree(mail / ".notmuch", ignore_errors=True)
        config.write_text(f"[database]\npath={mail}\n[user]\nname=bench\nprimary_email=bench@bench.example\n[new]\ntags=\n")
        seconds, _, _, _ = timed("notmuch", "new", "--quiet", env={**os.environ, "NOTMUCH_CONFIG": str(config)})
        row("notmuch new", seconds, size_of(mail / ".notmuch"))
        shutil.rmtree(mail / ".notmuch")
    if shutil.which("mu"):
        home = work / "mu"
        shutil.rmtree(home, ignore_errors=True)
        run("mu", "init", f"--maildir={mail}", f"--muhome={home}")
        seconds, _, _, _ = timed("mu", "index", "--quiet", f"--muhome={home}")
        row("mu index", seconds, size_of(home))
    shutil.rmtree(mail, ignore_errors=True)


def percentiles(times):
    times = sorted(times)
    return statistics.median(times), times[min(len(times) - 1, int(len(times) * 0.99))]


def cli_queries(archive):
    whole, waits = [], []
    for kind, queries in QUERIES.items():
        times = []
        for query in queries:
            query = query.replace("{rare}", "раветижун")
            for _ in range(5):
                start = time.perf_counter()
                out = json.loads(letopis(archive, "search", "--json", "--no-facets", query))
                elapsed = (time.perf_counter() - start) * 1000
                times.append(elapsed - out["access_record_ms"])
                waits.append(out["access_record_ms"])
        p50, p99 = percentiles(times)
        whole += times
        print(f"| {kind} | {p50:.1f} | {p99:.1f} |")
    print(f"| all | {percentiles(whole)[0]:.1f} | {percentiles(whole)[1]:.1f} |")
    print(f"\nbeside it the wait for the access record: p50 {percentiles(waits)[0]:.2f} ms, p99 {percentiles(waits)[1]:.2f} ms\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mails", type=int, default=100_000)
    parser.add_argument("--short", type=int, default=1_000_000)
    parser.add_argument("--work", type=Path, default=ROOT / "build/bench")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--skip-peers", action="store_true")
    options = parser.parse_args()
    work = options.work
    work.mkdir(parents=True, exist_ok=True)
    print(f"Machine: {machine()}\n", flush=True)
    mbox, short = work / "mails.mbox", work / "short.jsonl"
    run(LETOPIS, "bench-data", "--kind", "mail", "--messages", options.mails, mbox)
    run(LETOPIS, "bench-data", "--kind", "short", "--messages", options.short, short)
    print(f"mails: {options.mails}, {mbox.stat().st_size / options.mails:.0f} bytes each; short: {options.short}, {short.stat().st_size / options.short:.0f} bytes each as JSON lines\n")
    print("| import | messages | s | messages/s | peak MiB, all processes | bytes a message on disk | × input | journal and bodies × input |\n|---|---:|---:|---:|---:|---:|---:|---:|")
    mails = import_of(work, "mails", mbox, options.mails)
    chats = import_of(work, "short", short, options.short)
    if not options.skip_peers:
        print("| the same mails | mails/s | index × text | our import is faster by |\n|---|---:|---:|---:|", flush=True)
        peers(work, mbox, options.mails)
    print("\n| rebuild and verify | messages/s | MiB/s |\n|---|---:|---:|")
    for name, archive, count in (("mails", mails, options.mails), ("short", chats, options.short)):
        seconds, _, _, _ = timed(LETOPIS, "--archive", archive, "--quiet", "rebuild")
        print(f"| rebuild {name} | {count / seconds:.0f} | |")
        for mode in ((), ("--deep",)):
            seconds, _, out, _ = timed(LETOPIS, "--archive", archive, "--quiet", "verify", "--json", *mode)
            result = json.loads(out)
            assert result["ok"], result
            print(f"| verify {' '.join(mode)} {name} | {count / seconds:.0f} | {result['bytes'] / 2**20 / seconds:.0f} |", flush=True)
    print(f"\n| command line, whole process, {options.short} short messages | p50 ms | p99 ms |\n|---|---:|---:|")
    cli_queries(chats)
    if not options.keep:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
