#!/usr/bin/env python3
"""Everything that CI checks, quick things first. The last line is "N passed, N failed"."""
import os, subprocess, sys, time

import run_suites
from run_suites import ROOT

rows = []
BUILD_LIMIT = 4 * 60 * 60  # seconds: from nothing, on few cores


def step(name, action):
    """Runs one step, whose action returns (passed, failed); True when nothing failed."""
    print(f"\n==== {name}", flush=True)
    start = time.monotonic()
    passed, failed = action()
    rows.append((name, passed, failed, time.monotonic() - start))
    return failed == 0


def succeeds(*command):
    """A command as a check of its own."""
    def action():
        good = run_suites.run(command, os.environ, BUILD_LIMIT)[0] == 0
        return int(good), int(not good)
    return action


def unit_tests(preset, filter="*"):
    return lambda: run_suites.run_unit_tests(ROOT / "build" / preset, filter)


def program(preset, name, *options):
    return lambda: run_suites.run_program(ROOT / "build" / preset, name, options)


def script(preset, path):
    return lambda: run_suites.run_script(ROOT / "build" / preset, path)


def build(preset, *targets):
    return step(f"build {preset}", succeeds("./dev", "build", preset, *targets))


def finds_a_planted_race(preset):
    """The thread sanitizer as it is set up here sees what it must; else its silence means nothing."""
    def action():
        folder = ROOT / "build" / preset
        run = subprocess.run([*run_suites.unrandomised(folder), str(folder / "bin/planted_race")], text=True,
                             capture_output=True, env=run_suites.environment(folder))
        found = run.returncode != 0 and "WARNING: ThreadSanitizer: data race" in run.stderr
        print("found" if found else f"not found: status {run.returncode}\n{run.stdout}{run.stderr}")
        return int(found), int(not found)
    return action


def check():
    step("format", succeeds("./dev", "fmt", "--check"))
    step("layers", succeeds("tools/check_layers.py"))
    step("layers, planted faults", succeeds("tools/check_layers.py", "--self-test"))
    step("folders", succeeds("tools/check_folders.py"))
    step("generated pages", succeeds("tools/write_docs.py", "--check"))

    if not build("dev"):
        return  # the other builds would fail for the same reason
    step("unit tests", unit_tests("dev"))
    for suite in run_suites.scripts():
        step(suite.stem, script("dev", suite))
    step("demo", succeeds("./dev", "demo"))

    # Hostile files once more where a lucky read is seen.
    if build("asan", "tenon_tests", "hostile"):
        step("unit tests, asan", unit_tests("asan"))
        step("hostile files, asan", program("asan", "hostile", "examples/digits/digits.onnx", "--all"))
    if build("tsan", "tenon_tests", "planted_race"):
        step("planted race, tsan", finds_a_planted_race("tsan"))
        step("unit tests, tsan", unit_tests("tsan", "*Threads*:*Workers*"))
    if build("no_onednn", "tenon_tests"):
        step("unit tests, no_onednn", unit_tests("no_onednn"))


if __name__ == "__main__":
    check()
    run_suites.retell()
    print()
    for name, passed, failed, seconds in rows:
        print(f"{name:32} {passed:6} passed {failed:4} failed {seconds:7.1f} s")
    failed = sum(row[2] for row in rows)
    print(f"{sum(row[1] for row in rows)} passed, {failed} failed")
    sys.exit(failed > 0)
