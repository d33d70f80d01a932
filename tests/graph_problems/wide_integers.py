"""int64 beyond 32 bits and beyond doubles, ends of slices at the ends of the type, bools where numbers are expected, doubles, integer division at its edges."""
import itertools

import numpy as np
from onnx import helper

import tenon
from case import B, D, F, I, check, model, node, numbers, weights

MOST, LEAST = 2**63 - 1, -2**63
WIDE = np.array([[0, 1, -1, 2**31, -2**31, 2**31 - 1], [2**32, 2**40 + 1, -2**40 - 1, 2**53, 2**53 + 1, -2**53 - 1],
                 [MOST, LEAST, MOST - 1, LEAST + 1, 2**62, 3]])


def kind_of(x):
    return helper.np_dtype_to_tensor_dtype(np.asarray(x).dtype)


def both(op, feed, want, opset=18, **attributes):
    """As inputs of a run, of open extents but for lists and places, and as constants that import folds: the numbers are the same."""
    want = np.asarray(want)
    def extents(name, v):
        return [f"{name}{d}" for d in range(v.ndim)] if v.ndim != 1 and (name, op[-2:]) != ("i", "ND") else list(v.shape)
    inputs = [(k, kind_of(v), extents(k, np.asarray(v))) for k, v in feed.items()]
    m = model([node(op, list(feed), ["y"], **attributes)], inputs, [("y", kind_of(want), [f"o{d}" for d in range(want.ndim)])], opset=opset)
    check(m, [feed], [{"y": want}], exact=True)
    folded = model([node(op, list(feed), ["k"], **attributes), node("Identity", ["z"], ["z1"])], [("z", F, ["N"])], [("k", kind_of(want)), ("z1", F)],
                   weights(**feed), opset)
    check(folded, [{"z": np.ones(2, np.float32)}], [{"k": want, "z1": np.ones(2, np.float32)}], exact=True)


def test_arithmetic_wraps_and_keeps_every_bit():
    other = np.roll(WIDE, 1, 1)
    with np.errstate(over="ignore"):
        for op, f in (("Add", np.add), ("Sub", np.subtract), ("Mul", np.multiply), ("Max", np.maximum), ("Min", np.minimum), ("BitwiseAnd", np.bitwise_and),
                      ("BitwiseXor", np.bitwise_xor)):
            both(op, {"a": WIDE, "b": other}, f(WIDE, other))
        for op, f in (("Neg", np.negative), ("Abs", np.abs), ("Sign", np.sign)):
            both(op, {"a": WIDE}, f(WIDE))
        both("ReduceSum", {"a": WIDE, "axes": np.array([1])}, WIDE.sum(1, keepdims=True))
        both("ReduceMax", {"a": WIDE, "axes": np.array([1])}, WIDE.max(1, keepdims=True))
        both("ReduceMin", {"a": WIDE, "axes": np.array([0])}, WIDE.min(0, keepdims=True))
        both("CumSum", {"a": WIDE, "axis": np.array(1)}, np.cumsum(WIDE, 1))
        both("Pow", {"a": np.array([3, -3, 2**31, 7]), "b": np.array([39, 37, 2, 22])}, np.array([3**39, -3**37, 2**62, 7**22]))
    both("ArgMax", {"a": WIDE}, WIDE.argmax(1)[:, None], axis=1)
    both("ArgMin", {"a": WIDE}, WIDE.argmin(1)[:, None], axis=1)
    both("Clip", {"a": WIDE, "low": np.array(-2**53 - 1), "high": np.array(2**53 + 1)}, WIDE.clip(-2**53 - 1, 2**53 + 1))


def test_division_at_its_edges():
    """Truncated towards zero; Mod's sign is the divisor's, or with fmod the dividend's. The least over -1 overflows: it may wrap, never end the process;
    over 0 likewise.
    """
    a = np.array([7, -7, 7, -7, MOST, LEAST, 2**53 + 1, LEAST])
    b = np.array([2, 2, -2, -2, 10, 10, -3, 3])
    quotient = np.array([abs(int(x)) // abs(int(y)) * (1 if (x < 0) == (y < 0) else -1) for x, y in zip(a, b)])
    both("Div", {"a": a, "b": b}, quotient)
    both("Mod", {"a": a, "b": b}, np.array([int(x) % int(y) for x, y in zip(a, b)]))
    both("Mod", {"a": a, "b": b}, np.array([int(x) - int(q) * int(y) for x, q, y in zip(a, quotient, b)]), fmod=1)
    for op, attributes, dtype in itertools.product(("Div", "Mod"), ({}, {"fmod": 1}), (np.int64, np.int32, np.int8, np.uint8)):
        if op == "Div" and attributes:
            continue
        low = np.iinfo(dtype).min
        x, y = np.array([low, low, 5, 0, 7], dtype), np.array([-1 if low else 0, 0, 0, 0, 2], dtype)
        m = model([node(op, ["a", "b"], ["y"], **attributes)], [("a", kind_of(x), ["N"]), ("b", kind_of(x), ["N"])], [("y", kind_of(x))])
        folded = model([node(op, ["a", "b"], ["k"], **attributes), node("Add", ["k", "z"], ["y"])], [("z", kind_of(x), [1])], [("y", kind_of(x))],
                       weights(a=x, b=y))
        for optimize in (True, False):
            assert tenon.load(m.SerializeToString(), optimize=optimize)({"a": x, "b": y})[4] == (3 if op == "Div" else 1)
            assert tenon.load(folded.SerializeToString(), optimize=optimize)(np.zeros(1, dtype))[4] == (3 if op == "Div" else 1)


def test_comparisons_beyond_doubles():
    other = WIDE + np.array([[1, 0, -1, 0, 1, 0]] * 3) * (np.abs(WIDE) < 2**62)
    for op, f in (("Equal", np.equal), ("Less", np.less), ("Greater", np.greater), ("LessOrEqual", np.less_equal), ("GreaterOrEqual", np.greater_equal)):
        both(op, {"a": WIDE, "b": other}, f(WIDE, other))
    u = np.array([0, 2**63, 2**64 - 1, 2**53 + 1], np.uint64)
    v = np.array([0, 2**63 - 1, 2**64 - 2, 2**53], np.uint64)
    both("Less", {"a": u, "b": v}, u < v)
    both("Greater", {"a": u, "b": v}, u > v)
    both("Equal", {"a": u, "b": v}, u == v)


def test_moves_keep_every_bit():
    at = np.array([2, -1, 0, 0])
    both("Gather", {"a": WIDE, "i": at % 3}, WIDE[at % 3])
    both("Gather", {"a": WIDE, "i": np.array([-6, 5])}, WIDE[:, [0, 5]], axis=1)
    both("GatherElements", {"a": WIDE, "i": np.array([[5, 0], [-1, 1], [0, 1]])}, np.take_along_axis(WIDE, np.array([[5, 0], [5, 1], [0, 1]]), 1), axis=1)
    both("Concat", {"a": WIDE, "b": WIDE[:1]}, np.concatenate([WIDE, WIDE[:1]]), axis=0)
    both("Where", {"c": WIDE > 0, "a": WIDE, "b": WIDE[::-1].copy()}, np.where(WIDE > 0, WIDE, WIDE[::-1]))
    both("Expand", {"a": WIDE[:, :1].copy(), "s": np.array([2, 3, 4])}, np.broadcast_to(WIDE[:, :1], (2, 3, 4)))
    both("Tile", {"a": WIDE, "r": np.array([2, 1])}, np.tile(WIDE, (2, 1)))
    both("Transpose", {"a": WIDE}, WIDE.T)
    both("Pad", {"a": WIDE, "p": np.array([0, 1, 1, 0]), "v": np.array(2**53 + 1)}, np.pad(WIDE, ((0, 1), (1, 0)), constant_values=2**53 + 1))
    m = model([node("TopK", ["a", "k"], ["y", "i"])], [("a", I, ["N", 6])], [("y", I), ("i", I)], weights(k=np.array([6])))
    order = np.argsort(np.array([[-int(v) for v in row] for row in WIDE], object), 1, kind="stable")
    check(m, [{"a": WIDE}], [{"y": np.take_along_axis(WIDE, order, 1), "i": order}])
    both("Range", {"a": np.array(2**40), "b": np.array(2**40 + 7), "c": np.array(3)}, np.arange(2**40, 2**40 + 7, 3))
    both("Range", {"a": np.array(MOST - 4), "b": np.array(MOST), "c": np.array(3)}, np.array([MOST - 4, MOST - 1]))
    both("Range", {"a": np.array(LEAST + 4), "b": np.array(LEAST), "c": np.array(-3)}, np.array([LEAST + 4, LEAST + 1]))


def test_casts_of_wide_integers():
    """To narrower integers the low bits stay; to floats the nearest, once; from floats inside the range, towards zero."""
    for dtype in (np.int32, np.int16, np.int8, np.uint8, np.uint64, np.uint32):
        both("Cast", {"a": WIDE}, WIDE.astype(dtype), to=helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))
    tie = np.array([2**24 + 1, 2**53 + 1, 2**53 + 3, MOST, LEAST, 2**62 + 2**38, 2**62 + 2**38 + 1])
    for dtype in (np.float32, np.float64):
        both("Cast", {"a": tie}, tie.astype(dtype), to=helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))
    x = np.array([2.0**62, -2.0**63, 1e15 + .5, -1.9, .99])
    both("Cast", {"a": x}, x.astype(np.int64), to=I)
    both("Cast", {"a": WIDE}, WIDE != 0, to=B)
    both("Cast", {"a": np.array([0, .1, -0.0, np.nan, 1e-45], np.float32)}, np.array([False, True, False, True, True]), to=B)


def test_slices_to_the_ends_of_the_type():
    x = numbers(5, 6)
    for start, end, step in itertools.product((0, LEAST, -3, MOST, 2, -2**31 - 1), (MOST, LEAST, 3, -1, 2**31, 0), (1, -1, 2, MOST, LEAST, -2**31)):
        size = 6
        clamp = lambda v, low, high: max(low, min(high, v + size if v < 0 else v))
        s, e = (clamp(start, 0, size), clamp(end, 0, size)) if step > 0 else (clamp(start, 0, size - 1), clamp(end, -1, size - 1))
        picked = list(range(s, e, step))
        want = x[:, picked]
        operands = {"x": x, "s": np.array([start]), "e": np.array([end]), "a": np.array([1]), "t": np.array([step])}
        m = model([node("Slice", list(operands), ["y"])], [("x", F, ["N", "M"])], [("y", F)], weights(**{k: v for k, v in operands.items() if k != "x"}))
        check(m, [{"x": x}], [{"y": want}], exact=True, modes=("optimised",))
    late = model([node("Slice", ["x", "s", "e", "a", "t"], ["y"])], [("x", F, ["N", "M"])] + [(k, I, [1]) for k in "seat"], [("y", F, ["A", "B"])])
    feeds = [{"x": x, "s": np.array([s]), "e": np.array([e]), "a": np.array([a]), "t": np.array([t])} for s, e, a,
             t in ((0, MOST, 0, 1), (-1, LEAST, 1, -1), (-2, MOST, -1, 1), (MOST, LEAST, -2, -2))]
    check(late, feeds, [{"y": x}, {"y": x[:, ::-1]}, {"y": x[:, -2:]}, {"y": x[::-2]}], exact=True)
    narrow = {"s": np.array([1], np.int32), "e": np.array([2**31 - 1], np.int32)}
    m = model([node("Slice", ["x", "s", "e"], ["y"])], [("x", F, ["N", "M"])], [("y", F)], weights(**narrow))
    check(m, [{"x": x}], [{"y": x[1:]}], exact=True)


def test_bools_are_moved_and_compared():
    c = np.array([[True, False, True], [False, False, True]])
    both("Equal", {"a": c, "b": c[:, ::-1].copy()}, c == c[:, ::-1])
    both("Gather", {"a": c, "i": np.array([1, 0, -1])}, c[[1, 0, 1]])
    both("Expand", {"a": c[:, :1].copy(), "s": np.array([2, 2, 4])}, np.broadcast_to(c[:, :1], (2, 2, 4)))
    both("Slice", {"a": c, "s": np.array([-1]), "e": np.array([LEAST]), "x": np.array([1]), "t": np.array([-1])}, c[:, ::-1])
    both("Concat", {"a": c, "b": c}, np.concatenate([c, c], 1), axis=1)
    both("Transpose", {"a": c}, c.T)
    both("Reshape", {"a": c, "s": np.array([3, 2])}, c.reshape(3, 2))
    both("Where", {"c": c, "a": c, "b": ~c}, np.where(c, c, ~c))
    both("Tile", {"a": c, "r": np.array([1, 2])}, np.tile(c, (1, 2)))
    both("Unsqueeze", {"a": c, "x": np.array([1])}, c[:, None])
    both("GatherND", {"a": c, "i": np.array([[0, 1], [1, 2]])}, np.array([False, True]))
    both("ScatterND", {"a": c, "i": np.array([[0, 1], [1, 2]]), "u": np.array([True, False])}, np.array([[True, True, True], [False, False, False]]))
    both("Split", {"a": c}, c, axis=1, num_outputs=1)
    both("Pad", {"a": c, "p": np.array([0, 0, 1, 0])}, np.concatenate([c, np.zeros((1, 3), bool)]))
    for dtype in (np.float32, np.int64, np.float16, np.uint8, np.int32):
        both("Cast", {"a": c}, c.astype(dtype), to=helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))
    for op, f in (("And", np.logical_and), ("Or", np.logical_or), ("Xor", np.logical_xor)):
        both(op, {"a": c, "b": c[:1]}, f(c, c[:1]))
    both("Not", {"a": c}, ~c)
    m = model([node("Cast", ["c"], ["k"], to=I), node("ReduceSum", ["k"], ["n"], keepdims=0), node("Cast", ["n"], ["any"], to=B), node("Not", ["any"], ["y"])],
              [("c", B, ["N", "M"])], [("n", I), ("y", B)])
    check(m, [{"c": v} for v in (c, c & False, np.zeros((0, 3), bool))], exact=True)


def test_doubles_are_doubles():
    """Beyond what floats tell apart, for all that a float would do; angles of a million, too."""
    x = np.array([[.1, 1e6 + 1e-7, -2.5, 1e-300, 3.141592653589793, 123456.789]])
    for op, f in (("Cos", np.cos), ("Sin", np.sin), ("Tanh", np.tanh), ("Exp", lambda v: np.exp(v / 1e5)), ("Sqrt", lambda v: np.sqrt(np.abs(v))),
                  ("Log", lambda v: np.log(np.abs(v)))):
        given = {"Exp": x / 1e5, "Sqrt": np.abs(x), "Log": np.abs(x)}.get(op, x)
        m = model([node(op, ["a"], ["y"])], [("a", D, ["N", "M"])], [("y", D)])
        for optimize in (True, False):
            np.testing.assert_allclose(tenon.load(m.SerializeToString(), optimize=optimize)(given), f(x), rtol=1e-13, atol=1e-300, err_msg=op)
    a, b = numbers(3, 40, dtype=np.float64), numbers(40, 2, dtype=np.float64)
    m = model([node("MatMul", ["a", "b"], ["p"]), node("ReduceMean", ["p"], ["mean"], keepdims=0), node("Softmax", ["p"], ["s"])],
              [("a", D, ["N", 40]), ("b", D, [40, 2])], [("p", D), ("mean", D), ("s", D)])
    for optimize in (True, False):
        got = tenon.load(m.SerializeToString(), optimize=optimize)({"a": a, "b": b})
        np.testing.assert_allclose(got["p"], a @ b, rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(got["mean"], (a @ b).mean(), rtol=1e-12)
        np.testing.assert_allclose(got["s"], np.exp(a @ b) / np.exp(a @ b).sum(1, keepdims=True), rtol=1e-12)


def test_positions_of_tokens_beyond_32_bits():
    """Hashes of tokens modulo a table's length, as embeddings of n-grams make them: int64 all the way to a Gather."""
    m = model([node("Mul", ["ids", "prime"], ["h"]), node("BitwiseXor", ["h", "salt"], ["x"]), node("Mod", ["x", "size"], ["at"]),
               node("Gather", ["table", "at"], ["y"])], [("ids", I, ["B", "S"])], [("y", F), ("at", I)],
              weights(prime=np.array(1099511628211), salt=np.array(0x5bd1e995_00000001), size=np.array(1000), table=numbers(1000, 3)))
    ids = np.random.default_rng(0).integers(0, 2**40, (2, 5))
    with np.errstate(over="ignore"):
        at = ((ids * 1099511628211) ^ 0x5bd1e995_00000001) % 1000
    check(m, [{"ids": ids}], [{"y": numbers(1000, 3)[at], "at": at}], exact=True)
