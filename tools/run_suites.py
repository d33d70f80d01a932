#!/usr/bin/env python3
"""Runs tenon_tests and tests/run_*.py of a build folder: run_suites.py BUILD [FILTER] [options for the run_*.py].

With --device cuda: those that use a GPU, on it; --part i/n runs every n-th test of the long ones. Each suite's last line says "N passed, N failed"; so does ours, with the sum. A suite that runs nothing has failed.
"""
import collections, concurrent.futures, json, os, pathlib, re, signal, subprocess, sys, tempfile, threading

ROOT = pathlib.Path(__file__).parent.parent
TIME_LIMIT = 20 * 60  # seconds a suite; one that hangs fails
ON_DEVICES = ("run_device", "run_models", "run_onnx_node_tests")  # what knows --device
FAILURE = re.compile(r"FAILED |\[  FAILED  \] ")  # how a line begins that says what failed
told = []  # of every run that failed: its name, and the first lines that say why
TOTALS = re.compile(r"(\d+) passed, (\d+) failed$")


def library(name):
    return subprocess.run(["g++", f"-print-file-name={name}"], capture_output=True, text=True).stdout.strip()


def sanitizer(build):
    """Which sanitizer a build folder was made with: "", "address,undefined" or "thread"."""
    cache = pathlib.Path(build, "CMakeCache.txt")
    found = cache.exists() and re.search(r"^TENON_SANITIZE:STRING=(.*)$", cache.read_text(), re.M)
    return found[1] if found else ""


def environment(build, python=False):
    """What a suite finds around it: the build's programs first in PATH, its Python package, the sanitizer's options."""
    build = pathlib.Path(build).resolve()
    env = dict(os.environ, PATH=f"{build}/bin{os.pathsep}{os.environ['PATH']}", PYTHONPATH=f"{build}/python")
    if "address" in sanitizer(build):
        # A malloc that is too big returns null, as without the sanitizer (operator new aborts); Python leaks by design.
        env["ASAN_OPTIONS"] = f"allocator_may_return_null=1:detect_leaks={0 if python else 1}"
        env["UBSAN_OPTIONS"] = "print_stacktrace=1"
        if python:  # the interpreter is not instrumented: the run-time library must be there before our module
            env["LD_PRELOAD"] = f"{library('libasan.so')} {library('libstdc++.so')}"
    if "thread" in sanitizer(build):
        env["TSAN_OPTIONS"] = f"halt_on_error=1:suppressions={ROOT}/tests/tsan.supp"
    return env


def unrandomised(build):
    """GCC 12's sanitizers need their usual address range, which newer kernels may take for other things."""
    command = ["setarch", os.uname().machine, "-R"]
    try:
        usable = sanitizer(build) and subprocess.run(command + ["true"], capture_output=True).returncode == 0
    except OSError:
        usable = False
    return command if usable else []


def run(command, env, time_limit=TIME_LIMIT):
    """Runs and shows a suite; returns its exit status and last line. What failed is kept for the end, see retell()."""
    last, said, tail = "", [], collections.deque(maxlen=20)
    process = subprocess.Popen(command, cwd=ROOT, env=env, text=True, errors="replace", stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, start_new_session=True)

    def stop():
        tail.append(f"stopped: {command[-1]} took more than {time_limit} s")
        print(tail[-1], flush=True)
        os.killpg(process.pid, signal.SIGKILL)

    limit = threading.Timer(time_limit, stop)
    limit.start()
    try:
        for line in process.stdout:
            print(line, end="", flush=True)
            last = line.strip() or last
            tail.append(line.rstrip())
            if FAILURE.match(line) and len(said) < 10 and line.rstrip() not in said:
                said.append(line.rstrip())
        status = process.wait()
        if status:
            told.append((" ".join(pathlib.Path(word).name for word in command[-2:]), said or list(tail)))
        return status, last
    finally:
        limit.cancel()


def retell():
    """Once more what failed, so that the end of a log says it: the first lines that do, or else the last ones."""
    for name, lines in told:
        print(f"\n---- {name} failed:", *lines, sep="\n")


def has_unit_tests(build, filter):
    program = pathlib.Path(build, "bin/tenon_tests").resolve()
    listed = subprocess.run([str(program), f"--gtest_filter={filter}", "--gtest_list_tests"], capture_output=True,
                            text=True, env=environment(build), cwd=ROOT)
    # A crash here is for the run to tell.
    return listed.returncode != 0 or re.search(r"^  \S", listed.stdout, re.M) is not None


def run_unit_tests(build, filter="*", part=(1, 1)):
    """(passed, failed) of those tests in tenon_tests that match; side by side where there are cores enough."""
    at_once = min(8, max(1, (os.cpu_count() or 1) // 4))
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        shards = [pool.submit(run_shard, build, filter, (part[0] - 1) * at_once + i, part[1] * at_once) for i in range(at_once)]
        counts = [s.result() for s in shards]
    passed, failed = sum(c[0] for c in counts), sum(c[1] for c in counts)
    return passed, failed or int(passed == 0)


def run_shard(build, filter, index, total):
    program = pathlib.Path(build, "bin/tenon_tests").resolve()
    env = environment(build) | {"GTEST_TOTAL_SHARDS": str(total), "GTEST_SHARD_INDEX": str(index)}
    command = unrandomised(build) + [str(program), f"--gtest_filter={filter}"]
    with tempfile.TemporaryDirectory() as folder:
        results = pathlib.Path(folder, "results.json")
        status, _ = run(command + ["--gtest_brief=1", f"--gtest_output=json:{results}"], env)
        if not results.exists():
            print(f"tenon_tests ended with status {status} and no results")
            return 0, 1
        counts = json.loads(results.read_text())
    skipped = sum(test["result"] == "SKIPPED" for suite in counts["testsuites"] for test in suite["testsuite"])
    passed = counts["tests"] - counts["failures"] - counts["disabled"] - skipped
    return passed, counts["failures"] or int(status != 0)


def counted(name, command, env):
    """(passed, failed) of a command whose last line says so."""
    status, last = run(command, env)
    totals = TOTALS.search(last)
    if not totals:
        print(f"{name} ended with status {status} and no totals")
        return 0, 1
    passed, failed = int(totals[1]), int(totals[2])
    return passed, failed or int(status != 0 or passed == 0)


def run_script(build, script, options=()):
    """(passed, failed) of one tests/run_*.py."""
    command = unrandomised(build) + [sys.executable, str(script), *options]
    return counted(script.name, command, environment(build, python=True))


def run_program(build, name, options=()):
    """(passed, failed) of a program in the build's bin folder."""
    program = str(pathlib.Path(build, "bin", name).resolve())
    return counted(name, unrandomised(build) + [program, *options], environment(build))


def scripts(part=""):
    return [s for s in sorted(ROOT.glob("tests/run_*.py")) if part in s.stem]


def main():
    build, words = sys.argv[1], sys.argv[2:]
    filter = words.pop(0) if words and not words[0].startswith("-") else ""
    chosen, unit_tests, part = scripts(filter), not words, (1, 1)
    if "--device" in words:
        device = words[words.index("--device") + 1]
        chosen = [s for s in chosen if s.stem in ON_DEVICES]
        os.environ["TENON_TEST_DEVICE"], os.environ["TENON_SOURCE_DIR"] = device, str(ROOT)
        if "--part" in words:
            part = tuple(map(int, words[words.index("--part") + 1].split("/")))
        unit_tests = True
    passed = failed = 0
    if unit_tests and has_unit_tests(build, f"*{filter}*"):
        passed, failed = run_unit_tests(build, f"*{filter}*", part)
    for script in chosen:
        print(f"== {script.relative_to(ROOT)}", flush=True)
        found = run_script(build, script, words)
        passed, failed = passed + found[0], failed + found[1]
    if passed + failed == 0:
        print(f"no test's name contains '{filter}'")
        failed = 1
    retell()
    print(f"{passed} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
