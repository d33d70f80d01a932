#!/usr/bin/env python3
"""The Python module: networks built by code and from text, against numpy; what is refused, and by which words.

    run_python.py [--filter TEXT]

A case is a function below whose name begins with test_.
"""
import argparse
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import traceback

import numpy as np

import tenon

random = np.random.default_rng(0)


def normal(*shape):
    return random.standard_normal(shape, np.float32)


def fails(call, id, *says):
    try:
        call()
    except tenon.Error as e:
        assert e.id == id and all(word in str(e) for word in says), f"expected {id} and {says}, found: {e}"
    else:
        raise AssertionError(f"expected {id}, nothing was refused")


def conv(x, w):
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], (2, 3))
    return np.einsum("nchwij,ocij->nohw", windows, w)


def one_input(shape=("N", 4), dtype="f32"):
    n = tenon.Network()
    return n, n.input("x", dtype, shape)


def built(n, y, **options):
    n.output(y, "y")
    return n.build(threads=1, **options)


def test_conv_with_numpy_weights():
    w = normal(5, 3, 3, 3)
    for strides in [[1, 1], (2, 1), np.array([2, 2])]:
        n, x = one_input(["N", 3, 8, 8])
        y = n.conv(x, w, strides=strides)
        a, b = strides
        assert y.shape == ("N", 5, (6 + a - 1) // a, (6 + b - 1) // b) and y.dtype == np.float32
        m = built(n, n.relu(y), profile={"N": (1, 2, 4)})
        for count in (1, 3):
            a0 = normal(count, 3, 8, 8)
            np.testing.assert_allclose(m(a0), np.maximum(conv(a0, w)[:, :, ::a, ::b], 0), rtol=1e-4, atol=1e-4)


def test_arithmetic_with_arrays_and_numbers():
    w, a = normal(4, 6), normal(3, 4)
    n, x = one_input()
    y = built(n, 2 - (x * 3 + w[:, 0]) / 4 @ w * -1 + w[0] - (-x) @ w)(a)
    np.testing.assert_allclose(y, 2 - (a * 3 + w[:, 0]) / 4 @ w * -1 + w[0] - (-a) @ w, rtol=1e-4, atol=1e-5)
    n, x = one_input()
    np.testing.assert_allclose(built(n, w.T @ n.transpose(x, permutation=[1, 0]))(a), w.T @ a.T, rtol=1e-4, atol=1e-5)
    n, x = one_input(dtype=np.int64)
    i = np.arange(8).reshape(2, 4)
    assert (built(n, 1 - x * 3)(i) == 1 - i * 3).all()


def test_fields_of_every_kind():
    a = normal(3, 4)
    n, x = one_input()
    n.output(n.softmax(x, axis=-1), "softmax")
    n.output(n.reduce(x, kind="max", axes=[1], keep_dims=False), "max")
    n.output(n.leaky_relu(x, alpha=0.25), "leaky")
    n.output(n.cast(x, to=np.float16), "half")
    n.output(n.and_(n.less(x, 0.5), n.greater(x, -0.5)), "and")
    n.output(n.add("add", x, 1), "add")
    y = n.build(threads=1)(a)
    e = np.exp(a - a.max(1, keepdims=True))
    np.testing.assert_allclose(y["softmax"], e / e.sum(1, keepdims=True), rtol=1e-5)
    assert (y["max"] == a.max(1)).all() and (y["half"] == a.astype(np.float16)).all()
    assert (y["leaky"] == np.where(a < 0, a * np.float32(0.25), a)).all()
    assert (y["and"] == ((a < 0.5) & (a > -0.5))).all() and (y["add"] == a + 1).all()


def test_several_results():
    n, x = one_input()
    left, right = n.split(x, axis=1, sizes=[1, 3], name="cut")
    assert left.name == "cut" and right.shape == ("N", 3)
    a = normal(2, 4)
    assert (built(n, n.concat(right, left, axis=1))(a) == np.roll(a, -1, 1)).all()


def test_inputs_keep_their_order_and_the_network_stays():
    n = tenon.Network()
    b, a, unused = (n.input(name, "f32", [2]) for name in ("b", "a", "unused"))
    n.output(a - b, "difference")
    m = n.build(threads=1)
    assert [p.name for p in m.inputs] == ["b", "a", "unused"]
    assert (m(np.float32([1, 2]), np.float32([5, 5]), np.float32([0, 0])) == [4, 3]).all()
    n.output(a * b, "product")
    assert [p.name for p in n.build(threads=1, optimize=False).outputs] == ["difference", "product"]


def test_text_form_reads_back():
    n, x = one_input(["N", 2])
    built(n, n.matmul(x, np.float32([[1, 2], [3, 4]]), name="product", transpose_b=True))
    text = n.dump()
    again = tenon.Network.parse(text)
    assert again.dump() == text
    a = normal(3, 2)
    np.testing.assert_allclose(again.build(threads=1)(a), a @ np.float32([[1, 3], [2, 4]]), rtol=1e-5)
    fails(lambda: tenon.Network.parse("x = input() type=f32[2]\ny = fly(x)\nreturn y\n"), "TN302", "line 2", "fly")
    fails(lambda: tenon.Network.parse("x = input() type=f32[2]\n").build(), "TN101", "output")


def test_saved_and_dumped():
    n, x = one_input()
    m = built(n, n.tanh(x + 1, name="bent"))
    assert "bent = tanh(" in m.dump() and m.dump("merge_equal").endswith("as y\n")
    fails(lambda: m.dump("none"), "TN105", "merge_equal")
    a = normal(2, 4)
    with tempfile.TemporaryDirectory() as folder:
        m.save(f"{folder}/a.engine")
        assert (tenon.load(f"{folder}/a.engine", threads=1)(a) == m(a)).all()


def test_mistakes_are_refused_where_they_are_made():
    n, x = one_input(["N", 3, 8, 8])
    w = normal(5, 3, 3, 3)
    fails(lambda: n.conv(x, w, strides=[1, "a"], name="c"), "TN107", "conv 'c'", "'strides'", "'a'")
    fails(lambda: n.conv(x, w, steps=1, name="c"), "TN107", "conv 'c'", "'steps'", "strides, ")
    fails(lambda: n.conv(x, w, auto_pad="some", name="c"), "TN107", "conv 'c'", "auto_pad")
    fails(lambda: n.conv(x, w[:, :2], name="c"), "TN101", "conv 'c'", "channels")
    fails(lambda: n.conv(x, w, strides=[1, 1, 1], name="c"), "TN101", "conv 'c'")
    fails(lambda: n.conv(x, w.astype(np.float64), name="c"), "TN101", "conv 'c'", "f64")
    fails(lambda: n.conv(x, name="c"), "TN101", "conv 'c'", "operands")
    fails(lambda: n.add("fly", x), "TN302", "fly")
    fails(lambda: n.add("input"), "TN101", "input()")
    assert not hasattr(n, "fly") and hasattr(n, "relu")
    fails(lambda: n.input("x", "f32", [1]), "TN101", "'x'", "twice")
    fails(lambda: n.input("", "f32", [1]), "TN101", "name")
    fails(lambda: n.input("z", "f31", [1]), "TN107", "'z'", "f31")
    fails(lambda: n.input("z", "f32", ["N+"]), "TN107", "'z'")
    fails(lambda: n.input("z", "f32", [-1]), "TN101", "'z'")
    fails(lambda: tenon.Network().relu(x), "TN101", "another network")
    fails(lambda: n.build(), "TN101", "output")
    y = n.conv(x, w, name="c")  # what was refused left no trace
    fails(lambda: n.relu(y, name="c"), "TN101", "relu 'c'", "twice")
    n.output(y, "y")
    fails(lambda: n.output(x, "y"), "TN101", "'y'")
    a = normal(1, 3, 8, 8)
    np.testing.assert_allclose(n.build(threads=1)(a), conv(a, w), rtol=1e-4, atol=1e-4)


def test_ctrl_c_ends_a_build():
    """In a process of its own: SIGINT while it tunes; KeyboardInterrupt comes out, soon, and not Tenon's error."""
    program = """if True:
        import signal, tenon, numpy as np
        signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell starts in the background ignores it
        n = tenon.Network()
        x = n.input("x", "f32", [1, 64, 56, 56])
        for i in range(60):
            x = n.relu(n.conv(x, np.ones((64 + 4 * i, x.shape[1], 3, 3), np.float32), pads_begin=[1, 1], pads_end=[1, 1]))
        n.output(x, "y")
        print("building", flush=True)
        try:
            while True:  # without oneDNN there is less to tune: one build may be over too soon
                n.build(threads=2, tuning_ms=60000)
        except KeyboardInterrupt:
            print("interrupted", flush=True)
        """
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "building\n"
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    started = time.monotonic()
    assert process.stdout.readline() == "interrupted\n"
    assert time.monotonic() - started < 1
    assert process.wait(10) == 0


def late_model(folder, states_type=True):
    """y = sum of x over `axes`, then reshaped to `target`: types follow from values."""
    import onnx
    from onnx import TensorProto, helper
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 6])
    lists = [helper.make_tensor_value_info(name, TensorProto.INT64, [length]) for name, length in (("axes", 1), ("target", 2))]
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["A", "B"] if states_type else None)
    nodes = [helper.make_node("ReduceSum", ["x", "axes"], ["s"], keepdims=1), helper.make_node("Reshape", ["s", "target"], ["y"])]
    path = pathlib.Path(folder, "late.onnx")
    onnx.save(helper.make_model(helper.make_graph(nodes, "late", [x, *lists], [y]), opset_imports=[helper.make_opsetid("", 18)], ir_version=8), path)
    return path


def test_values_of_inputs_may_decide_shapes():
    with tempfile.TemporaryDirectory() as folder:
        model = tenon.load(late_model(folder))
        assert [p.name for p in model.inputs] == ["x", "axes", "target"]
        fails(model.explain, "TN101", "'axes', 'target'", "run it once first")
        engine = pathlib.Path(folder, "late.engine")
        model.save(engine)
        x = normal(4, 6)
        for m in (model, tenon.load(engine), model.copy()):
            for axis, target in ((0, [2, 3]), (1, [-1, 2]), (-1, [1, 4]), (0, [2, 3]), (0, [6, -1])):
                y = m(x, np.array([axis]), np.array(target))
                np.testing.assert_allclose(y, x.sum(axis, keepdims=True).reshape(target), rtol=1e-5, atol=1e-5)
            assert "chosen" in m.explain()
        for bad, words in (([2], "axis 2"), ([0, 1], "element counts"), ([], "element counts")):
            fails(lambda: model(x, np.array(bad, np.int64), np.array([1, 5])), "TN101", words)
        np.testing.assert_allclose(model(x, np.array([1]), np.array([4, 1])), x.sum(1, keepdims=True), rtol=1e-5, atol=1e-5)
        fails(lambda: tenon.load(late_model(folder, states_type=False)), "TN304", "'y'")


def test_timing_cache_is_a_file_that_builds_share():
    n, x = one_input()
    n.output(n.softmax(x, axis=-1), "y")
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "times.txt"
        n.build(threads=1, tuning_ms=200, timing_cache=path)
        times = path.read_text()
        assert times.count("\n") > 1
        n.build(threads=1, tuning_ms=200, timing_cache=path)
        assert path.read_text() == times
        path.write_text("something else")
        fails(lambda: n.build(threads=1, tuning_ms=200, timing_cache=path), "TN107", "times.txt")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--filter", default="", help="only cases whose name contains this")
    a = p.parse_args()
    passed, failed = 0, 0
    for name, case in [(n, f) for n, f in globals().items() if n.startswith("test_") and a.filter in n]:
        try:
            case()
            passed += 1
        except Exception:
            failed += 1
            print(f"{name}: {traceback.format_exc(limit=-2)}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
