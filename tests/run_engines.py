#!/usr/bin/env python3
"""Engine files: those of earlier times load and give their answers; a save that is killed or runs out of room loses nothing.

    run_engines.py [--kills 12]
"""
import argparse
import pathlib
import random
import resource
import subprocess
import sys
import tempfile
import time
import traceback

import numpy as np

import tenon

ENGINES = pathlib.Path(__file__).resolve().parent / "engines"
LARGE = "x = input() type=f32[1,2000]\nw = constant() data=f32[2000,2000]~{seed}\ny = matmul(x, w)\nreturn y\n"
SAVER = """
import sys, tenon
m = tenon.Network.parse(sys.argv[2]).build(threads=1)
print("ready", flush=True)
while True:
    m.save(sys.argv[1])
    print("saved", flush=True)
"""


def answers(model, feed):
    y = model(feed)
    return y if isinstance(y, dict) else {model.outputs[0].name: y}


def loads_and_answers(path, folder):
    stored = np.load(path.with_suffix(".npz"))
    again = folder / path.name
    tenon.load(str(path), threads=1).save(again)
    for model in [tenon.load(str(path), threads=1), tenon.load(str(path), threads=2), tenon.load(str(again), threads=1),
                  tenon.load(str(path), threads=1, optimize=False)]:
        assert "chosen" in model.explain()
        for number in sorted({key.split("/")[0] for key in stored}):
            part = lambda kind: {key.split("/")[2]: stored[key] for key in stored if key.startswith(f"{number}/{kind}/")}
            expected, found = part("out"), answers(model, part("in"))
            assert list(found) == list(expected)
            for name, y in expected.items():
                assert found[name].dtype == y.dtype and found[name].shape == y.shape, name
                if y.dtype.kind != "f":
                    np.testing.assert_array_equal(found[name], y)
                else:
                    np.testing.assert_allclose(found[name], y, atol=(1e-4 if y.dtype == np.float32 else 5e-3) * np.abs(y).max())


def large(seed):
    return LARGE.format(seed=seed)


def save_is_whole_after_kills(folder, kills):
    """SIGKILL at any moment of a save: what stands under the name is the old engine or the new one, and nothing else."""
    path = folder / "some.engine"
    whole = []
    for seed in (1, 2):
        tenon.Network.parse(large(seed)).build(threads=1).save(path)
        whole.append(path.read_bytes())
    during = 0
    for kill in range(kills):
        saver = subprocess.Popen([sys.executable, "-c", SAVER, str(path), large(kill % 2 + 1)], stdout=subprocess.PIPE, text=True)
        assert saver.stdout.readline() == "ready\n"
        time.sleep(random.Random(kill).uniform(0, .08))
        saver.kill()
        during += not saver.communicate()[0].endswith("saved\n")
        assert path.read_bytes() in whole, f"kill {kill} left something else"
        tenon.load(str(path), threads=1)
    assert list(folder.iterdir()) == [path], f"left behind: {sorted(p.name for p in folder.iterdir())}"
    print(f"  {kills} kills, {during} before a first save had ended")


def save_without_room(folder):
    """The disk is full after 1 MB: an error that says so, and the old file as it was."""
    path = folder / "some.engine"
    small = tenon.Network.parse("x = input() type=f32[2]\ny = relu(x)\nreturn y\n").build(threads=1)
    small.save(path)
    before = path.read_bytes()
    program = SAVER.replace("while True", "for _ in range(1)")
    done = subprocess.run([sys.executable, "-c", program, str(path), large(1)], capture_output=True, text=True,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20)))
    assert done.returncode == 1 and "TN7" in done.stderr.splitlines()[-1], done.stderr
    assert path.read_bytes() == before
    assert list(folder.iterdir()) == [path], f"left behind: {sorted(p.name for p in folder.iterdir())}"


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--kills", type=int, default=12)
    a = p.parse_args()
    cases = [(path.name, lambda folder, path=path: loads_and_answers(path, folder)) for path in sorted(ENGINES.glob("*.engine"))]
    cases += [("save, killed", lambda folder: save_is_whole_after_kills(folder, a.kills)), ("save, no room", save_without_room)]
    passed = failed = 0
    for name, case in cases:
        with tempfile.TemporaryDirectory() as folder:
            try:
                case(pathlib.Path(folder))
                passed += 1
                print(f"{name}: right", flush=True)
            except Exception:
                failed += 1
                print(f"{name}: failed\n{traceback.format_exc()}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
