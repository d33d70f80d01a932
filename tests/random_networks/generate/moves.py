"""Elements that move: transposed, reshaped, joined, cut, repeated, laid out by counted shapes."""
import numpy as np
from onnx import numpy_helper

from .arithmetic import activation
from .net import BATCH, FLOATS, INTEGERS, TYPES, is_map


def transpose(n):
    x = n.find(lambda v: v.rank >= 2)
    if not x:
        return
    order = [int(i) for i in n.random.permutation(x.rank)]
    if n.open_batch:
        order = [0, *[i for i in order if i]]
    y = n.move("Transpose", [x], [x.shape[i] for i in order], x, perm=order)
    if n.chance(.4):                                        # and back
        back = [order.index(i) for i in range(x.rank)]
        if n.chance(.5):
            y = activation(n, y) or y if y.dtype in FLOATS else y
        n.move("Transpose", [y], [y.shape[i] for i in back], y, perm=back)


def reshape(n):
    x = n.find(lambda v: v.rank >= 1 and v.size)
    if not x:
        return
    how = n.pick(["flatten", "merge", "split", "unsqueeze", "squeeze"])
    if how == "flatten" and x.rank >= 1:
        axis = 1 if n.open_batch else n.number(0, x.rank)
        return n.move("Flatten", [x], [int(np.prod(x.shape[:axis])), int(np.prod(x.shape[axis:]))], x, axis=axis)
    if how == "unsqueeze" and x.rank < 5:
        axis = n.number(1, x.rank)
        return n.move("Unsqueeze", [x, n.i64(axis)], [*x.shape[:axis], 1, *x.shape[axis:]], x)
    if how == "squeeze":
        ones = [i for i, e in enumerate(x.shape) if e == 1 and (i or not n.open_batch)]
        if ones:
            axis = n.pick(ones)
            return n.move("Squeeze", [x, n.i64(axis)], [e for i, e in enumerate(x.shape) if i != axis], x)
    if how == "merge" and x.rank >= 3:
        i = n.number(1, x.rank - 2)
        shape = [*x.shape[:i], x.shape[i] * x.shape[i + 1], *x.shape[i + 2:]]
    elif x.rank >= 2 and x.rank < 5 and x.shape[-1] % 2 == 0:
        shape = [*x.shape[:-1], 2, x.shape[-1] // 2]
    else:
        return
    return n.move("Reshape", [x, n.constant(np.array([0 if i == 0 and n.open_batch else e for i, e in enumerate(shape)], np.int64))], shape, x)


def concat(n):
    x = n.find(lambda v: v.rank >= 2)
    if not x:
        return
    axis = n.number(1, x.rank - 1)
    same = [v for v in n.values if v.dtype == x.dtype and v.rank == x.rank and all(a == b for i, (a, b) in enumerate(zip(v.shape, x.shape)) if i != axis)]
    parts = [n.pick(same) for _ in range(n.number(1, 3))]
    if sum(p.shape[axis] for p in parts) < 200:
        n.node("Concat", parts, [sum(p.shape[axis] for p in parts) if i == axis else e for i, e in enumerate(x.shape)], x.dtype, exact=all(p.exact for p in parts),
               whole=max(p.whole for p in parts) if all(p.whole is not None for p in parts) else None, axis=axis)


def split(n):
    x = n.find(lambda v: v.rank >= 2 and max(v.shape[1:]) >= 2)
    if not x:
        return
    axis = n.pick([i for i in range(1, x.rank) if x.shape[i] >= 2])
    first = n.number(1, x.shape[axis] - 1)
    sizes = [first, x.shape[axis] - first]
    shapes = [[s if i == axis else e for i, e in enumerate(x.shape)] for s in sizes]
    n.move("Split", [x, n.constant(np.array(sizes, np.int64))], shapes, x, outputs=2, axis=axis)


def slice_(n):
    x = n.find(lambda v: v.rank >= 2 and v.size)
    if not x:
        return
    axis = n.number(1, x.rank - 1)
    e, step = x.shape[axis], n.pick([1, 1, 2, -1])
    start, end = sorted([n.number(0, e), n.number(0, e)])
    if step < 0:
        start, end = end - 1, (start - 1 if start else -e - 1)
    length = len(range(e)[slice(start, None if end < -e else end, step)]) if step < 0 else len(range(start, end, step))
    if step < 0 and start < 0:
        return
    i64 = lambda v: n.constant(np.array([v], np.int64))
    if length or n.chance(.2):
        n.move("Slice", [x, i64(start), i64(end), i64(axis), i64(step)], [length if i == axis else s for i, s in enumerate(x.shape)], x)


def counted_shape(n):                                        # a target that arithmetic on extents makes
    x = n.find(lambda v: v.rank >= 2 and v.size)
    if x:
        extents = n.node("Shape", [x], [x.rank], np.int64, exact=True)
        first = n.node("Gather", [extents, n.constant(np.array([0], np.int64))], [1], np.int64, exact=True)
        rest = n.node("ReduceProd", [n.node("Slice", [extents, n.constant(np.array([1], np.int64)), n.constant(np.array([9], np.int64))], [x.rank - 1], np.int64)],
                      [1], np.int64) if n.chance(.3) else n.constant(np.array([-1], np.int64))
        target = n.node("Concat", [first, rest], [2], np.int64, axis=0)
        del n.values[n.values.index(extents):]
        n.move("Reshape", [x, target], [x.shape[0], x.size // x.shape[0]], x)


def expand(n):
    x = n.find(lambda v: 1 in v.shape[1:] and v.size < 2000)
    if x:
        shape = [1 if i == 0 else n.number(1, 3) if e == 1 else e for i, e in enumerate(x.shape)]
        n.move("Expand", [x, n.constant(np.array(shape, np.int64))], [x.shape[0], *shape[1:]], x)


def pad(n):
    x = n.find(lambda v: v.rank >= 2 and v.size and (v.dtype in FLOATS or v.dtype in INTEGERS))
    if not x:
        return
    pads = [0 if i % x.rank < 1 else n.number(0, 2) for i in range(2 * x.rank)]
    if is_map(x) and n.chance(.5):
        pads[1] = pads[1 + x.rank] = 0
    mode, operands, more = n.pick(["constant"] * 4 + ["reflect", "edge", "wrap"]), [], {}
    if mode == "constant":
        if n.chance(.2):                                    # less than nothing: cut off
            pads = [-1 if p and x.shape[i % x.rank] > 4 else p for i, p in enumerate(pads)]
        operands = [n.constant(0 if n.chance(.7) or x.whole is not None else 1.5, x.dtype)]
    else:
        pads, more = [min(p, x.shape[i % x.rank] - 1) for i, p in enumerate(pads)], {"mode": mode}
    shape = [e + pads[i] + pads[i + x.rank] for i, e in enumerate(x.shape)]
    y = n.move("Pad", [x, n.i64(*pads), *operands], shape, x, **more)
    if n.chance(.5) and is_map(y):
        from .windows import conv                           # it needs this file's pads
        conv(n, y)


def split_evenly(n):
    x = n.find(lambda v: v.rank >= 2 and max(v.shape[1:]) >= 2)
    if x:
        axis = n.pick([i for i in range(1, x.rank) if x.shape[i] >= 2])
        parts = n.number(2, min(3, x.shape[axis]))
        size = -(-x.shape[axis] // parts)
        sizes = [size] * (parts - 1) + [x.shape[axis] - size * (parts - 1)]
        if sizes[-1] >= 0:
            n.move("Split", [x], [[s if i == axis else e for i, e in enumerate(x.shape)] for s in sizes], x, outputs=parts, axis=axis, num_outputs=parts)


def tile(n):
    x = n.find(lambda v: 1 <= v.rank and v.size < 2000)
    if x:
        times = [1 if i == 0 and n.open_batch else n.pick([1, 1, 2, 3]) for i in range(x.rank)]
        n.move("Tile", [x, n.i64(*times)], [e * t for e, t in zip(x.shape, times)], x)


def triangle(n):
    x = n.find(lambda v: v.rank >= (3 if n.open_batch else 2))
    if x:
        n.move("Trilu", [x] + [n.constant(n.number(-2, 3), np.int64)] * n.number(0, 1), x.shape, x, upper=n.number(0, 1))


def reverse(n):
    x = n.find(lambda v: v.rank >= 2 and v.size)
    if x:
        batch, time = (0, 1) if n.open_batch or n.chance(.5) else (1, 0)
        if n.open_batch:
            lengths = n.hidden_input([x.shape[0]], np.int64, f"below{x.shape[1] + 1}")
        else:
            lengths = n.constant(n.random.integers(0, x.shape[time] + 1, x.shape[batch]), np.int64)
            if n.chance(.5):
                lengths = n.hidden_input([x.shape[batch]], np.int64, f"below{x.shape[time] + 1}")
        n.move("ReverseSequence", [x, lengths], x.shape, x, batch_axis=batch, time_axis=time)


def center(n):
    x = n.find(lambda v: v.rank >= 2 and v.size)
    if x:
        axes = sorted({n.number(1, x.rank - 1) for _ in range(2)})
        extents = [n.number(1, 9) for _ in axes]
        shape = list(x.shape)
        for a, e in zip(axes, extents):
            shape[a] = e
        n.move("CenterCropPad", [x, n.i64(*extents)], shape, x, axes=axes)


def blocks(n):
    x = n.find(lambda v: v.rank == 4 and v.size and (v.shape[1] % 4 == 0 or v.shape[2] % 2 == v.shape[3] % 2 == 0))
    if x:
        b, c, h, w = x.shape
        if c % 4 == 0 and n.chance(.6):
            return n.move("DepthToSpace", [x], [b, c // 4, h * 2, w * 2], x, blocksize=2, mode=n.pick(["DCR", "CRD"]))
        if h % 2 == w % 2 == 0:
            n.move("SpaceToDepth", [x], [b, c * 4, h // 2, w // 2], x, blocksize=2)


def made_of_shape(n):                                        # constants by shape, which arithmetic uses then
    x = n.find(lambda v: v.rank >= 1 and v.dtype in FLOATS and v.size)
    if not x:
        return
    kind = n.pick(["ConstantOfShape", "EyeLike", "Range", "Size", "Constant"])
    if kind == "ConstantOfShape":
        extents = n.node("Shape", [x], [x.rank], np.int64)
        y = n.node(kind, [extents], x.shape, x.dtype, value=numpy_helper.from_array(np.array([1.5]).astype(x.dtype)))
        n.forget(extents)
    elif kind == "EyeLike":
        if x.rank != 2 or n.open_batch:
            return
        y = n.node(kind, [x], x.shape, x.dtype, dtype=TYPES[x.dtype], k=n.number(-2, 2))
    elif kind == "Range":
        kinds = n.pick([np.float32, np.int64, np.int32])
        limit = n.constant(x.shape[-1] * 2, kinds) if kinds == np.float32 or x.rank < 2 else None
        if limit is None:                                   # an extent, known before the run
            extent = n.node("Shape", [x], [1], np.int64, start=-1)
            two = n.node("Mul", [extent, n.i64(2)], [1], np.int64)
            flat = n.node("Squeeze", [two], [], np.int64)
            limit = flat if kinds == np.int64 else n.node("Cast", [flat], [], kinds, to=TYPES[kinds])
            n.forget(extent, two, flat, limit)
        if n.open_batch and x.rank < 2:
            return
        r = n.node(kind, [n.constant(0, kinds), limit, n.constant(2, kinds)], [x.shape[-1]], kinds)
        y = n.node("Cast", [r], r.shape, x.dtype, to=TYPES[x.dtype])
        n.forget(r)
    elif kind == "Size":
        s = n.node(kind, [x], [], np.int64)
        y = n.node("Cast", [s], [], np.float32, to=TYPES[np.float32])
        y, s = n.node("Div", [n.constant(100., np.float32), y], [], np.float32), (s, y)
        if x.dtype != np.float32:
            y, s = n.node("Cast", [y], [], x.dtype, to=TYPES[x.dtype]), (*s, y)
        n.forget(*s)
    else:
        y = n.node(kind, [], [1], x.dtype, value=numpy_helper.from_array(np.array([.25]).astype(x.dtype)))
    z = n.same(n.pick(["Add", "Mul"]), [x, y], x)
    n.forget(y)
    return z


def joined_pieces(n):                                        # cut apart and put together in the same order: nothing is done
    x = n.find(lambda v: v.rank >= 2 and v.shape[1] >= 2)
    if x:
        parts = [[s if i == 1 else e for i, e in enumerate(x.shape)] for s in (1, x.shape[1] - 1)]
        pieces = n.move("Split", [x, n.i64(1, x.shape[1] - 1)], parts, x, outputs=2, axis=1)
        n.move("Concat", pieces if n.chance(.7) else pieces[::-1], x.shape, x, axis=1)


def idle(n):                                                 # what does nothing at all
    x = n.find(lambda v: v.rank >= 1)
    if x:
        kind = n.pick(["Dropout", "Identity", "Expand", "Concat", "Cast"])
        more = {"Expand": [n.i64(*[1] * x.rank)], "Dropout": []}.get(kind, [])
        if kind == "Dropout" and x.dtype not in FLOATS:
            return
        attributes = {"axis": 0} if kind == "Concat" else {"to": TYPES[x.dtype]} if kind == "Cast" else {}
        n.move(kind, [x, *more], x.shape, x, **attributes)


STEPS = [(transpose, 4), (reshape, 4), (concat, 3), (split, 2), (split_evenly, .7), (slice_, 2), (pad, 2), (counted_shape, 1), (expand, 1), (tile, .7), (triangle, .7),
         (reverse, .7), (center, .5), (blocks, 1), (made_of_shape, 2), (joined_pieces, .5), (idle, 1)]
