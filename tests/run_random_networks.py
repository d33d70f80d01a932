#!/usr/bin/env python3
"""Random networks: optimised, saved, on two threads, by each provider alone and with open extents, against the references in doubles and ONNX Runtime.

    run_random_networks.py [--count 2000] [--seed 1] [--jobs 2] [--report] [--first] [--device cuda]

By hand, for a night: --count 50000 --seed 100001. What failed stands at the end with its seed: random_networks/worker.py SEED repeats one,
random_networks/blame.py SEED says which node it begins at. Then shares of what was hit; with 3,000 networks or more, a share below 95 % is a failure.
"""
import argparse
import collections
import itertools
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "onnx_node"), str(HERE / "random_networks")]
import pool  # noqa: E402
import unreachable  # noqa: E402

import tenon  # noqa: E402

COUNT, LIMIT_S = 2000, 60
ENOUGH, WANTED, MAY_REFUSE = 3000, .95, .02
SHOWN = 10                                                  # failures at the end; all of them stand where they happened


def share(kind, hit, all):
    """One line; whether it is enough. Names that no network can reach do not count."""
    able = [name for name in all if not unreachable.reason(kind, name)]
    missing = [name for name in able if name not in hit]
    left_out = f"; {len(all) - len(able)} out of reach" if len(able) < len(all) else ""
    print(f"{kind}s hit: {len(able) - len(missing)} of {len(able)}" + (f", not {', '.join(missing)}" if missing else "") + left_out)
    return len(able) - len(missing) >= WANTED * len(able)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--count", type=int, default=COUNT)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--jobs", type=int, default=min(8, os.cpu_count()))
    p.add_argument("--report", action="store_true", help="how often each kernel, rule, operator and type was hit")
    p.add_argument("--first", action="store_true", help="end with the first failure")
    p.add_argument("--device", help="judge what this device computes, too")
    p.add_argument("--straight", action="store_true", help="operators alone: no branches, loops and computed sizes, no open extent but the batch")
    a = p.parse_args()
    if a.straight:
        os.environ["TENON_STRAIGHT_NETWORKS"] = "1"
    if a.device:
        os.environ["TENON_TEST_DEVICE"] = a.device
    verdicts, stats = collections.Counter(), collections.Counter()
    failures = []

    def on_result(job, answers):
        verdict, reason, more = answers["all"]
        verdicts["failed" if verdict == "crashed" else verdict] += 1
        if verdict in ("failed", "crashed"):
            failures.append(f"FAILED seed {job['seed']}: {verdict}: {reason}")
            print(failures[-1], flush=True)
        stats.update(more.get("stats", {}))
    seeds = itertools.takewhile(lambda seed: not (a.first and failures), range(a.seed, a.seed + a.count))
    jobs = ({"seed": seed, "modes": ["all"]} for seed in seeds)
    pool.run(jobs, a.jobs, LIMIT_S, on_result, HERE / "random_networks" / "worker.py")
    if a.report:
        for name, count in sorted(stats.items()):
            print(f"{int(count):9}  {name}")
    all = tenon.catalogue()
    for kind, names in (("onnx operator", all["onnx"]), ("operator", all["operators"]), ("rule", all["rules"]), ("kernel", all["kernels"]), ("type", unreachable.TYPES)):
        hit = {k.split("/", 1)[1] for k in stats if k.startswith(kind + "/")}
        if not share(kind, hit, names) and not a.device and sum(verdicts.values()) >= ENOUGH:
            failures.append(f"FAILED share: fewer than {WANTED:.0%} of all {kind}s were hit")
    print(f"ONNX Runtime took no part in {int(stats['ort refused'])} networks; ONNX's evaluator judged {int(stats['evaluator judged'])} nodes that it lacks")
    print(f"{int(stats['with open extents'])} networks with open extents, at {int(stats['bindings'])} bindings and {int(stats['bindings refused'])} that nobody takes; refused: "
          f"{int(stats['open extents refused'])} with open extents, {int(stats['late extents refused'])} with late ones")
    if stats["open extents refused"] + stats["late extents refused"] > MAY_REFUSE * max(ENOUGH, sum(verdicts.values())):
        failures.append(f"FAILED share: more than {MAY_REFUSE:.0%} refused")
    for line in failures[:SHOWN]:
        print(line)
    print(f"{verdicts['passed']} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
