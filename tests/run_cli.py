#!/usr/bin/env python3
"""The command line tool: every command on the digit classifier, files that are damaged, and what is refused.

    run_cli.py [--filter TEXT]

Takes `tenon` from PATH, else from build/dev/bin. A case is a function below whose name begins with test_.
"""
import argparse
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import traceback

import numpy as np
import onnxruntime as ort

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = shutil.which("tenon") or str(ROOT / "build/dev/bin/tenon")
MODEL = ROOT / "examples/digits/digits.onnx"
LIMIT_S = 60


def tenon(*words, status=0):
    """stdout of a call that must end with `status`; of a failure or a usage error, stderr."""
    done = subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True, timeout=LIMIT_S)
    assert done.returncode == status, f"status {done.returncode}, expected {status}: {done.stderr[:400]}"
    return done.stderr if status else done.stdout


def fails(*words, id, says=""):
    error = tenon(*words, status=1)
    assert re.fullmatch(rf"tenon: {id}: [^\n]*\n", error), f"expected one line 'tenon: {id}: …', found {error[:400]!r}"
    assert says in error, f"expected {says!r} in {error!r}"


def answer(x):
    return ort.InferenceSession(str(MODEL), providers=["CPUExecutionProvider"]).run(None, {"scan": x})[0]


def scans(count, seed=0):
    return np.random.default_rng(seed).uniform(0, 16, (count, 1, 8, 8)).astype(np.float32)


def test_build_and_run_agree_with_onnxruntime(folder):
    said = tenon("build", MODEL, "-o", folder / "a.engine", "--threads", 1, "--profile", "N=1,2,4")
    assert "a.engine" in said and (folder / "a.engine").stat().st_size > 1000
    x = scans(3)
    np.save(folder / "x.npy", x)
    for number, model in enumerate([MODEL, folder / "a.engine"]):
        out = folder / f"out{number}/deeper"
        said = tenon("run", model, "--input", f"scan={folder}/x.npy", "--runs", 2, "--output", out, "--threads", 1)
        y = np.load(out / "scores.npy")
        np.testing.assert_allclose(y, answer(x), rtol=1e-4, atol=1e-4)
        line = re.search(r"output scores: f32\[3,10\], min (\S+), max (\S+), mean (\S+), checksum [0-9a-f]{16}", said)
        np.testing.assert_allclose([float(n) for n in line.groups()], [y.min(), y.max(), y.mean()], rtol=1e-4)


def test_engine_keeps_its_profile(folder):
    tenon("build", MODEL, "-o", folder / "a.engine", "--profile", "N=2,2,4")
    tenon("run", folder / "a.engine", "--size", "N=4", "--runs", 1)
    fails("run", folder / "a.engine", "--size", "N=5", id="TN104")


def test_random_inputs_follow_the_seed(folder):
    def checksum(*words):
        return re.search(r"checksum (\w+)", tenon("run", MODEL, "--runs", 1, "--no-optimize", *words))[1]
    assert checksum() == checksum("--seed", 1) != checksum("--seed", 2)


def test_run_prints_latency_and_steps(folder):
    said = tenon("run", MODEL, "--runs", 5, "--profile-steps", "--size", "N=2", "--tuning-ms", 5)
    assert "input scan: f32[2,1,8,8]" in said
    assert re.search(r"latency: p50 \S+ ms, p90 \S+ ms, p99 \S+ ms; 5 runs", said), said
    assert "conv1" in said.split("share")[1]


def test_provider_may_stand_before_the_model(folder):
    said = tenon("explain", "--provider", "node", MODEL)
    assert "chosen" in said and not re.search(r"chosen.*onednn", said)
    fails("explain", MODEL, "--provider", "nobody", id="TN101", says="nobody")


def test_explain_takes_an_engine(folder):
    tenon("build", MODEL, "-o", folder / "a.engine", "--no-optimize")
    assert "chosen" in tenon("explain", folder / "a.engine")


def test_dump(folder):
    tenon("build", MODEL, "-o", folder / "a.engine")
    said = tenon("dump", MODEL)
    assert re.search(r"^relu1 = relu\(conv1\) : f32\[N,32,8,8\]$", said, re.M) and said.endswith("return scores\n")
    assert tenon("dump", folder / "a.engine") == said
    assert tenon("dump", MODEL, "--after", "merge_equal").endswith("return scores\n")
    fails("dump", MODEL, "--after", "none", id="TN105", says="merge_equal")


def test_usage_errors_end_with_2(folder):
    for words in [[], ["fly"], ["build", MODEL], ["run"], ["run", MODEL, "--runs", "0"], ["run", MODEL, "--wings"],
                  ["run", MODEL, "--input", "scan"], ["run", MODEL, "--profile", "N=1,2"],
                  ["run", MODEL, "--profile", "N=1,2,x"], ["run", MODEL, "--size", "N="]]:
        assert tenon(*words, status=2), words
    for words in [["--help"], ["build", "--help"], ["run", "--help"], ["explain", "--help"], ["dump", "--help"]]:
        assert "Usage: tenon" in tenon(*words)


def test_failures_are_one_line(folder):
    (folder / "text").write_text("no model\nat all\n")
    (folder / "cut.engine").write_bytes(b"")
    tenon("build", MODEL, "-o", folder / "a.engine")
    whole = (folder / "a.engine").read_bytes()
    (folder / "cut.engine").write_bytes(whole[:len(whole) // 2])
    fails("run", folder / "none.onnx", id="TN701", says="none.onnx")
    fails("run", folder, id="TN701")
    fails("run", folder / "text", id="TN201")
    fails("explain", folder / "cut.engine", id="TN502")
    fails("build", MODEL, "-o", folder / "none/a.engine", id="TN703")
    fails("build", MODEL, "-o", folder, id="TN703")
    fails("run", MODEL, "--input", f"nobody={folder}/text", id="TN105", says="scan")
    fails("run", MODEL, "--size", "K=2", id="TN105")
    fails("run", MODEL, "--size", "N=-1", id="TN103")
    fails("run", MODEL, "--size", f"N={2 ** 62}", id="TN103")
    (folder / "file").write_text("")
    fails("run", MODEL, "--output", folder / "file/below", id="TN703")


def test_npy_of_all_versions_and_types(folder):
    x = scans(1)
    for version in [(1, 0), (2, 0), (3, 0)]:
        with open(folder / "x.npy", "wb") as file:
            np.lib.format.write_array(file, x, version)
        tenon("run", MODEL, "--input", f"scan={folder}/x.npy", "--runs", 1)
    for type in ["f8", "f2", "i1", "i8", "u2", "?"]:
        np.save(folder / "x.npy", x.astype(type))
        fails("run", MODEL, "--input", f"scan={folder}/x.npy", id="TN101", says="f32")
    np.save(folder / "x.npy", np.ones((2, 1, 8), np.float32))
    fails("run", MODEL, "--input", f"scan={folder}/x.npy", id="TN104")


def test_npy_that_is_damaged_or_hostile(folder):
    path = folder / "x.npy"
    np.save(path, scans(1))
    whole = path.read_bytes()

    def refused(bytes, says="", id="TN101"):
        path.write_bytes(bytes)
        fails("run", MODEL, "--input", f"scan={path}", id=id, says=says)

    def with_header(text, version=b"\1\0", length=None):
        text = text.encode()
        return b"\x93NUMPY" + version + struct.pack("<H", len(text) if length is None else length) + text + bytes(256)

    good = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 8, 8), }\n"
    path.write_bytes(with_header(good))
    tenon("run", MODEL, "--input", f"scan={path}", "--runs", 1)
    for cut in [0, 5, 7, 9, 40, 128, len(whole) - 1]:
        refused(whole[:cut])
    refused(whole + b"\0")
    refused(with_header(good, version=b"\x04\0"), "version")
    refused(with_header(good, length=65535), "early")
    refused(b"\x93NUMPY\2\0" + b"\xff" * 300, "header")
    refused(with_header(good.replace("<f4", ">f4")), ">f4")
    refused(with_header(good.replace("<f4", "|O")), "|O")
    refused(with_header(good.replace("'<f4'", "[('a', '<f4')]")))
    refused(with_header(good.replace("False", "True")), "Fortran")
    refused(with_header(good.replace("False", "0")))
    refused(with_header(good.replace("1, 1, 8, 8", f"{2 ** 40}, {2 ** 40}")), "larger")
    refused(with_header(good.replace("1, 1, 8, 8", f"0, {2 ** 62}, 8")))
    refused(with_header(good.replace("1, 1, 8, 8", str(2 ** 70))))
    refused(with_header(good.replace("1, 1, 8, 8", "-1, 64")))
    refused(with_header(good.replace("1, 1, 8, 8", "1," * 100)))
    refused(with_header(good.replace("}", "")))
    refused(with_header(good.replace("'shape'", "'form'")))
    refused(with_header("{}"))
    refused(with_header(good + "more"))
    fails("run", MODEL, "--input", f"scan={folder}", id="TN701")
    fails("run", MODEL, "--input", "scan=/dev/zero", id="TN701")


def test_names_of_outputs_stay_in_their_folder(folder):
    import onnx
    from onnx import TensorProto, helper
    names = ["../../out", "/abs", "..", "a/b", "a_b"]
    nodes = [helper.make_node("Relu", ["x"], [name]) for name in names]
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in names]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [2])
    onnx.save(helper.make_model(helper.make_graph(nodes, "g", [x], ports),
                                opset_imports=[helper.make_opsetid("", 17)], ir_version=8), folder / "m.onnx")
    tenon("run", folder / "m.onnx", "--output", folder / "deep/out", "--runs", 1)
    assert [p.name for p in folder.iterdir() if p.name != "m.onnx"] == ["deep"]
    assert len(list((folder / "deep/out").iterdir())) == len(names)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--filter", default="", help="only cases whose name contains this")
    a = p.parse_args()
    passed, failed = 0, 0
    for name, case in [(n, f) for n, f in globals().items() if n.startswith("test_") and a.filter in n]:
        with tempfile.TemporaryDirectory() as folder:
            try:
                case(pathlib.Path(folder))
                passed += 1
            except Exception:
                failed += 1
                print(f"{name}: {traceback.format_exc(limit=-2)}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
