"""Scattering with a reduction: indices twice and more often, from the end, more of them than the data has; sums of integers to the last bit. In numpy,
element by element.
"""
import itertools

import numpy as np
from onnx import helper

import tenon
from case import F, I, check, model, node, numbers, refused, weights

COMBINE = {"none": lambda a, b: b, "add": lambda a, b: a + b, "mul": lambda a, b: a * b, "max": max, "min": min}


def combine(reduction, old, new, dtype):
    with np.errstate(over="ignore"):
        return np.asarray(COMBINE[reduction](dtype.type(old), dtype.type(new)), dtype)


def elements(data, indices, updates, axis, reduction):
    y = data.copy()
    for place in np.ndindex(indices.shape):
        to = list(place)
        to[axis] = indices[place]
        y[tuple(to)] = combine(reduction, y[tuple(to)], updates[place], data.dtype)
    return y


def slices(data, indices, updates, reduction):
    y = data.copy()
    for place in np.ndindex(indices.shape[:-1]):
        to = tuple(indices[place])
        y[to] = np.frompyfunc(lambda a, b: combine(reduction, a, b, data.dtype), 2, 1)(y[to],
            updates[place]).astype(data.dtype) if y[to].ndim else combine(reduction, y[to], updates[place], data.dtype)
    return y


def scatter(op, data, indices, opset=18, **attributes):
    kind, open_shape = helper.np_dtype_to_tensor_dtype(data.dtype), lambda letter, rank: [f"{letter}{d}" for d in range(rank)]
    updates = indices.ndim if op == "ScatterElements" else indices.ndim - 1 + data.ndim - indices.shape[-1]
    index_shape = open_shape("i", indices.ndim) if op == "ScatterElements" else [*open_shape("i", indices.ndim - 1), indices.shape[-1]]
    return model([node(op, ["x", "i", "u"], ["y"], **attributes)],
                 [("x", kind, open_shape("x", data.ndim)), ("i", helper.np_dtype_to_tensor_dtype(indices.dtype), index_shape),
                  ("u", kind, open_shape("u", updates))], [("y", kind)], opset=opset)


def some(shape, dtype, seed=0):
    """Whole numbers of which products stay small: halves, too, add them without rounding."""
    return np.random.default_rng([seed, *shape]).integers(1, 4, shape).astype(dtype)


def test_elements_with_duplicates():
    for reduction, dtype in itertools.product(("add", "mul", "max", "min"), (np.float32, np.float64, np.int64, np.int32, np.float16)):
        data = some((4, 5), dtype)
        if np.dtype(dtype).kind == "f":
            data[1, 1] = -2.5
        for axis, shape in ((0, (4, 5)), (1, (4, 5)), (-1, (2, 3)), (0, (9, 4)), (1, (3, 12)), (0, (0, 5))):
            extent = data.shape[axis]
            indices = np.random.default_rng(len(shape) + shape[0]).integers(-extent, extent, shape)
            updates = some(shape, dtype, 1)
            if reduction == "mul":
                updates = np.minimum(updates, 2)
            check(scatter("ScatterElements", data, indices, axis=axis, reduction=reduction), [{"x": data, "i": indices, "u": updates}],
                  [{"y": elements(data, indices, updates, axis, reduction)}], exact=True, modes=("optimised", "plain"))


def test_elements_without_duplicates():
    for dtype in (np.float32, np.int64, np.bool_, np.uint8, np.float16, np.int8):
        data = some((5, 6), dtype)
        indices = np.stack([np.random.default_rng(k).permutation(6)[:4] for k in range(3)]) - 6 * (np.arange(4) % 2)
        updates = some((3, 4), dtype, 2) if dtype != np.bool_ else np.arange(12).reshape(3, 4) % 2 == 0
        for index_type in (np.int64, np.int32):
            check(scatter("ScatterElements", data, indices.astype(index_type), axis=1), [{"x": data, "i": indices.astype(index_type), "u": updates}],
                  [{"y": elements(data, indices, updates, 1, "none")}], exact=True)


def test_slices_with_duplicates():
    for reduction, dtype in itertools.product(("add", "mul", "max", "min"), (np.float32, np.int64, np.float16, np.float64)):
        data = some((4, 3, 2), dtype)
        for depth, lead in ((1, (7,)), (2, (2, 5)), (3, (9,)), (1, (0,)), (3, ())):
            indices = np.stack([np.random.default_rng([depth, k]).integers(-data.shape[k], data.shape[k], lead) for k in range(depth)], -1)
            updates = some((*lead, *data.shape[depth:]), dtype, 3)
            if reduction == "mul":
                updates = np.minimum(updates, 2)
            check(scatter("ScatterND", data, indices, reduction=reduction), [{"x": data, "i": indices, "u": updates}],
                  [{"y": slices(data, indices, updates, reduction)}], exact=True, modes=("optimised", "plain"))


def test_a_hundred_thousand_into_few():
    """Integers beyond 2^53 sum exactly and turn over at the end; floats stay near the exact sum though all meet in three places."""
    random = np.random.default_rng(0)
    i = random.integers(0, 3, (100_000, 1))
    for dtype in (np.int64, np.int32):
        u = random.integers(np.iinfo(dtype).min, np.iinfo(dtype).max, 100_000, dtype)
        want = np.zeros(3, dtype)
        with np.errstate(over="ignore"):
            np.add.at(want, i[:, 0], u)
        check(scatter("ScatterND", want, i, reduction="add"), [{"x": np.zeros(3, dtype), "i": i, "u": u}], [{"y": want}])
        check(scatter("ScatterElements", want, i[:, 0], reduction="add"), [{"x": np.zeros(3, dtype), "i": i[:, 0], "u": u}], [{"y": want}])
    u = random.uniform(0, 1, 100_000).astype(np.float32)
    want = np.zeros(3)
    np.add.at(want, i[:, 0], u)
    check(scatter("ScatterND", u, i, reduction="add"), [{"x": np.zeros(3, np.float32), "i": i, "u": u}], [{"y": want.astype(np.float32)}])


def test_what_lies_outside_is_refused():
    for op, at in (("ScatterElements", np.array([4])), ("ScatterElements", np.array([-5])), ("ScatterElements", np.array([2**40])),
                   ("ScatterND", np.array([[4]])), ("ScatterND", np.array([[-5]]))):
        data = some((4,), np.float32)
        for optimize in (True, False):
            built = tenon.load(scatter(op, data, at, reduction="add").SerializeToString(), optimize=optimize)
            refused(lambda: built({"x": data, "i": at, "u": data[:1]}), "TN101", str(at.item()))
            np.testing.assert_array_equal(built({"x": data, "i": at * 0, "u": data[:1]})[1:], data[1:])


def test_voxels_of_points():
    """PointPillars and the like: points to cells by a mean, whose counts are scattered too; cells no point hits stay zero. Sizes are open."""
    m = model([node("Shape", ["p"], ["s"]), node("Slice", ["s", "one", "two"], ["c"]), node("Concat", ["cells", "c"], ["full"], axis=0),
               node("Expand", ["zero", "full"], ["empty"]), node("Unsqueeze", ["at", "one"], ["at1"]),
               node("ScatterND", ["empty", "at1", "p"], ["sum"], reduction="add"), node("Expand", ["zero", "s1"], ["none"]), node("Shape", ["at"], ["n"]),
               node("Expand", ["onef", "n"], ["ones"]), node("ScatterElements", ["none", "at", "ones"], ["count"], axis=0, reduction="add"),
               node("Max", ["count", "onef"], ["safe"]), node("Unsqueeze", ["safe", "one"], ["safe1"]), node("Div", ["sum", "safe1"], ["mean"]),
               node("ScatterND", ["empty", "at1", "p"], ["top"], reduction="max")], [("p", F, ["N", "C"]), ("at", I, ["N"])],
              [("mean", F), ("count", F), ("top", F)], weights(one=np.array([1]), two=np.array([2]), cells=np.array([6]), zero=np.zeros((1, 1), np.float32)[0],
                                                               s1=np.array([6]), onef=np.ones(1, np.float32)))
    feeds = [{"p": numbers(n, c), "at": np.random.default_rng(n).integers(0, 5, n)} for n, c in ((9, 2), (0, 3), (1, 1), (40, 4))]
    wanted = []
    for f in feeds:
        total, count, top = np.zeros((6, f["p"].shape[1])), np.zeros(6, np.float32), np.zeros((6, f["p"].shape[1]), np.float32)
        np.add.at(total, f["at"], f["p"]), np.add.at(count, f["at"], 1), np.maximum.at(top, f["at"], f["p"])
        wanted.append({"mean": (total / np.maximum(count, 1)[:, None]).astype(np.float32), "count": count, "top": top})
    check(m, feeds, wanted)
