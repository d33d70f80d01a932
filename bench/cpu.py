#!/usr/bin/env python3
"""Times Tenon and its peers on the CPU, side by side in one run, and prints a table and a line of JSON.

    cpu.py [name…] [--threads 2] [--seconds S] [--engines tenon,onnxruntime,openvino] [--onnx FILE]…

Each engine lives in a process of its own, so that memory and idle threads are its own too; bursts go round them in a turning order, so that
whatever else the machine does falls on all alike. A model that Tenon refuses is named with the reason and not timed.
"""
import argparse
import collections
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnx

import engines
import models

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOLERANCE, TOLERANCE_HALF = 1e-4, 5e-3                      # of the largest value; as in tests/onnx_node/compare.py
BURST, PAUSE_S = 10, .02


class Dead(Exception):
    """An engine's process said no or ended; the text is the reason's first line."""


class Engine:
    """One engine in one process; see engines.py for the other end."""

    def __init__(self, name, job):
        self.name, self.times = name, []
        self.process = subprocess.Popen([sys.executable, engines.__file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.facts = self.ask({**job, "engine": name})

    def ask(self, question):
        try:
            print(json.dumps(question), file=self.process.stdin, flush=True)
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise Dead(f"its process ended with {self.process.wait()}")
        answer = json.loads(line)
        if "failed" in answer:
            raise Dead(answer["failed"])
        return answer

    def burst(self):
        self.times += self.ask({"burst": BURST})["ms"]

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def feeds(path, shapes):
    """Seeded inputs; an open extent is 1 unless --shape names it."""
    graph, random = onnx.load(path, load_external_data=False).graph, np.random.default_rng(1)
    constants, values = {t.name for t in graph.initializer}, {}
    for info in graph.input:
        if info.name in constants:
            continue
        tensor = info.type.tensor_type
        shape = shapes.get(info.name, [d.dim_value if d.HasField("dim_value") else 1 for d in tensor.shape.dim])
        dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type)
        if "mask" in info.name:
            values[info.name] = np.ones(shape, dtype)
        elif dtype.kind == "f":
            values[info.name] = random.standard_normal(shape).astype(dtype)
        else:
            values[info.name] = random.integers(0, 2 if dtype.kind == "b" else 100, shape).astype(dtype)
    return values


def start(names, job):
    """Engines that took the model, and why the others did not. Tenon is asked first: what it refuses is not timed."""
    running, refused = {}, {}
    for name in sorted(names, key=lambda n: n != "tenon"):
        try:
            running[name] = Engine(name, job)
        except Dead as e:
            refused[name] = str(e)
            if name == "tenon":
                break
    return running, refused


def error_of(got, want):
    """Largest difference of any output, as a part of that output's largest value; and whether it is allowed."""
    worst, allowed = 0., True
    for a, b in zip(got, want, strict=True):
        if a.shape != b.shape or a.dtype != b.dtype:
            return float("inf"), False
        a, b, half = a.astype(np.float64), b.astype(np.float64), b.dtype == np.float16
        error = float(np.abs(a - b).max() / (np.abs(b).max() or 1)) if b.size else 0.
        worst, allowed = max(worst, error), allowed and error <= (TOLERANCE_HALF if half else TOLERANCE)
    return worst, allowed


def measure(running, seconds):
    order = collections.deque(running.values())
    for engine in order:
        engine.ask({"burst": 3})
    end = time.monotonic() + seconds * len(order)
    while time.monotonic() < end or min(len(e.times) for e in order) < 3 * BURST:
        for engine in order:
            engine.burst()
            time.sleep(PAUSE_S)                             # for threads that spin a while after their last run
        order.rotate(1)


def bench(name, path, a, folder):
    inputs = folder / "inputs.npz"
    np.savez(inputs, **feeds(path, a.shape))
    job = {"model": str(path), "inputs": str(inputs), "threads": a.threads, "options": {} if a.tuning_ms is None else {"tuning_ms": a.tuning_ms}}
    wanted = [v for e in a.engines for v in engines.VARIANTS[e]]
    running, refused = start(wanted, job)
    try:
        if "tenon" in refused:
            return {"model": name, "refused": refused["tenon"]}
        outputs = {}
        for v, engine in running.items():
            with np.load(engine.ask({"outputs": str(folder / f"{v}.npz")})["outputs"]) as file:
                outputs[v] = [file[k] for k in file.files]
        measure(running, a.seconds)
        row = {"model": name, "threads": a.threads, "failed": refused}
        for e in a.engines:
            variants = [running[v] for v in engines.VARIANTS[e] if v in running]
            if variants:
                best = min(variants, key=lambda r: statistics.median(r.times))
                row[e] = {"median_ms": statistics.median(best.times), "min_ms": min(best.times), "runs": len(best.times), "variant": best.name,
                          "peak_mib": best.ask({"memory": True})["peak_mib"], **best.facts}
        if "tenon" in row:
            peers = [row[e]["median_ms"] for e in a.engines if e != "tenon" and e in row]
            row["ratio"] = min(peers) / row["tenon"]["median_ms"] if peers else None
            if "onnxruntime" in row:
                row["error"], row["error_allowed"] = error_of(outputs["tenon"], outputs[row["onnxruntime"]["variant"]])
        return row
    finally:
        for engine in running.values():
            engine.close()


def table(rows, names):
    """Aligned columns; one row a model."""
    head = ["model", "error"] + [f"{n} ms (min)" for n in names] + ["× peer"] + [f"{n} MiB" for n in names] + ["first plan ms", "build ms"]
    lines = [head]
    for r in rows:
        own = r.get("tenon", {})
        cells = [r["model"], f"{r['error']:.1e}{'' if r['error_allowed'] else ' !'}" if "error" in r else "-"]
        cells += [f"{r[n]['median_ms']:.2f} ({r[n]['min_ms']:.2f})" if n in r else "-" for n in names]
        cells += [f"{r['ratio']:.2f}" if r.get("ratio") else "-"]
        cells += [f"{r[n]['peak_mib']:.0f}" if n in r else "-" for n in names]
        cells += [f"{own[k]:.0f}" if own.get(k) is not None else "-" for k in ("first_plan_ms", "build_ms")]
        lines.append(cells)
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    for line in lines:
        print("  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(line, widths))))


def named_shape(text):
    name, _, extents = text.partition("=")
    return name, [int(e) for e in extents.split("x")]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(models.MODELS)}")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--seconds", type=float, default=6, metavar="S", help="for each engine on each model")
    p.add_argument("--engines", type=lambda t: t.split(","), default=list(engines.VARIANTS))
    p.add_argument("--onnx", action="append", default=[], metavar="FILE")
    p.add_argument("--shape", action="append", type=named_shape, default=[], metavar="INPUT=1x3x224x224")
    p.add_argument("--tuning-ms", type=float, help="Tenon's tuning budget")
    p.add_argument("--models", default=ROOT / "build/bench-models", metavar="FOLDER", help="where models.py's files are kept")
    a = p.parse_args()
    a.shape = dict(a.shape)
    if bad := set(a.engines) - set(engines.VARIANTS) | set(a.names) - set(models.MODELS):
        p.error(f"unknown: {', '.join(sorted(bad))}")
    files = [(pathlib.Path(f).stem, pathlib.Path(f)) for f in a.onnx]
    files += [(n, None) for n in a.names or (() if files else models.MODELS)]
    rows = []
    for name, path in files:
        print(f"{name} …", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory() as folder:
            rows.append(bench(name, path or models.write(name, a.models), a, pathlib.Path(folder)))
    timed = [r for r in rows if "refused" not in r]
    if timed:
        table(timed, a.engines)
        print(f"\n{a.threads} threads, {os.cpu_count()} cores; error against onnxruntime, of the largest value; × peer: the better peer's median over Tenon's, more than 1 is faster;\n"
              f"MiB: peak of the whole process, of which Python and numpy are {min(r[n]['before_mib'] for r in timed for n in a.engines if n in r):.0f}")
    for r in rows:
        if "refused" in r:
            print(f"refused: {r['model']}: {r['refused']}")
        for engine, reason in r.get("failed", {}).items():
            print(f"failed: {engine} on {r['model']}: {reason}")
    print(json.dumps(rows))
    return 0 if all(r.get("error_allowed", True) for r in timed) else 1


if __name__ == "__main__":
    sys.exit(main())
