#!/usr/bin/env python3
"""Branches, loops and extents that a run finds out, against onnxruntime: generated networks, and whole models where they are there.

    run_control_flow.py [--filter TEXT] [--models FOLDER]
"""
import argparse
import pathlib
import sys
import tempfile
import traceback

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper

import tenon

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from run_models import models_folder

F, I, B = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL
node, info = helper.make_node, helper.make_tensor_value_info


class Skipped(Exception):
    pass


def constant(name, value):
    return node("Constant", [], [name], value=onnx.numpy_helper.from_array(np.asarray(value)))


def model(nodes, inputs, outputs, opset=18):
    graph = helper.make_graph(nodes, "g", inputs, [info(name, kind, None) for name, kind in outputs])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)


def body(nodes, inputs, outputs):
    return helper.make_graph(nodes, "body", [info(name, kind, shape) for name, kind, shape in inputs], [info(name, kind, None) for name, kind in outputs])


def session_of(source):
    options = ort.SessionOptions()
    options.log_severity_level = 4
    return ort.InferenceSession(source if isinstance(source, str) else source.SerializeToString(), options, providers=["CPUExecutionProvider"])


def as_dict(m, answer):
    return answer if isinstance(answer, dict) else {m.outputs[0].name: answer}


def expect_same(found, expected, what):
    for name, want in expected.items():
        got = found[name]
        assert got.shape == want.shape and got.dtype == want.dtype, f"{what}: '{name}' is {got.dtype}{list(got.shape)}, expected {want.dtype}{list(want.shape)}"
        if want.dtype.kind != "f":
            assert (got == want).all(), f"{what}: '{name}' differs"
        elif want.size:
            error = np.abs(got.astype(np.float64) - want).max() / max(np.abs(want).max(), 1e-9)
            assert error < 1e-4, f"{what}: '{name}' is off by {error:.1e} of the largest value"


def compare(source, feeds):
    """Optimised or not, as built and as saved and loaded; each model meets all feeds, one after the other."""
    session, names = session_of(source), None
    names = [o.name for o in session.get_outputs()]
    expected = [dict(zip(names, session.run(None, feed))) for feed in feeds]
    with tempfile.TemporaryDirectory() as folder:
        for optimize in (True, False):
            built = tenon.load(source if isinstance(source, str) else source.SerializeToString(), optimize=optimize)
            built.save(f"{folder}/a.engine")
            for m in (built, tenon.load(f"{folder}/a.engine", optimize=optimize)):
                for k, (feed, want) in enumerate(zip(feeds, expected)):
                    expect_same(as_dict(m, m(feed)), want, f"feed {k}, optimised: {optimize}")


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


# ---- generated networks
def test_branches_that_differ_in_extent():
    then, other = body([node("Relu", ["x"], ["a"])], [], [("a", F)]), body([node("Concat", ["x", "x"], ["b"], axis=0)], [], [("b", F)])
    m = model([node("If", ["c"], ["y"], then_branch=then, else_branch=other), node("ReduceSum", ["y"], ["s"], keepdims=0)],
              [info("c", B, []), info("x", F, ["N", 3])], [("y", F), ("s", F)])
    compare(m, [{"c": np.array(c), "x": numbers(n, 3, seed=n)} for n in (2, 5, 0, 2) for c in (True, False)])


def test_branches_that_differ_in_rank_take_what_follows_along():
    then, other = body([node("Identity", ["x"], ["a"])], [], [("a", F)]), body([constant("axis", [0]), node("Unsqueeze", ["x", "axis"], ["b"])], [], [("b", F)])
    m = model([node("If", ["c"], ["t"], then_branch=then, else_branch=other), node("Mul", ["t", "t"], ["u"]), node("ReduceMax", ["u"], ["y"], keepdims=0)],
              [info("c", B, []), info("x", F, ["N", 3])], [("y", F)])
    compare(m, [{"c": np.array(c), "x": numbers(n, 3, seed=n)} for n in (2, 5, 1) for c in (True, False)])


def test_a_branch_that_fits_nothing_is_refused_when_it_is_taken():
    then, other = body([node("Identity", ["x"], ["a"])], [], [("a", F)]), body([constant("axis", [0]), node("Unsqueeze", ["x", "axis"], ["b"])], [], [("b", F)])
    m = model([node("If", ["c"], ["t"], then_branch=then, else_branch=other), node("Gemm", ["t", "w"], ["y"])],
              [info("c", B, []), info("x", F, ["N", 3]), info("w", F, [3, 4])], [("y", F)])
    x, w = numbers(2, 3), numbers(3, 4, seed=1)
    built = tenon.load(m.SerializeToString())
    np.testing.assert_allclose(built({"c": np.array(True), "x": x, "w": w}), x @ w, rtol=1e-5, atol=1e-5)
    try:
        built({"c": np.array(False), "x": x, "w": w})
    except tenon.Error as e:
        assert e.id == "TN108" and "this branch cannot be" in str(e), str(e)
    else:
        raise AssertionError("the branch ran")


def counting_loop(trips, condition=None):
    steps = [node("Cast", ["i"], ["i32"], to=F), node("Mul", ["v", "f"], ["w"]), node("Add", ["w", "i32"], ["v_out"]), node("ReduceSum", ["v_out"], ["sum"], keepdims=0)]
    go_on = [node("Identity", ["go"], ["go_out"])] if condition is None else [constant("limit", np.float32(condition)), node("Less", ["sum", "limit"], ["go_out"])]
    inside = body(steps + go_on, [("i", I, []), ("go", B, []), ("v", F, None)], [("go_out", B), ("v_out", F), ("sum", F), ("w", F)])
    return model([node("Loop", [trips, ""], ["last", "sums", "ws"], body=inside), node("Softmax", ["sums"], ["y"])],
                 [info("n", I, []), info("x", F, ["N"]), info("f", F, [])], [("last", F), ("sums", F), ("ws", F), ("y", F)]), inside


def test_loops_count_and_stop():
    for condition in (None, 3.0):
        m, _ = counting_loop("n", condition)
        m.graph.node[0].input[:] = ["n", "", "x"]
        compare(m, [{"n": np.array(n, np.int64), "x": np.abs(numbers(k, seed=k)), "f": np.array(1.5, np.float32)} for n in (3, 7, 1) for k in (4, 1)])
        none = tenon.load(m.SerializeToString())({"n": np.array(0), "x": numbers(4), "f": np.array(1, np.float32)})
        assert none["ws"].shape == (0, 4) and (none["last"] == numbers(4)).all(), "of no rounds"    # onnxruntime's are [0]


def test_states_that_grow():
    inside = body([node("Concat", ["v", "x"], ["v_out"], axis=0), node("Identity", ["go"], ["go_out"])], [("i", I, []), ("go", B, []), ("v", F, None)],
                  [("go_out", B), ("v_out", F)])
    m = model([node("Loop", ["n", "", "x"], ["y"], body=inside), node("Neg", ["y"], ["z"])], [info("n", I, []), info("x", F, ["N", 2])], [("y", F), ("z", F)])
    compare(m, [{"n": np.array(n, np.int64), "x": numbers(k, 2, seed=k)} for n in (2, 0, 5) for k in (3, 1)])


def test_scans_in_every_direction():
    for reverse, axis in ((0, 0), (1, 0), (0, 1), (1, 1)):
        inside = body([node("Add", ["s", "a"], ["s_out"]), node("Mul", ["s_out", "a"], ["k"])], [("s", F, None), ("a", F, None)], [("s_out", F), ("k", F)])
        m = model([node("Scan", ["s0", "x"], ["last", "kept"], body=inside, num_scan_inputs=1, scan_input_axes=[axis], scan_input_directions=[reverse],
                        scan_output_axes=[axis], scan_output_directions=[reverse])],
                  [info("s0", F, [3]), info("x", F, ["N", 3] if axis == 0 else [3, "N"])], [("last", F), ("kept", F)])
        compare(m, [{"s0": numbers(3), "x": numbers(*((n, 3) if axis == 0 else (3, n)), seed=n)} for n in (4, 1, 6)])


def test_loops_in_branches_in_loops():
    inner = body([node("Add", ["b", "x"], ["b_out"]), node("Identity", ["g2"], ["g2_out"])], [("j", I, []), ("g2", B, []), ("b", F, None)], [("g2_out", B), ("b_out", F)])
    then = body([node("Loop", ["i", "", "a"], ["t"], body=inner)], [], [("t", F)])
    other = body([node("Neg", ["a"], ["e"])], [], [("e", F)])
    outer = body([constant("two", np.int64(2)), node("Mod", ["i", "two"], ["odd"]), node("Cast", ["odd"], ["is_odd"], to=B),
                  node("If", ["is_odd"], ["a_out"], then_branch=then, else_branch=other), node("Identity", ["g"], ["g_out"])],
                 [("i", I, []), ("g", B, []), ("a", F, None)], [("g_out", B), ("a_out", F), ("a_out", F)])
    outer.output[2].name = "kept"
    outer.node.append(node("Relu", ["a_out"], ["kept"]))
    m = model([node("Loop", ["n", "", "x"], ["y", "k"], body=outer)], [info("n", I, []), info("x", F, ["N"])], [("y", F), ("k", F)])
    compare(m, [{"n": np.array(n, np.int64), "x": numbers(k, seed=k)} for n in (5, 1, 2) for k in (3, 2)])    # of no rounds onnxruntime's are [0]


def test_what_a_run_computes_decides_extents():
    m = model([constant("last", np.array([-1])), constant("zero", np.array([0])), node("NonZero", ["x"], ["i"]), node("Transpose", ["i"], ["t"]),
               node("GatherND", ["x", "t"], ["found"]), node("Shape", ["found"], ["s"]), node("ReduceMax", ["k"], ["m"], keepdims=0),
               node("Reshape", ["m", "last"], ["m1"]), node("Concat", ["m1", "s"], ["e"], axis=0), node("Unsqueeze", ["found", "zero"], ["row"]),
               node("Expand", ["row", "e"], ["y"])], [info("x", F, ["N", 4]), info("k", I, [3])], [("i", I), ("found", F), ("y", F)])
    feeds = []
    for n in (3, 1, 6):
        x = numbers(n, 4, seed=n)
        feeds.append({"x": np.where(x > 0, x, 0).astype(np.float32), "k": np.array([n, 1, 2])})
    compare(m, feeds)


def test_bodies_read_and_carry_values_whose_extents_are_computed():
    then, other = body([node("Relu", ["p"], ["a"])], [], [("a", F)]), body([node("Concat", ["p", "x"], ["b"], axis=0)], [], [("b", F)])
    inside = body([node("Add", ["v", "p"], ["v_out"]), node("Identity", ["go"], ["go_out"])], [("i", I, []), ("go", B, []), ("v", F, None)], [("go_out", B), ("v_out", F)])
    m = model([constant("one", np.array([1, 1, 1, 1])), node("Sub", ["k", "one"], ["amounts"]), node("Pad", ["x", "amounts"], ["p"]),
               node("If", ["c"], ["y"], then_branch=then, else_branch=other), node("Loop", ["n", "", "p"], ["z"], body=inside)],
              [info("c", B, []), info("n", I, []), info("k", I, [4]), info("x", F, ["N", 3])], [("y", F), ("z", F)])
    compare(m, [{"c": np.array(c), "n": np.array(n, np.int64), "k": np.array([1 + n, 1, 2, 1]), "x": numbers(n + 1, 3, seed=n)} for n in (2, 0, 5) for c in (True, False)])


def test_states_of_late_extents_grow_beside_what_they_came_of():
    inside = body([node("Add", ["f", "f"], ["double"]), node("Concat", ["v", "double"], ["v_out"], axis=0), node("Identity", ["go"], ["go_out"])],
                  [("i", I, []), ("go", B, []), ("v", F, None)], [("go_out", B), ("v_out", F)])
    m = model([node("NonZero", ["x"], ["p"]), node("Transpose", ["p"], ["t"]), node("GatherND", ["x", "t"], ["f"]), node("Loop", ["n", "", "f"], ["y"], body=inside)],
              [info("n", I, []), info("x", F, ["N"])], [("y", F)])
    compare(m, [{"n": np.array(n, np.int64), "x": np.maximum(numbers(k, seed=k), 0)} for n in (2, 0, 3) for k in (9, 4)])


def test_computed_extents_that_decide_nothing():
    m = model([constant("two", np.array([2, 1])), node("Mul", ["k", "two"], ["e"]), node("Relu", ["x"], ["r"]), node("Expand", ["r", "e"], ["y"])],
              [info("k", I, [2]), info("x", F, [4, 3])], [("y", F), ("r", F)])
    compare(m, [{"k": np.array(k), "x": numbers(4, 3)} for k in ([2, 3], [2, 1])])


def field(number, content):
    length, prefix = len(content), b""
    while length > 127:
        prefix, length = prefix + bytes([length & 127 | 128]), length >> 7
    return bytes([number << 3 | 2]) + prefix + bytes([length]) + content


def nested(depth):
    """Branches in branches, byte by byte: protocol buffers' own writers stop at 33."""
    relu = node("Relu", ["x"], ["y"]).SerializeToString()
    graph_of = lambda n: field(1, n) + field(2, b"g") + field(12, info("y", F, None).SerializeToString())
    attribute = lambda name, graph: field(5, field(1, name) + field(6, graph) + bytes([160, 1, 5]))
    inner = node("Neg", ["x"], ["y"]).SerializeToString()
    for _ in range(depth):
        inner = field(1, b"c") + field(2, b"y") + field(4, b"If") + attribute(b"then_branch", graph_of(inner)) + attribute(b"else_branch", graph_of(relu))
    inputs = field(11, info("c", B, []).SerializeToString()) + field(11, info("x", F, ["N"]).SerializeToString())
    return bytes([8, 9]) + field(8, bytes([16, 18])) + field(7, graph_of(inner) + inputs)


def test_graphs_nested_deep_run_and_deeper_ones_are_refused():
    x = numbers(4)
    deep = tenon.load(nested(24))
    for c in (True, False):
        np.testing.assert_array_equal(deep({"c": np.array(c), "x": x}), -x if c else np.maximum(x, 0))
    for depth in (33, 1000):
        try:
            tenon.load(nested(depth))
        except tenon.Error as e:
            assert "deep" in str(e), str(e)
        else:
            raise AssertionError(f"{depth} were built")


# ---- whole models
def whole(options, name):
    folder = models_folder(options.models)
    if not folder or not (folder / f"{name}.onnx").exists():
        raise Skipped(f"there is no {name}.onnx")
    return str(folder / f"{name}.onnx")


def test_silero_vad_frame_by_frame(options):
    path = whole(options, "silero_vad_v5")
    session = session_of(path)
    for rate, samples in ((16000, 576), (8000, 288)):
        m, random = tenon.load(path), np.random.default_rng(rate)
        ours = theirs = np.zeros((2, 1, 128), np.float32)
        for frame in range(30):
            x = (random.standard_normal((1, samples)) * .1).astype(np.float32)
            want = dict(zip(("output", "stateN"), session.run(None, {"input": x, "state": theirs, "sr": np.array(rate)})))
            found = m({"input": x, "state": ours, "sr": np.array(rate)})
            expect_same(found, want, f"{rate} Hz, frame {frame}")
            ours, theirs = found["stateN"], want["stateN"]


def test_loop_lstm_at_lengths_0_to_50(options):
    path = whole(options, "loop_lstm_tiny")
    session, m, random = session_of(path), tenon.load(path), np.random.default_rng(0)
    names = [o.name for o in session.get_outputs()]
    for length in range(51):
        feed = {i.name: random.standard_normal((length, 1, 10) if i.name == "input" else (4, 1, 20)).astype(np.float32) for i in session.get_inputs()}
        found = m(feed)
        if length:                                          # of no steps onnxruntime stacks nothing into [0], which a product then refuses
            expect_same(found, dict(zip(names, session.run(None, feed))), f"length {length}")
        else:
            assert found["output"].shape == (0, 1, 9) and (found["ho0"] == feed["hi0"]).all(), found["output"].shape


def test_gpt2_decodes_30_tokens_with_its_cache(options):
    path = whole(options, "gpt2_tiny_past")
    session, m = session_of(path), tenon.load(path)
    names = [o.name for o in session.get_outputs()]
    for step in range(30):
        if step % 8 == 0:                                   # it knows eight positions
            ours = theirs = {f"past_{i}": np.zeros((2, 1, 2, 0, 2), np.float32) for i in range(12)}
        token = np.array([[step * 7 % 10]])
        want = dict(zip(names, session.run(None, {"input_ids": token, **theirs})))
        found = m({"input_ids": token, **ours})
        expect_same(found, want, f"token {step}")
        ours, theirs = ({f"past_{i}": y[f"present_{i}"] for i in range(12)} for y in (found, want))


def test_g2p_says_two_words(options):
    path = whole(options, "g2p_pt_rnnt")
    m, letters = tenon.load(path), "-abcdefghijklmnopqrstuvwxyzàáâãçèéêíîóôõúûü"
    sounds = "E J L O R S X Z a a~ b d dZ e e~ f g i i~ j j~ k l m n o o~ p r s t tS u u~ v w w~ z".split()
    for word, expected in (("inverness", "i~ v e R n e s"), ("pírímítí", "p i r i m i tS i")):
        source, said, t = np.array([[letters.index(c) + 4 for c in word]], np.int32), [2], 0
        while t < len(word) and len(said) < 48:
            step = int(m({"src": source, "tgt": np.array([said], np.int32), "t": np.array([t], np.int32)}).reshape(-1)[0])
            if step == 2:
                t += 1
            else:
                said.append(step)
        assert " ".join(sounds[s - 4] for s in said[1:]) == expected, said


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--filter", default="")
    p.add_argument("--models", metavar="FOLDER")
    options, _ = p.parse_known_args()
    passed = failed = 0
    for name, case in sorted(globals().items()):
        if not name.startswith("test_") or options.filter not in name:
            continue
        try:
            case(options) if case.__code__.co_argcount else case()
            passed += 1
        except Skipped as reason:
            print(f"{name}: skipped: {reason}")
        except Exception:
            failed += 1
            print(f"{name}: {traceback.format_exc(limit=3)}")
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0 or not passed)


if __name__ == "__main__":
    main()
