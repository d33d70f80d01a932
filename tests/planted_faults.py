#!/usr/bin/env python3
"""Do the random networks find faults? Plants those of random_networks/faults.py one by one, builds, and runs networks until one fails.

    planted_faults.py [--filter TEXT] [--first N] [--seconds 600] [--jobs 2] [--here]

Heavy, by hand. Works in a clone, build/planted, which it makes and builds once; with --here in the tree it lies in, which has to be a clean copy with a
finished build. A fault whose old text no longer stands there once is a failure, as is one that no network finds.
"""
import argparse
import os
import pathlib
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests" / "random_networks"), str(ROOT / "tools")]
import faults  # noqa: E402
import run_suites  # noqa: E402

BUILD = ROOT / "build" / "dev"


def misplaced(fault):
    path, old, new = fault
    count = (ROOT / "src" / path).read_text().count(old)
    return None if count == 1 and old != new else f"{path}: the old text stands there {count} times: {old}"


def build():
    """None, or the first lines that say why not."""
    run = subprocess.run(["ninja", "-C", str(BUILD), "_tenon"], capture_output=True, text=True)
    return None if run.returncode == 0 else next((line for line in run.stdout.splitlines() if "error:" in line), run.stdout[-300:])


def first_failure(seconds, jobs):
    """The line of the first network that fails within that time, or None."""
    command = [sys.executable, str(ROOT / "tests" / "run_random_networks.py"), "--count", "1000000", "--jobs", str(jobs), "--first"]
    run = subprocess.Popen(command, cwd=ROOT, env=run_suites.environment(BUILD, python=True), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           start_new_session=True)
    try:
        text, _ = run.communicate(timeout=seconds)
        line = next((line for line in text.splitlines() if line.startswith("FAILED seed ")), None)
        if run.returncode and not line:                     # killed, or it could not even start: that finds nothing
            raise SystemExit(f"the networks did not run: status {run.returncode}, {text[-300:]}")
        return line
    except subprocess.TimeoutExpired:
        os.killpg(run.pid, signal.SIGKILL)
        run.communicate()
        return None


def try_one(fault, seconds, jobs):
    """(found, what it says)"""
    path, old, new = fault
    file = ROOT / "src" / path
    text = file.read_text()
    try:
        file.write_text(text.replace(old, new))
        start = time.monotonic()
        if why := build():
            return False, f"does not build: {why}"
        built = time.monotonic()
        line = first_failure(seconds, jobs)
        took = f"built in {built - start:.0f} s, {time.monotonic() - built:.0f} s of networks"
        return line is not None, f"{took}: {line[:160] if line else 'none failed'}"
    finally:
        file.write_text(text)


def in_a_clone(words):
    clone = ROOT / "build" / "planted"
    if not clone.exists():
        subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
        os.symlink(ROOT / ".venv", clone / ".venv")
    else:
        subprocess.run(["git", "-C", str(clone), "pull", "-q"], check=True)
    subprocess.run(["cmake", "--preset", "dev"], cwd=clone, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", "build/dev", "_tenon"], cwd=clone, check=True)
    return subprocess.run([sys.executable, str(clone / "tests" / "planted_faults.py"), "--here", *words]).returncode


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--filter", default="", help="only faults whose file or texts contain this")
    p.add_argument("--first", type=int, help="only so many")
    p.add_argument("--seconds", type=float, default=600, help="of networks for each fault")
    p.add_argument("--jobs", type=int, default=min(8, os.cpu_count()))
    p.add_argument("--check", action="store_true", help="only whether all old texts stand there")
    p.add_argument("--here", action="store_true", help="plant in this very tree")
    a = p.parse_args()
    if not a.here and not a.check:
        return in_a_clone(sys.argv[1:])
    failed = [why for fault in faults.FAULTS if (why := misplaced(fault))]
    for why in failed:
        print(f"FAILED {why}")
    if failed or a.check:
        print(f"{len(faults.FAULTS) - len(failed)} passed, {len(failed)} failed")
        return int(bool(failed))
    if subprocess.run(["git", "status", "--porcelain", "--untracked-files=no"], cwd=ROOT, capture_output=True, text=True).stdout:
        sys.exit("the tree has changes of its own: faults go into a clean copy")
    chosen = [f for f in faults.FAULTS if any(a.filter in part for part in f)][:a.first]
    found = 0
    for i, fault in enumerate(chosen):
        hit, says = try_one(fault, a.seconds, a.jobs)
        found += hit
        print(f"{i + 1}/{len(chosen)} {'found' if hit else 'FAILED not found'}: {fault[0]}: {' '.join(fault[1].split())[:70]}\n    {says}", flush=True)
    if why := build():
        sys.exit(f"restored, but it does not build: {why}")
    print(f"{found} passed, {len(chosen) - found} failed")
    return int(found < len(chosen) or not chosen)


if __name__ == "__main__":
    sys.exit(main())
