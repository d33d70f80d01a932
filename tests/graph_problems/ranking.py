"""TopK of many: K beyond 3,840, ties, which the lower index wins, every type, along every axis, K that a run finds out. By the definition, in numpy."""
import numpy as np
from onnx import helper

import tenon
from case import F, I, check, model, node, numbers, refused, weights


def ranked(x, k, axis, largest):
    """Stable: equal elements stay in the order of their places. -0 equals 0."""
    key = x.astype(np.float64) if x.dtype.kind == "f" else x
    if largest:
        key = -key if key.dtype.kind == "f" else ~key           # ~x = -x - 1 has no overflow
    order = np.argsort(key, axis=axis, kind="stable")
    at = np.take(order, np.arange(k), axis=axis).astype(np.int64)
    return {"y": np.take_along_axis(x, at, axis), "i": at}


def topk(x, axis, largest, k=None, opset=11, **attributes):
    kind = helper.np_dtype_to_tensor_dtype(x.dtype)
    known = weights(k=np.array([k])) if k is not None else []
    return model([node("TopK", ["x", "k"], ["y", "i"], axis=axis, largest=largest, **attributes)],
                 [("x", kind, [f"d{d}" for d in range(x.ndim)])] + ([] if known else [("k", I, [1])]), [("y", kind), ("i", I)], known, opset)


def tied(shape, dtype, values=7, seed=0):
    return np.random.default_rng(seed).integers(0, values, shape).astype(dtype)


def test_k_beyond_3840():
    for k, n in ((3841, 3841), (3841, 10000), (5000, 5001), (20000, 20000), (3839, 4000), (3840, 3840)):
        for x in (tied((2, n), np.float32), numbers(2, n)):
            check(topk(x, -1, 1, k), [{"x": x}], [ranked(x, k, -1, 1)], exact=True, modes=("optimised", "plain"))


def test_every_type_with_ties_and_ends():
    """The ends of the types, too: INT64_MAX and the integer below it are one double."""
    for dtype in (np.float32, np.float64, np.float16, np.int64, np.int32, np.int8, np.uint8, np.uint64, np.int16):
        x = tied((3, 40), dtype)
        if np.dtype(dtype).kind == "f":
            x[0, :6] = np.inf, -np.inf, -0.0, 0.0, -np.inf, np.inf
        else:
            ends = np.iinfo(dtype)
            x[0, :6] = ends.max, ends.min, ends.max - 1, ends.min + 1, ends.max, ends.min
        for largest in (1, 0):
            for k in (1, 7, 40):
                opset = 24 if np.dtype(dtype).kind in "iu" and np.dtype(dtype).itemsize < 4 or dtype == np.uint64 else 11
                check(topk(x, 1, largest, k), [{"x": x}], [ranked(x, k, 1, largest)], exact=True)


def test_every_axis():
    x = tied((5, 6, 7), np.float32)
    for axis in (0, 1, 2, -1, -2, -3):
        for largest in (0, 1):
            check(topk(x, axis, largest, 4), [{"x": x}], [ranked(x, 4, axis, largest)], exact=True)
    x = tied((4000, 3), np.int64, 50)
    check(topk(x, 0, 1, 3900), [{"x": x}], [ranked(x, 3900, 0, 1)], exact=True)


def test_k_is_an_input():
    """None, one, all; extents open, so that a plan made for one serves the next."""
    for dtype, axis in ((np.float32, 0), (np.int64, 1), (np.int32, -1)):
        feeds = [{"x": tied((n, m), dtype, seed=n), "k": np.array([k])} for n, m, k in ((6, 9, 3), (6, 9, 6), (6, 9, 0), (8, 8, 1), (6, 9, 5), (4100, 7, 4000)
            if axis == 0 else (3, 4100, 4000))]
        check(topk(feeds[0]["x"], axis, 1), feeds, [ranked(f["x"], int(f["k"][0]), axis, 1) for f in feeds], exact=True)


def test_k_is_computed():
    """From extents, as detectors do, min(n, 1000); and from numbers: as many as are positive."""
    by_extent = model([node("Shape", ["x"], ["n"], start=1), node("Min", ["n", "most"], ["k"]), node("TopK", ["x", "k"], ["y", "i"])], [("x", F, ["N", "M"])],
                      [("y", F), ("i", I)], weights(most=np.array([1000])))
    feeds = [{"x": tied((2, n), np.float32, 300)} for n in (5, 999, 1000, 1001, 8400, 0)]
    check(by_extent, feeds, [ranked(f["x"], min(f["x"].shape[1], 1000), 1, 1) for f in feeds], exact=True)
    by_number = model([node("Greater", ["x", "zero"], ["c"]), node("Cast", ["c"], ["n"], to=I), node("ReduceSum", ["n"], ["k"], keepdims=0),
                       node("Reshape", ["k", "one"], ["k1"]), node("TopK", ["x", "k1"], ["y", "i"], largest=0)], [("x", F, ["M"])], [("y", F), ("i", I)],
                      weights(zero=np.float32(0), one=np.array([1])))
    feeds = [{"x": x} for x in (numbers(9), -np.abs(numbers(4)), np.abs(numbers(6)), np.zeros(0, np.float32), np.round(numbers(9000)))]
    check(by_number, feeds, [ranked(f["x"], int((f["x"] > 0).sum()), 0, 0) for f in feeds], exact=True)


def test_unsorted_is_a_set_and_no_more_than_there_are():
    x = tied((3, 50), np.float32, 400)
    built = tenon.load(topk(x, 1, 1, 20, sorted=0).SerializeToString())(x)
    want = ranked(x, 20, 1, 1)
    np.testing.assert_array_equal(np.sort(built["i"], 1), np.sort(want["i"], 1))
    np.testing.assert_array_equal(built["y"], np.take_along_axis(x, built["i"], 1))
    built = tenon.load(topk(x, 1, 1).SerializeToString())
    for k in (51, -1, 2**40):
        refused(lambda: built({"x": x, "k": np.array([k])}), "TN104" if k < 0 else "TN101", str(k))
    np.testing.assert_array_equal(built({"x": x, "k": np.array([50])})["i"], ranked(x, 50, 1, 1)["i"])


def test_the_older_forms():
    """k as an attribute until opset 9, always the largest."""
    x = tied((4, 30), np.float32)
    m = model([node("TopK", ["x"], ["y", "i"], axis=0, k=3)], [("x", F, ["N", 30])], [("y", F), ("i", I)], opset=9)
    check(m, [{"x": x}], [ranked(x, 3, 0, 1)], exact=True)
