#!/usr/bin/env python3
"""Runs the node tests that come with the onnx package, each optimised, as it stands, and saved and loaded again.

    run_onnx_node_tests.py [--filter TEXT] [--part i/n] [--known] [--symbolic] [--report] [--json FILE]

right: every output is as expected; refused: Tenon says that it does not support something; wrong, crashed and error are failures.
"""
import argparse
import collections
import json
import os
import pathlib
import re
import shutil
import sys
import time

import onnx

sys.path.insert(0, str(pathlib.Path(__file__).parent / "onnx_node"))
import disputed
import drawn
import page
import pool

PAGE = pathlib.Path(__file__).resolve().parent.parent / "docs/onnx_status.md"

EXPECTED = {"1.22.0": 1765}                                 # tests in a release of the package; a new release adds a row
MODES = ["optimised", "plain", "saved"]
VERDICTS = ["right", "refused", "wrong", "error", "crashed"]      # from good to bad: a test is as good as its worst mode
FAILURES = VERDICTS[2:]


def bundled_data():
    """ONNX's test data beside the programs in PATH: tools/gpu_bundle.py puts them there for machines whose onnx has none."""
    program = shutil.which("tenon")
    folder = program and pathlib.Path(program).resolve().parent.parent / "onnx_data"
    return folder if folder and folder.is_dir() else None


def find_tests(data):
    folder = (data or pathlib.Path(onnx.__file__).parent / "backend/test/data") / "node"
    tests = sorted(p.parent for p in folder.glob("*/model.onnx"))
    if len(tests) not in EXPECTED.values() if data else EXPECTED.get(onnx.__version__) != len(tests):
        raise SystemExit(f"onnx {onnx.__version__} has {len(tests)} node tests; known are {EXPECTED}")
    return tests


def operator_of(test, ops):
    """The operator a test is about; an …_expanded test holds a function's body and belongs to the function."""
    base = re.sub(r"_expanded.*$", "", test)
    if base in ops and len(ops[base]) == 1:
        return ops[base][0]
    return ops[test][0] if len(ops[test]) == 1 else " + ".join(sorted(set(ops[test])))


def worst(verdicts):
    mode = max(verdicts, key=lambda m: VERDICTS.index(verdicts[m][0]))
    verdict, reason, _ = verdicts[mode]
    everywhere = len({v for v, *_ in verdicts.values()}) == 1
    return verdict, reason if verdict == "right" or everywhere else f"{mode}: {reason}"


def print_report(rows):
    by_operator = collections.defaultdict(list)
    for row in rows:
        by_operator[row["operator"]].append(row)
    width = min(40, max(map(len, by_operator)))
    print(f"{'operator':{width}} tests " + " ".join(f"{v:>7}" for v in VERDICTS))
    for operator in sorted(by_operator, key=str.lower):
        mine = by_operator[operator]
        counts = collections.Counter(r["verdict"] for r in mine)
        print(f"{operator[:width]:{width}} {len(mine):5} " + " ".join(f"{counts[v] or '.':>7}" for v in VERDICTS))
    for verdict in VERDICTS[1:]:
        reasons = collections.defaultdict(list)
        for row in rows:
            if row["verdict"] == verdict:
                reasons[row["reason"]].append(row["operator"])
        if reasons:
            print(f"\n{verdict}, by reason")
        for reason, operators in sorted(reasons.items(), key=lambda item: -len(item[1])):
            named = collections.Counter(operators).most_common(4)
            print(f"{len(operators):5}  {reason[:150]}  [{', '.join(o[:30] for o, _ in named)}{', …' if len(set(operators)) > 4 else ''}]")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--filter", default="", help="only tests whose name contains this")
    p.add_argument("--part", default="1/1", metavar="i/n", help="every n-th test, from the i-th")
    p.add_argument("--data", type=pathlib.Path, metavar="FOLDER", help="ONNX's test data, where the package comes without it")
    p.add_argument("--known", action="store_true", help="lists and single numbers become initializers: the tests hand in as inputs what models have as constants")
    p.add_argument("--symbolic", action="store_true", help="extents of inputs become symbols, equal ones the same symbol")
    p.add_argument("--report", action="store_true", help="a table by operator, and the reasons")
    p.add_argument("--json", metavar="FILE")
    p.add_argument("--page", type=pathlib.Path, metavar="FILE", help="writes the page of the docs; a full run compares with it")
    p.add_argument("--workers", type=int, default=min(4, os.cpu_count() or 1))
    p.add_argument("--limit", type=float, default=20, metavar="S", help="seconds a test may take")
    p.add_argument("--device", default="cpu")
    p.add_argument("--threads", type=int, default=2)
    a = p.parse_args()
    i, n = map(int, a.part.split("/"))
    tests = find_tests(a.data or bundled_data())
    ops = {t.name: [node.op_type for node in onnx.load(t / "model.onnx").graph.node] for t in tests}
    chosen = [t for t in tests if a.filter in t.name][i - 1::n]
    if not chosen:
        raise SystemExit(f"no test's name contains {a.filter!r}")
    jobs = [{"folder": str(t), "modes": MODES, "tolerance": "node", "device": a.device, "threads": a.threads, "options": {"tuning_ms": 0}, "known": a.known, "symbolic": a.symbolic} for t in chosen]
    rows, start = [], time.monotonic()

    def note(job, verdicts):
        test = pathlib.Path(job["folder"]).name
        verdict, reason = worst(verdicts)
        if verdict == "wrong" and test in disputed.DISPUTED:
            verdict, reason = "refused", disputed.DISPUTED[test]
        rows.append({"test": test, "operator": operator_of(test, ops), "verdict": verdict, "reason": reason, "modes": {m: v[:2] for m, v in verdicts.items()}})
        if verdict in FAILURES:
            print(f"{verdict:8} {test}: {reason[:240]}", flush=True)

    pool.run(jobs, a.workers, a.limit, note)
    rows.sort(key=lambda r: r["test"])
    counts = collections.Counter(r["verdict"] for r in rows)
    if a.report:
        print_report(rows)
    if a.json:
        pathlib.Path(a.json).write_text(json.dumps({"onnx": onnx.__version__, "counts": counts, "tests": rows}, indent=1))
    if a.page:
        a.page.write_text(page.page(rows, onnx.__version__))
    by_promise = sum(r["verdict"] == "right" and drawn.is_drawn(r["test"]) for r in rows)
    print(f"{len(rows)} tests in {time.monotonic() - start:.0f} s: " + ", ".join(f"{counts[v]} {v}" for v in VERDICTS))
    if by_promise:
        print(f"{by_promise} of the right ones draw random numbers and are judged by type, shape and range")
    failed = sum(counts[v] for v in FAILURES)
    whole = len(chosen) == len(tests) and a.device == "cpu" and not (a.known or a.symbolic) and onnx.__version__ in EXPECTED
    if whole and PAGE.read_text() != page.page(rows, onnx.__version__):
        print(f"docs/{PAGE.name} says otherwise: write it with --page docs/{PAGE.name}")
        failed += 1
    print(f"{counts['refused']} refused")
    print(f"{counts['right']} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
