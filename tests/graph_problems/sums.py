"""CumSum: every direction, axes that a run reads or computes, long axes whose sums stay near the exact ones. By numpy, of floats in doubles."""
import itertools

import numpy as np
from onnx import helper

import tenon
from case import F, I, I32, check, model, node, numbers, refused, weights


def summed(x, axis, exclusive, reverse):
    wide = x.astype(np.float64) if x.dtype.kind == "f" else x
    y = np.flip(wide, axis) if reverse else wide
    y = np.cumsum(y, axis, dtype=wide.dtype)
    if exclusive:
        y = np.roll(y, 1, axis)
        np.moveaxis(y, axis, 0)[:1] = 0
    return {"y": (np.flip(y, axis) if reverse else y).astype(x.dtype)}


def cumsum(x, axis=None, index_type=I, axis_shape=(), **attributes):
    kind = helper.np_dtype_to_tensor_dtype(x.dtype)
    known = weights(axis=np.array(axis, helper.tensor_dtype_to_np_dtype(index_type))) if axis is not None else []
    return model([node("CumSum", ["x", "axis"], ["y"], **attributes)], [("x", kind, [f"d{k}" for k in range(x.ndim)])] + ([] if known
        else [("axis", index_type, list(axis_shape))]), [("y", kind)], known, opset=14)


DIRECTIONS = [dict(exclusive=e, reverse=r) for e, r in itertools.product((0, 1), (0, 1))]


def test_every_axis_and_direction():
    for shape in ((7,), (4, 5), (3, 4, 5), (2, 1, 3, 2), (4, 0), (0, 4), (1,)):
        x = numbers(*shape)
        for axis, way in itertools.product(range(-len(shape), len(shape)), DIRECTIONS):
            check(cumsum(x, axis, **way), [{"x": x}], [summed(x, axis, **way)], modes=("optimised", "plain"))


def test_the_axis_is_an_input():
    """Of rank 0 and of one element, of both integer types, from either end; out of range is refused and the next run goes on."""
    x = numbers(3, 4, 5)
    for index_type, shape in itertools.product((I, I32), ((), (1,))):
        dtype = helper.tensor_dtype_to_np_dtype(index_type)
        for way in DIRECTIONS:
            feeds = [{"x": x, "axis": np.full(shape, a, dtype)} for a in (0, 2, -1, 1, -3)]
            check(cumsum(x, None, index_type, shape, **way), feeds, [summed(x, int(f["axis"].reshape(-1)[0]), **way) for f in feeds],
                  modes=("optimised", "saved"))
    built = tenon.load(cumsum(x).SerializeToString())
    for wrong in (3, -4, 2**40):
        refused(lambda: built({"x": x, "axis": np.array(wrong)}), "TN101", str(wrong))
    np.testing.assert_allclose(built({"x": x, "axis": np.array(1)}), np.cumsum(x, 1), rtol=1e-5, atol=1e-6)


def test_the_axis_is_computed():
    """From a rank, as a counted axis less one; from numbers, the largest of a list."""
    m = model([node("Shape", ["x"], ["s"]), node("Size", ["s"], ["r"]), node("Sub", ["r", "one"], ["last"]), node("CumSum", ["x", "last"], ["y"], reverse=1)],
              [("x", F, ["N", "M"])], [("y", F)], weights(one=np.array(1)))
    x = numbers(3, 6)
    check(m, [{"x": x}], [summed(x, 1, 0, 1)])
    m = model([node("ReduceMax", ["k"], ["a"], keepdims=0), node("CumSum", ["x", "a"], ["y"], exclusive=1)], [("x", F, ["N", "M"]), ("k", I, ["K"])],
              [("y", F)])
    feeds = [{"x": x, "k": np.array(k)} for k in ([0, -1], [1, 0, -2], [-1])]
    check(m, feeds, [summed(x, int(f["k"].max()), 1, 0) for f in feeds])


def test_long_axes():
    """A million numbers of one sign, and of two that cancel; integers turn over where they end."""
    for x in (np.random.default_rng(0).uniform(0, 1, (1, 1_000_000)).astype(np.float32), numbers(100_000, 3), np.full((2, 50_000), .1, np.float32)):
        axis = int(np.argmax(x.shape))
        for way in DIRECTIONS:
            check(cumsum(x, axis, **way), [{"x": x}], [summed(x, axis, **way)], modes=("optimised",))
    for dtype in (np.int64, np.int32):
        x = np.random.default_rng(1).integers(np.iinfo(dtype).min, np.iinfo(dtype).max, (2, 20_000), dtype)
        for way in DIRECTIONS:
            check(cumsum(x, 1, **way), [{"x": x}], [summed(x, 1, **way)])


def test_doubles_and_wide_integers_are_exact():
    for x in (np.array([[2**53, 1, 1, 1, -2**53]], np.int64), np.array([[1e16, 1, -1e16, 1]]), np.arange(20, dtype=np.uint32).reshape(2, 10),
              np.array([[np.inf, 1, -np.inf, 1]], np.float32)):
        for way in DIRECTIONS:
            with np.errstate(invalid="ignore"):
                check(cumsum(x, 1, **way), [{"x": x}], [summed(x, 1, **way)], modes=("optimised", "plain"))


def test_halves_sum_in_floats():
    """Ten thousand tenths are a thousand, not the 256 at which halves stand still."""
    x = np.full((1, 10_000), .1, np.float16)
    for way in DIRECTIONS:
        check(cumsum(x, 1, **way), [{"x": x}], [summed(x, 1, **way)])
