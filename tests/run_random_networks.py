#!/usr/bin/env python3
"""Random networks: optimised, saved, on two threads and by each provider alone, against the references in doubles and ONNX Runtime.

    run_random_networks.py [--seconds 60 | --count 10000] [--seed 1] [--jobs 2] [--report]

Prints what failed with its seed (tests/random_networks/worker.py SEED repeats one), what of kernels and rules was hit, and `N passed, N failed`.
"""
import argparse
import collections
import itertools
import os
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "onnx_node"))
import pool  # noqa: E402

import tenon  # noqa: E402

LIMIT_S = 60


def share(hit, all):
    missing = [name for name in all if name not in hit]
    return f"{len(all) - len(missing)} of {len(all)}" + (f", not {', '.join(missing)}" if missing else "")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--seconds", type=float, default=45)
    p.add_argument("--count", type=int, help="so many networks, however long it takes")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--jobs", type=int, default=min(4, os.cpu_count()))
    p.add_argument("--report", action="store_true", help="how often each kernel and rule was hit, and all refusals")
    a = p.parse_args()
    verdicts, refusals, stats = (collections.Counter() for _ in range(3))
    failures = []
    end = time.monotonic() + a.seconds

    def jobs():
        for i in range(a.count) if a.count else itertools.count():
            if not a.count and time.monotonic() > end:
                return
            yield {"seed": a.seed + i, "modes": ["all"]}

    def on_result(job, answers):
        verdict, reason, more = answers["all"]
        verdicts["failed" if verdict == "crashed" else verdict] += 1
        if verdict in ("failed", "crashed"):
            failures.append(f"seed {job['seed']}: {verdict}: {reason}")
            print(failures[-1], flush=True)
        if verdict == "refused":
            refusals[reason] += 1
        stats.update(more.get("stats", {}))
    pool.run(jobs(), a.jobs, LIMIT_S, on_result, HERE / "random_networks" / "worker.py")
    all = tenon.catalogue()
    hit = {kind: {k.split("/", 1)[1] for k in stats if k.startswith(kind + "/")} for kind in ("kernel", "rule")}
    print(f"kernels hit: {share(hit['kernel'], all['kernels'])}")
    print(f"rules hit: {share(hit['rule'], all['rules'])}")
    print(f"refused: {verdicts['refused']}; ONNX Runtime took no part: {int(stats['ort refused'])}")
    if a.report:
        for name, count in sorted(stats.items()) + refusals.most_common():
            print(f"{int(count):9}  {name}")
    print(f"{verdicts['passed'] + verdicts['refused']} passed, {verdicts['failed']} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
