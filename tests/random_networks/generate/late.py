"""How many elements are not zero, differ, or are picked, only a run finds out: such results go on into nodes here, and end, or come back with shapes that are known."""
import numpy as np
from onnx import TensorProto as T

from .net import BATCH, INTEGERS, NUMBERS, Value

SUMMED = (np.float32, np.float64, np.int32, np.int64)
FOUND = (np.float32, np.float64, np.int32, np.int64, np.uint8, np.bool_)       # in which ONNX Runtime finds what is not zero


def late(n, op, inputs, shape, dtype, /, **more):
    """A node that only its maker uses; `shape` has 1 where an extent is late."""
    made = n.node(op, inputs, shape, dtype, **more)
    n.forget(*([made] if isinstance(made, Value) else made))
    return made


def bent(n, v):
    """The same extents, other numbers."""
    for _ in range(n.number(0, 2) if v.dtype in SUMMED else 0):
        op = n.pick(["Neg", "Abs", "Mul", "Add", *(["Tanh", "Sigmoid", "Relu"] if v.float else [])])
        more = [n.constant(n.number(1, 3), v.dtype)] if op in ("Mul", "Add") else []
        v = late(n, op, [v, *more], v.shape, v.dtype, exact=v.exact and not v.float)
    return v


def settled(n, v, axis, batched):
    """As an output, or added up along the axis that is late. Not `batched`: its first axis is no batch."""
    v = bent(n, v)
    if v.dtype not in SUMMED or n.chance(.4):
        n.ends.append(v)
    if v.dtype not in SUMMED:
        return
    exact = v.exact and not v.float
    if batched or not n.open_batch:
        return n.node("ReduceSum", [v, n.i64(axis)], [1 if i == axis else e for i, e in enumerate(v.shape)], v.dtype, exact=exact)
    total = late(n, "ReduceSum", [v], [], v.dtype, exact=exact, keepdims=0)
    x = n.find(lambda x: x.dtype == v.dtype and x.rank)
    if x:
        n.same("Add", [x, total], x, exact=x.exact and exact)
    else:
        n.ends.append(total)


def found(n):
    x = n.find(lambda v: v.exact and v.rank and v.size < 5000 and v.dtype in FOUND)
    if not x:
        return
    where = x
    if x.dtype == np.float64 or x.dtype in SUMMED and n.chance(.6):
        where = n.node(n.pick(["Greater", "Less"]), [x, n.constant(0, x.dtype)], x.shape, np.bool_, exact=True)
    places = late(n, "NonZero", [where], [x.rank, 1], np.int64, exact=True)
    if n.chance(.3):
        numbers = late(n, "Cast", [places], places.shape, np.float32, exact=True, to=T.FLOAT)
        extents = late(n, "Shape", [places], [2], np.int64, exact=True)
        twos = late(n, "Expand", [n.constant([[2]], np.float32), extents], places.shape, np.float32, exact=True)
        return settled(n, late(n, "Add", [numbers, twos], places.shape, np.float32), 1, False)
    rows = late(n, "Transpose", [places], [1, x.rank], np.int64, exact=True)
    data = n.find(lambda v: v.shape[:x.rank] == x.shape and v.dtype in NUMBERS) or x
    settled(n, late(n, "GatherND", [data, rows], [1, *data.shape[x.rank:]], data.dtype, exact=data.exact), 0, False)


def picked(n):
    x = n.find(lambda v: v.rank and 0 < v.size < 20000 and v.dtype in (*NUMBERS, np.bool_))
    if not x:
        return
    axis = n.axis(x) if n.chance(.8) else None
    length = x.shape[axis] if axis is not None else x.size // (BATCH if n.open_batch else 1)
    count = n.number(1, length)
    condition = n.constant(n.random.random(count) < n.pick([0, .3, .5, .8, 1])) if n.open_batch or n.chance(.5) else n.hidden_input([count], np.bool_, "below2")
    shape = [1] if axis is None else [1 if i == axis else e for i, e in enumerate(x.shape)]
    y = late(n, "Compress", [x, condition], shape, x.dtype, exact=x.exact, **({} if axis is None else {"axis": axis - n.pick([0, x.rank])}))
    if axis is not None and n.chance(.4):
        y = late(n, "Concat", [y, x], shape, x.dtype, exact=x.exact, axis=axis)
    settled(n, y, axis or 0, axis is not None)


def different(n):                                            # whole numbers only: others that are equal need not stay so
    x = n.find(lambda v: v.exact and v.rank and 0 < v.size < 3000 and (v.dtype in INTEGERS or v.whole is not None and v.dtype in SUMMED))
    if not x:
        return
    if x.dtype in INTEGERS and x.dtype not in (np.int64, np.int8):
        x = n.node("Cast", [x], x.shape, np.int64, exact=True, to=T.INT64)
    axis = n.axis(x) if n.chance(.6) else None
    shape = [1] if axis is None else [1 if i == axis else e for i, e in enumerate(x.shape)]
    shapes = [shape, [1], [x.size if axis is None else x.shape[axis]], [1]]
    more = {} if axis is None else {"axis": axis}
    y, first, inverse, counts = late(n, "Unique", [x], shapes, [x.dtype] + [np.int64] * 3, exact=True, outputs=4, sorted=n.number(0, 1), **more)
    if n.chance(.5):                                        # x again
        if axis is not None:
            n.move("Gather", [y, inverse], x.shape, x, axis=axis)
        else:
            list = late(n, "Gather", [y, inverse], [x.size], x.dtype, exact=True)
            n.move("Reshape", [list, n.i64(-1, *x.shape[1:])], x.shape, x)
    else:
        settled(n, y, axis or 0, axis is not None)
    if n.chance(.5):
        settled(n, late(n, "Mul", [first, counts], [1], np.int64, exact=True), 0, False)


def boxes(n):
    batch, count = BATCH if n.open_batch else n.number(1, 2), n.number(1, 24)
    corners, scores = n.hidden_input([batch, count, 4], np.float32, "unit"), n.hidden_input([batch, n.number(1, 3), count], np.float32, "unit")
    overlap = n.constant([n.pick([0, .1, .1, .2, .2, .3, .5, 1])], np.float32)
    limits = [n.i64(n.pick([0, 1, 3, 9, 99])), overlap if n.chance(.8) else "", n.constant([-.5], np.float32)][:n.pick([1, 2, 2, 3])]
    chosen = late(n, "NonMaxSuppression", [corners, scores, *limits], [1, 3], np.int64, exact=True, center_point_box=n.number(0, 1))
    if n.chance(.4):
        return settled(n, chosen, 0, False)
    where = late(n, "Gather", [chosen, n.i64(0, 2)], [1, 2], np.int64, exact=True, axis=1)
    settled(n, late(n, "GatherND", [corners, where], [1, 4], np.float32, exact=True), 0, False)


STEPS = [(found, 1), (picked, 1), (different, 1.5), (boxes, .7)]
