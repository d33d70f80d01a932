"""Sizes that a run computes: the feeds alone know them, and what follows meets extents that no build has seen."""
import numpy as np
from onnx import TensorProto as T, numpy_helper

from .late import late
from .net import FLOATS, INTEGERS, TYPES


def given(n, numbers):
    return n.hidden_input([len(numbers)], np.int64, "is" + "x".join(str(int(e)) for e in numbers))


def computed(n, *numbers):
    """A list of these numbers."""
    kind, shape, numbers = n.pick(["given", "added", "cast", "joined", "joined"]), [len(numbers)], np.array(numbers, np.int64)
    if kind == "added":
        off = n.random.integers(0, 3, len(numbers))
        return late(n, "Sub", [given(n, numbers + off), n.constant(off.astype(np.int64))], shape, np.int64, exact=True)
    if kind == "cast":
        as_float = late(n, "Cast", [given(n, numbers)], shape, np.float32, exact=True, to=T.FLOAT)
        return late(n, "Cast", [as_float], shape, np.int64, exact=True, to=T.INT64)
    if kind == "joined" and len(numbers) > 1:               # some of them are known
        at = n.number(1, len(numbers) - 1)
        parts = [n.i64(*numbers[:at]), given(n, numbers[at:])] if n.chance(.5) else [given(n, numbers[:at]), n.i64(*numbers[at:])]
        return late(n, "Concat", parts, shape, np.int64, exact=True, axis=0)
    return given(n, numbers)


def scalar(n, number):
    return late(n, "Squeeze", [computed(n, number)], [], np.int64, exact=True)


def reshaped(n):
    x = n.find(lambda v: 1 <= v.rank < 5 and v.size)
    if not x:
        return
    first = 1 if n.open_batch else 0
    rest = list(x.shape[first:])
    if rest and n.chance(.5):
        i = n.number(0, len(rest) - 1)
        factor = n.pick([f for f in (1, 2, 3, rest[i]) if rest[i] % f == 0])
        rest[i:i + 1] = [factor, rest[i] // factor]
    elif len(rest) > 1:
        rest[:2] = [rest[0] * rest[1]]
    shape = [*x.shape[:first], *rest]
    target = computed(n, *rest) if rest else None
    if first and rest:
        target = late(n, "Concat", [n.i64(0), target], [len(shape)], np.int64, exact=True, axis=0)
    if target and len(shape) < 6:
        n.move("Reshape", [x, target], shape, x)


def expanded(n):
    x = n.find(lambda v: 1 in v.shape[int(n.open_batch):] and 0 < v.size < 1000)
    if x:
        shape = [n.number(1, 4) if e == 1 and i >= int(n.open_batch) else e for i, e in enumerate(x.shape)]
        target = [1 if n.open_batch and i == 0 else e for i, e in enumerate(shape)]
        n.move("Expand", [x, computed(n, *target)], shape, x)


def tiled(n):
    x = n.find(lambda v: 1 <= v.rank and 0 < v.size < 1000)
    if x:
        times = [1 if i == 0 and n.open_batch else n.pick([1, 1, 2, 3]) for i in range(x.rank)]
        n.move("Tile", [x, computed(n, *times)], [e * t for e, t in zip(x.shape, times)], x)


def sliced(n):
    x = n.find(lambda v: v.rank and v.size)
    axis = x and n.axis(x)
    if axis is not None and x:
        start = n.number(0, x.shape[axis] - 1)
        end = n.number(start + 1, x.shape[axis])
        n.move("Slice", [x, computed(n, start), computed(n, end), n.i64(axis)], [end - start if i == axis else e for i, e in enumerate(x.shape)], x)


def padded(n):
    x = n.find(lambda v: v.rank and v.size and v.size < 4000 and (v.dtype in FLOATS or v.dtype in INTEGERS))
    axis = x and n.axis(x)
    if axis is not None and x:
        pads = [n.number(0, 2) if i % x.rank == axis else 0 for i in range(2 * x.rank)]
        n.move("Pad", [x, computed(n, *pads)], [e + pads[i] + pads[i + x.rank] for i, e in enumerate(x.shape)], x)


def counted(n):                                              # a range as long as an axis, added to it
    x = n.find(lambda v: v.rank and v.size and v.float)
    axis = x and n.axis(x)
    if axis is None or not x:
        return
    r = late(n, "Range", [n.constant(0, np.int64), scalar(n, x.shape[axis]), n.constant(1, np.int64)], [x.shape[axis]], np.int64, exact=True)
    r = late(n, "Cast", [r], r.shape, x.dtype, exact=True, to=TYPES[x.dtype])
    behind = x.rank - 1 - axis
    if behind:
        r = late(n, "Unsqueeze", [r, n.i64(*range(1, 1 + behind))], [*r.shape, *[1] * behind], x.dtype, exact=True)
    n.same(n.pick(["Add", "Mul"]), [x, r], x)


def filled(n):
    x = n.find(lambda v: v.rank and v.size and v.float)
    if x and not n.open_batch:
        y = late(n, "ConstantOfShape", [computed(n, *x.shape)], x.shape, x.dtype, exact=True, value=numpy_helper.from_array(np.array([1.5]).astype(x.dtype)))
        n.same(n.pick(["Add", "Mul"]), [x, y], x)


def best(n):
    x = n.find(lambda v: v.exact and v.rank and v.size and (v.dtype in FLOATS or v.dtype in INTEGERS))
    axis = x and n.axis(x)
    if axis is not None and x:
        k = n.number(1, x.shape[axis])
        shape = [k if i == axis else e for i, e in enumerate(x.shape)]
        n.node("TopK", [x, computed(n, k)], [shape, shape], [x.dtype, np.int64], exact=True, outputs=2, axis=axis, largest=n.number(0, 1))


def resized(n):
    x = n.find(lambda v: v.rank == 4 and v.dtype == np.float32 and 0 < v.size < 3000)
    if x and not n.open_batch:
        shape = [*x.shape[:2], *(e * n.pick([1, 2, 3]) for e in x.shape[2:])]
        n.move("Resize", [x, "", "", computed(n, *shape)], shape, x, mode="nearest", nearest_mode="floor", coordinate_transformation_mode="asymmetric")


STEPS = [(step, .4) for step in (reshaped, expanded, tiled, sliced, padded, counted, filled, best, resized)]
