#!/usr/bin/env python3
"""Parts of graphs that are known to break inference libraries, each as small generated models whose inputs hold the traps.

    run_graph_problems.py [--filter TEXT] [--times]

The problems are in graph_problems/, a file a family; a case is a function whose name begins with test_. Answers are ONNX Runtime's, or where it
is wrong or lacks the operator those of ONNX's evaluator or of numpy by the operator's definition: the case says which.
"""
import argparse
import importlib
import pathlib
import sys
import time
import traceback

FOLDER = pathlib.Path(__file__).resolve().parent / "graph_problems"
sys.path.insert(0, str(FOLDER))


def cases():
    for path in sorted(FOLDER.glob("*.py")):
        module = importlib.import_module(path.stem)
        for name, case in list(vars(module).items()):
            if name.startswith("test_"):
                yield f"{path.stem}: {name}", case


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--filter", default="")
    p.add_argument("--times", action="store_true", help="seconds of each case")
    options, _ = p.parse_known_args()
    passed = failed = 0
    for name, case in cases():
        if options.filter not in name:
            continue
        start = time.monotonic()
        try:
            case()
            passed += 1
        except Exception:
            failed += 1
            print(f"{name}: {traceback.format_exc(limit=-4)}", flush=True)
        if options.times:
            print(f"{time.monotonic() - start:6.2f} s {name}", flush=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0 or not passed)


if __name__ == "__main__":
    main()
