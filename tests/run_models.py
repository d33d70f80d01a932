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

BATCHES = (1, 3, 2)                                         # of the three inputs, where the model leaves the batch open


def lines_of_text(random, seed):
    """Dark strokes on white, normalised as the model wants it: what a detector of text finds text in."""
    batch, height, width = ((1, 96, 160), (2, 64, 128), (1, 128, 96))[seed]
    x = np.full((batch, 3, height, width), 2.2, np.float32)
    for top in range(8, height - 20, 24):
        for left in range(8, width - 10, 9):
            x[:, :, top:top + 14, left + random.integers(0, 4)] = -2
            row = top + random.integers(0, 12)
            x[:, :, row:row + 2, left:left + 6] = -2
    return {"x": x}


def tones(random, seed):
    """Two seconds of decaying notes with overtones."""
    time, sound = np.arange(43844) / 22050, np.zeros((BATCHES[seed], 43844))
    for clip in sound:
        for start in np.arange(0, 2, .25):
            pitch, since = 110 * 2 ** (random.integers(0, 36) / 12), np.maximum(time - start, 0)
            clip += (since > 0) * np.exp(-4 * since) * sum(np.sin(2 * np.pi * pitch * k * since) / k for k in (1, 2, 3)) * .2
    return {"serving_default_input_2:0": sound[..., None].astype(np.float32)}


def token_and_past(random, seed):
    batch, length = ((1, 0), (2, 3), (1, 5))[seed]
    past = {f"past_{i}": random.standard_normal((2, batch, 2, length, 2), np.float32) for i in range(12)}
    return {"input_ids": random.integers(0, 10, (batch, 1)), **past}


def frame_and_state(random, seed):
    samples, rate, batch = ((576, 16000, 1), (288, 8000, 1), (576, 16000, 3))[seed]
    return {"input": random.uniform(-1, 1, (batch, samples)).astype(np.float32), "state": random.uniform(-1, 1, (2, batch, 128)).astype(np.float32),
            "sr": np.array(rate)}


# model: the range its inputs are drawn from, evenly and both ends included where they are integers; or one for each input's name; or
# a function that draws them
MODELS = {
    "squeezenet_fp16": (-123, 151),                         # 0…255 less the channel's mean
    "ultraface_rfb320": (-1, 1),
    "super_resolution_10": (0, 1),
    "road_segmentation": (0, 255),
    "facemesh_landmark": (0, 1),
    "fraud_lstm": (0, 1),
    "g2p_pt_rnnt": {"src": (4, 46), "tgt": (4, 41), "t": (0, 3)},
    "magika_v3_3": (0, 256),
    "basic_pitch_nmp": tones,
    "mobilenet_v2_qoperator": (-1, 1),
    "ppocr_v3_det": lines_of_text,
    "gpt2_tiny_past": token_and_past,
    "silero_vad_v5": frame_and_state,
    "loop_lstm_tiny": (-1, 1),
}
OWN = {"digits": (ROOT / "examples/digits/digits.onnx", (0, 16))}
LENGTHS = {"g2p_pt_rnnt": (4, 11, 7), "loop_lstm_tiny": (4, 11, 7)}                       # the same of models whose open extents are lengths
MODES = ("optimised", "plain", "saved", "plain saved")
# Its logarithms of faint tones magnify rounding: our reference kernels, which add in double, differ from onnxruntime's f32 by 4e-4.
AS_BUILT = {"basic_pitch_nmp": ("optimised", "saved")}


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
        random, case = np.random.default_rng(seed), folder / f"test_data_set_{seed}"
        case.mkdir()
        feed = bounds(random, seed) if callable(bounds) else {}
        for i, info in enumerate(inputs):
            tensor = info.type.tensor_type
            shape = [d.dim_value if d.HasField("dim_value") else extent for d in tensor.shape.dim]
            dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type)
            if info.name not in feed:
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
                      for mode in AS_BUILT.get(name, MODES)], 1, a.limit, note)
    print(f"{refused} refused")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
