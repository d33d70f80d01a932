#!/usr/bin/env python3
"""Compares Tenon with onnxruntime on whole models: optimised and not, built and loaded again from a saved engine.

    run_models.py [--models FOLDER] [--filter TEXT]

A model passes a mode when all of its three seeded inputs do; a refusal is a failure here. Models that are not there are skipped.
"""
import argparse
import pathlib
import shutil
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime as ort
from onnx import numpy_helper

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/onnx_node"))
import pool

# model: the range its inputs are drawn from, evenly and both ends included where they are integers; or one for each input's name
MODELS = {
    "squeezenet_fp16": (-123, 151),                         # 0…255 less the channel's mean
    "ultraface_rfb320": (-1, 1),
    "super_resolution_10": (0, 1),
    "road_segmentation": (0, 255),
    "facemesh_landmark": (0, 1),
    "fraud_lstm": (0, 1),
    "g2p_pt_rnnt": {"src": (4, 46), "tgt": (4, 41), "t": (0, 3)},
}
OWN = {"digits": (ROOT / "examples/digits/digits.onnx", (0, 16))}
BATCHES = (1, 3, 2)                                         # of the three inputs, where the model leaves the batch open
LENGTHS = {"g2p_pt_rnnt": (4, 11, 7)}                       # the same of models whose open extents are lengths
MODES = ("optimised", "plain", "saved", "plain saved")


def models_folder(named):
    if named:
        return pathlib.Path(named)
    program = shutil.which("tenon")
    bundled = [pathlib.Path(program).resolve().parent.parent / "models"] if program else []
    return next((f for f in [ROOT.parent / "shared/models", ROOT / "shared/models", *bundled] if f.is_dir()), None)


def write_test(path, bounds, folder):
    """The model with three inputs and onnxruntime's answers to them, laid out like one of ONNX's own tests."""
    model = onnx.load(path)
    onnx.save(model, folder / "model.onnx")
    options = ort.SessionOptions()
    options.log_severity_level = 3
    session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    constants = {t.name for t in model.graph.initializer}
    inputs = [i for i in model.graph.input if i.name not in constants]
    for seed, extent in enumerate(LENGTHS.get(path.stem, BATCHES)):
        random, case, feed = np.random.default_rng(seed), folder / f"test_data_set_{seed}", {}
        case.mkdir()
        for i, info in enumerate(inputs):
            tensor = info.type.tensor_type
            shape = [d.dim_value if d.HasField("dim_value") else extent for d in tensor.shape.dim]
            dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type)
            low, high = bounds[info.name] if isinstance(bounds, dict) else bounds
            feed[info.name] = (random.integers(low, high + 1, shape) if dtype.kind in "iu" else random.uniform(low, high, shape)).astype(dtype)
            (case / f"input_{i}.pb").write_bytes(numpy_helper.from_array(feed[info.name], info.name).SerializeToString())
        for i, answer in enumerate(session.run([o.name for o in model.graph.output], feed)):
            if not np.isfinite(answer).all() or answer.size > 1 and np.ptp(answer.astype(np.float64)) == 0:
                raise SystemExit(f"{path.name}: onnxruntime's answer to input {seed} compares nothing")
            (case / f"output_{i}.pb").write_bytes(numpy_helper.from_array(answer).SerializeToString())


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--models", metavar="FOLDER", help="where the models named in this file lie")
    p.add_argument("--filter", default="", help="only models whose name contains this")
    p.add_argument("--limit", type=float, default=120, metavar="S", help="seconds a model may take in one mode")
    p.add_argument("--device", default="cpu")
    p.add_argument("--threads", type=int, default=2)
    a, _ = p.parse_known_args()
    found, passed, failed, refused = dict(OWN), 0, 0, 0
    if folder := models_folder(a.models):
        found |= {name: (folder / f"{name}.onnx", bounds) for name, bounds in MODELS.items()}
    else:
        print(f"skipped {', '.join(MODELS)}: no folder shared/models here or beside the repository; name one with --models")

    def note(job, verdicts):
        nonlocal passed, failed, refused
        for mode, (verdict, reason, _) in verdicts.items():
            passed, refused = passed + (verdict == "right"), refused + (verdict == "refused")
            failed += verdict not in ("right", "refused")
            print(f"{job['name']:22} {mode:12} {verdict}{': ' if reason else ''}{reason[:240]}", flush=True)

    for name, (path, bounds) in found.items():
        if a.filter not in name:
            continue
        if not path.exists():
            failed += name in OWN                           # ours is committed: its absence is a fault
            print(f"{name:22} {'missing' if name in OWN else 'skipped'}: no {path.name} in {path.parent.name}/", flush=True)
            continue
        with tempfile.TemporaryDirectory() as test:
            write_test(path, bounds, pathlib.Path(test))
            # one job a mode: a crash in one leaves the others their verdicts
            pool.run([{"name": name, "folder": test, "modes": [mode], "tolerance": "model", "device": a.device, "threads": a.threads, "options": {}}
                      for mode in MODES], 1, a.limit, note)
    print(f"{refused} refused")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
