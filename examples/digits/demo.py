#!/usr/bin/env python3
"""From an ONNX file to an engine file to a fresh process that reads handwritten digits it was never trained on."""
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnx
import tenon
from sklearn.datasets import load_digits

MODEL = pathlib.Path(__file__).with_name("digits.onnx")
SHADES = " ░▒▓█"
RUNS = 5000


def held_out():
    """The indices of the scans that training set aside; the model file lists them."""
    props = {p.key: p.value for p in onnx.load(MODEL).metadata_props}
    return np.array(props["held_out"].split(","), int)


def build(path):
    start = time.perf_counter()
    model = tenon.load(MODEL.read_bytes())
    took = time.perf_counter() - start
    model.save(path)
    print(f"built from {MODEL.name} in {took * 1e3:.0f} ms, saved {pathlib.Path(path).stat().st_size / 1000:.0f} kB", flush=True)


def draw(scans, captions):
    """Scans side by side, a pixel two characters wide."""
    for row in range(8):
        print("   ".join("".join(SHADES[int(v / 16 * 4 + .5)] * 2 for v in scan[row]) for scan in scans))
    print("   ".join(f"{c:^16}" for c in captions) + "\n")


def classify(path):
    start = time.perf_counter()
    model = tenon.load(path)
    print(f"loaded in a fresh process in {(time.perf_counter() - start) * 1e3:.0f} ms\n")
    digits, chosen = load_digits(), held_out()
    scans, truth = digits.images[chosen].astype(np.float32), digits.target[chosen]
    answers = model(scans[:, None]).argmax(1)               # all of them as one batch

    wrong = np.flatnonzero(answers != truth)
    shown = [*np.flatnonzero(answers == truth)[:8], *wrong[:4]]
    for i in range(0, len(shown), 4):
        some = shown[i:i + 4]
        draw(scans[some], [f"{answers[k]}" if answers[k] == truth[k] else f"{answers[k]}, but is {truth[k]}" for k in some])

    single = np.ascontiguousarray(scans[:, None])
    times, alone = [], []
    for k in range(RUNS):
        one = single[k % len(single)][None]
        start = time.perf_counter()
        scores = model(one)
        times.append((time.perf_counter() - start) * 1e6)
        if k < len(single):
            alone.append(scores.argmax())
    p50, p90, p99 = np.percentile(times, [50, 90, 99])
    accuracy = (answers == truth).mean()
    print(f"{accuracy:.2%} of {len(truth)} held-out scans right")
    print(f"one scan at a time: p50 {p50:.1f} µs, p90 {p90:.1f} µs, p99 {p99:.1f} µs ({RUNS} runs)")
    if accuracy < .975:
        raise SystemExit("fewer right than when the network was trained")
    if not np.array_equal(alone, answers):
        raise SystemExit("scans one at a time got other answers than in a batch")


def main():
    if len(sys.argv) > 1:
        return classify(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        engine = str(pathlib.Path(folder) / "digits.engine")
        build(engine)
        return subprocess.run([sys.executable, __file__, engine]).returncode


if __name__ == "__main__":
    sys.exit(main())
