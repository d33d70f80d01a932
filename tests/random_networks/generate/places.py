"""Operators that take or give positions: gathered, scattered, ranked, cumulated."""
import numpy as np
from onnx import TensorProto as T

from .net import FLOATS, INTEGERS, is_map


def gather(n):
    x = n.find(lambda v: v.rank >= 2 and v.size)
    if x:
        axis = n.number(1, x.rank - 1)
        indices = n.random.integers(-x.shape[axis], x.shape[axis], [n.number(1, 4)] * n.number(0, 2))
        n.move("Gather", [x, n.constant(indices.astype(np.int64))], [*x.shape[:axis], *indices.shape, *x.shape[axis + 1:]], x, axis=axis)


def places(n, shape, below, dtype=None):
    """Indices: constants, some counted from the end, or what comes at run time."""
    dtype = dtype or n.pick([np.int64, np.int32])
    if n.open_batch or n.chance(.4):
        return n.hidden_input(shape, dtype, f"below{below}")
    return n.constant(n.random.integers(-below, below, shape), dtype)


def gather_elements(n):
    x = n.find(lambda v: v.rank >= 2 and v.size)
    if x:
        axis = n.axis(x, 1)
        shape = [n.number(1, e + 2) if i == axis else e for i, e in enumerate(x.shape)]
        if np.prod(shape) < 5000:
            n.move("GatherElements", [x, places(n, shape, x.shape[axis])], shape, x, axis=axis)


def gather_nd(n):
    x = n.find(lambda v: v.rank >= 2 and v.size)
    if not x:
        return
    if n.open_batch or n.chance(.4):                        # one place of each batch
        depth, count = n.number(1, x.rank - 1), n.number(1, 3)
        low = min(x.shape[1:1 + depth])
        index = places(n, [x.shape[0], count, depth], low, np.int64)
        return n.move("GatherND", [x, index], [x.shape[0], count, *x.shape[1 + depth:]], x, batch_dims=1)
    depth, count = n.number(1, x.rank), n.number(1, 4)
    n.move("GatherND", [x, places(n, [count, depth], min(x.shape[:depth]), np.int64)], [count, *x.shape[depth:]], x)


def distinct(n, below, count):
    return n.random.permutation(below)[:count]


def scatter_elements(n):
    x = n.find(lambda v: v.rank >= 2 and v.size and (v.float or v.dtype in INTEGERS and v.exact))
    if not x or n.open_batch:
        return
    axis = n.axis(x, 1)
    count = n.number(1, x.shape[axis])
    shape = [count if i == axis else e for i, e in enumerate(x.shape)]
    along = distinct(n, x.shape[axis], count).reshape([-1 if i == axis else 1 for i in range(x.rank)])
    how = n.pick(["none", "none", "add", "mul", "max", "min"])
    updates = n.weights(shape, x.dtype) if x.float else n.constant(n.random.integers(0, 5, shape), x.dtype)
    more = {} if how == "none" else {"reduction": how}
    n.same("ScatterElements", [x, n.constant(np.broadcast_to(along, shape).astype(np.int64)), updates], x, exact=x.exact and (how == "none" or not x.float), axis=axis, **more)


def scatter_nd(n):
    x = n.find(lambda v: v.rank >= 2 and v.size and (v.float or v.dtype in INTEGERS and v.exact))
    if not x or n.open_batch:
        return
    count = n.number(1, min(3, x.shape[0]))
    where = distinct(n, x.shape[0], count)[:, None]
    if n.chance(.5):
        where = np.concatenate([where, n.random.integers(0, x.shape[1], [count, 1])], 1)
    shape = [count, *x.shape[where.shape[1]:]]
    updates = n.weights(shape, x.dtype) if x.float else n.constant(n.random.integers(0, 5, shape), x.dtype)
    how = n.pick(["none", "none", "add", "mul", "max", "min"])
    more = {} if how == "none" else {"reduction": how}
    n.same("ScatterND", [x, n.constant(where.astype(np.int64)), updates], x, exact=x.exact and (how == "none" or not x.float), **more)


def cache(n):                                                # of keys and values
    x = n.find(lambda v: v.dtype in FLOATS and v.rank in (3, 4) and v.size)
    if not x or n.open_batch:
        return
    length = x.shape[-2]
    count = n.number(1, length)
    update = n.weights([*x.shape[:-2], count, x.shape[-1]], x.dtype)
    circular = n.chance(.4)
    at = n.constant(n.random.integers(0, length if circular else length - count + 1, x.shape[:1]).astype(np.int64))
    n.same("TensorScatter", [x, update, at], x, exact=x.exact, opset=24, **({"mode": "circular"} if circular else {}))


def ranked(n):                                               # of what is exact: equal or not, nothing may waver
    x = n.find(lambda v: v.exact and v.rank >= 1 and v.size and (v.dtype in FLOATS or v.dtype in INTEGERS))
    axis = x and n.axis(x)
    if axis is None:
        return
    if n.chance(.5):
        k = n.number(1, x.shape[axis])
        shape = [k if i == axis else e for i, e in enumerate(x.shape)]
        return n.node("TopK", [x, n.i64(k)], [shape, shape], [x.dtype, np.int64], exact=True, outputs=2, axis=axis, largest=n.number(0, 1))
    keep = n.number(0, 1)
    shape = [1 if i == axis else e for i, e in enumerate(x.shape) if keep or i != axis]
    n.node(n.pick(["ArgMax", "ArgMin"]), [x], shape, np.int64, exact=True, axis=axis, keepdims=keep, select_last_index=n.number(0, 1))


def one_hot(n):
    x = n.find(lambda v: v.exact and v.size and v.size < 500 and v.rank < 5 and v.dtype in (np.int32, np.int64, np.uint8, np.float32))
    if x:
        depth, kind = n.number(1, 9), n.pick([np.float32, np.float32, np.int32, np.int64])
        axis = n.number(1 if n.open_batch else 0, x.rank) if x.rank or not n.open_batch else 0
        if x.float:
            if x.whole is None:
                return
        if n.open_batch and not x.rank:
            return
        shape = [*x.shape[:axis], depth, *x.shape[axis:]]
        n.node("OneHot", [x, n.constant(depth, n.pick([np.int64, np.float32])), n.constant(np.array([0, 2]), kind)], shape, kind, exact=True, axis=axis)


def cumulate(n):
    x = n.find(lambda v: v.rank >= 1 and v.size and (v.float or v.exact and v.dtype in (np.int32, np.int64, np.uint32)))
    axis = x and n.axis(x)
    if axis is None:
        return
    more, along = {"exclusive": n.number(0, 1), "reverse": n.number(0, 1)}, n.constant(axis, np.int64)
    if n.chance(.6):
        return n.same("CumSum", [x, along], x, exact=not x.float, **more)
    if x.float:                                             # factors close to 1
        x = n.same("Add", [n.same("Mul", [n.same("Tanh", [x], x), n.constant(.25, x.dtype)], x), n.constant(1, x.dtype)], x)
    if x.shape[axis] <= 20:
        n.same("CumProd", [x, along], x, exact=not x.float, opset=26, **more)


def features(n):                                             # of ai.onnx.ml
    x = n.find(lambda v: v.rank >= 2 and v.size and v.exact and v.dtype in (np.float32, np.float64, np.int32, np.int64))
    if not x:
        return
    if n.chance(.5):
        count = n.number(1, 4)
        index = n.constant(n.random.integers(0, x.shape[-1], [1, count]).astype(np.int64))
        return n.move("ArrayFeatureExtractor", [x, index], [*x.shape[:-1], count], x, domain="ai.onnx.ml")
    n.same("Binarizer", [x], x, exact=True, domain="ai.onnx.ml", threshold=.5)


STEPS = [(gather, 1), (gather_elements, .7), (gather_nd, .7), (scatter_elements, 1), (scatter_nd, 1), (cache, .7), (ranked, 2), (one_hot, .7), (cumulate, 1.2), (features, .8)]
