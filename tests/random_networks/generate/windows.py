"""Convolutions and pools, and what surrounds them in nets for images."""
import numpy as np
from onnx import numpy_helper

from .arithmetic import activation
from .net import is_map, number_of_elements
from .norms import batch_norm


def conv_extent(x, k, s, d, b, e, ceil=False):
    room = x + b + e - (d * (k - 1) + 1)
    if room < 0:
        return 0
    return (-(-room // s) if ceil else room // s) + 1


def ceil_extent(x, k, s, b, e):
    """Windows in ceil mode; one that would begin in the padding behind is left out."""
    count = conv_extent(x, k, s, 1, b, e, True)
    return count - 1 if (count - 1) * s >= x + b else count


def conv(n, x=None, kind=None):
    x = x or n.find(is_map)
    if not x:
        return
    axes, c = x.rank - 2, x.shape[1]
    kind = kind or n.pick(["dense", "dense", "dense", "depthwise", "groups"])
    groups, out = 1, n.channels()
    if kind == "depthwise":
        groups, out = c, c
    elif kind == "groups":
        groups = n.pick([g for g in (1, 2, 3, 4) if c % g == 0])
        out = groups * n.pick([1, 3, 16, 20])
    k = [1 if kind == "1x1" else n.pick([1, 1, 2, 3, 3, 5]) for _ in range(axes)]
    s, d = [n.pick([1, 1, 2, 3]) for _ in range(axes)], [n.pick([1, 1, 1, 2]) for _ in range(axes)]
    attributes = {"kernel_shape": k, "strides": s, "dilations": d, "group": groups}
    if n.chance(.15) and all(e == 1 for e in d):
        attributes["auto_pad"] = n.pick(["SAME_UPPER", "SAME_LOWER"])
        y = [-(-e // st) for e, st in zip(x.shape[2:], s)]
    else:
        pads = [n.pick([0, 0, kk // 2, kk // 2, n.number(0, 2)]) for kk in k * 2]
        if n.chance(.6):
            pads[axes:] = pads[:axes]
        attributes["pads"] = pads
        y = [conv_extent(e, kk, st, dd, b, f) for e, kk, st, dd, b, f in zip(x.shape[2:], k, s, d, pads[:axes], pads[axes:])]
    if min(y) <= 0 or np.prod(y) * out > 60000:
        return
    operands = [x, n.weights([out, c // groups, *k], x.dtype, 1 / np.sqrt(max(1, c // groups * np.prod(k))))]
    if n.chance(.5):
        operands.append(n.weights([out], x.dtype, .3))
    return n.sum("Conv", operands, [x.shape[0], out, *y], x, c // groups * int(np.prod(k)), **attributes)


def conv_block(n):
    y = conv(n)
    if not y:
        return
    skip = y if n.chance(.3) else None
    if n.chance(.4):
        y = batch_norm(n, y) or y
    elif n.chance(.3):
        op = n.pick(["Mul", "Add", "Sub", "Div"])
        by = [1, y.shape[1]] + [1] * (y.rank - 2)
        operands = [y, n.positive(by, y.dtype, .5, 2) if op == "Div" else n.weights(by, y.dtype)]
        y = n.same(op, operands if op == "Div" else n.pick([operands, operands[::-1]]), y)
    other = skip or n.find(lambda v: v.shape == y.shape and v.dtype == y.dtype and v is not y)
    if other and n.chance(.5):
        y = n.node("Add", n.pick([[y, other], [other, y]]), y.shape, y.dtype)
    if n.chance(.8):
        activation(n, y)


def divisor(n):                                              # a convolution that something is divided by: kept away from 0
    x = n.find(lambda v: is_map(v) and v.dtype in (np.float32, np.float64) and v.size < 5000)
    if x:
        c, out = x.shape[1], n.pick([1, 4, 16])
        w = n.random.standard_normal([out, c] + [1] * (x.rank - 2)) / np.sqrt(c)
        bias = 1 + np.abs(w).reshape(out, -1).sum(1)
        shape = [x.shape[0], out, *x.shape[2:]]
        y = n.node("Conv", [n.same("Tanh", [x], x), n.constant(w, x.dtype), n.constant(bias, x.dtype)], shape, x.dtype)
        n.node("Div", [n.positive([1, out] + [1] * (x.rank - 2), x.dtype), y], shape, x.dtype)


def gate(n):                                                # squeeze and excite
    x = n.find(lambda v: is_map(v) and v.rank == 4 and v.dtype == np.float32)
    if x:
        shape, c = [x.shape[0], x.shape[1], 1, 1], x.shape[1]
        g = n.node("GlobalAveragePool", [x], shape, x.dtype)
        g = n.node("Conv", [g, n.weights([c, c, 1, 1], x.dtype, 1 / np.sqrt(c))], shape, x.dtype)
        n.node("Mul", [x, n.node("Sigmoid", [g], shape, x.dtype)], x.shape, x.dtype)


def pool(n):
    x = n.find(is_map)
    if not x:
        return
    if n.chance(.2):
        return n.node(n.pick(["GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"]), [x], list(x.shape[:2]) + [1] * (x.rank - 2), x.dtype)
    axes, op = x.rank - 2, n.pick(["MaxPool", "AveragePool"])
    k, s = [n.number(1, 3) for _ in range(axes)], [n.number(1, 3) for _ in range(axes)]
    pads = [n.number(0, kk - 1) if n.chance(.5) else 0 for kk in k * 2]
    y = [conv_extent(e, kk, st, 1, b, f) for e, kk, st, b, f in zip(x.shape[2:], k, s, pads[:axes], pads[axes:])]
    if min(y) <= 0:
        return
    attributes = {"count_include_pad": n.number(0, 1)} if op == "AveragePool" else {}
    if n.chance(.2):                                        # the last window may reach beyond
        y, attributes["ceil_mode"] = [ceil_extent(e, kk, st, b, f) for e, kk, st, b, f in zip(x.shape[2:], k, s, pads[:axes], pads[axes:])], 1
    exact = x.exact and op == "MaxPool"
    return n.node(op, [x], [*x.shape[:2], *y], x.dtype, exact=exact, whole=x.whole if exact else None, kernel_shape=k, strides=s, pads=pads, **attributes)


def padded_pool(n):                                          # what only the pool sees: lowest values would spread
    x = n.find(lambda v: is_map(v))
    if not x:
        return
    axes, op = x.rank - 2, n.pick(["MaxPool", "AveragePool"])
    k, s = [n.number(1, 3) for _ in range(axes)], [n.number(1, 2) for _ in range(axes)]
    pads = [n.number(0, kk - 1) for kk in k * 2]            # of nothing but -inf, ONNX Runtime takes the lowest finite number
    padded = [e + b + f for e, b, f in zip(x.shape[2:], pads[:axes], pads[axes:])]
    y = [conv_extent(e, kk, st, 1, 0, 0) for e, kk, st in zip(padded, k, s)]
    if min(y) <= 0:
        return
    amounts = n.constant(np.array([0, 0, *pads[:axes], 0, 0, *pads[axes:]], np.int64))
    p = n.node("Pad", [x, amounts, n.constant(x.dtype(-np.inf if op == "MaxPool" else 0))], [*x.shape[:2], *padded], x.dtype)
    n.values.remove(p)
    counted = {"count_include_pad": n.number(0, 1)} if op == "AveragePool" else {}
    n.node(op, [p], [*x.shape[:2], *y], x.dtype, kernel_shape=k, strides=s, **counted)


def dense_block(n):                                          # channels of maps joined, as dense nets do
    x = n.find(lambda v: v.dtype == np.float32 and is_map(v) and v.rank == 4 and v.shape[1] % 16 == 0 and v.size < 20000)
    if x:
        square = lambda v, c: n.node("Conv", [v, n.weights([c, v.shape[1], 3, 3], x.dtype, 1 / np.sqrt(9 * v.shape[1]))], [v.shape[0], c, *v.shape[2:]],
                                     x.dtype, kernel_shape=[3, 3], pads=[1] * 4)
        parts = [square(x, 16), square(x, 32)]
        joined = n.node("Concat", parts, [x.shape[0], 48, *x.shape[2:]], x.dtype, axis=1)
        square(joined, 16)


def resize(n):
    x = n.find(lambda v: is_map(v) and v.rank == 4 and v.dtype == np.float32)
    if not x or x.size >= 9000:
        return
    places = ["half_pixel", "align_corners", "pytorch_half_pixel"]
    mode, more = n.pick(["nearest", "nearest", "linear", "cubic"]), {}
    if mode == "nearest":                                   # between whole factors no place lies on an edge
        scales, more = [1, 1, n.pick([1, 2, 2, 3]), n.pick([1, 2, 2])], {"nearest_mode": "floor", "coordinate_transformation_mode": "asymmetric"}
    else:
        scales, more = [1, 1, n.pick([.5, 1, 2, 3]), n.pick([1, 2, 1.5])], {"coordinate_transformation_mode": n.pick(places)}
        if mode == "cubic" and n.chance(.3):
            more |= {"cubic_coeff_a": -.5, "exclude_outside": 1}
        elif n.chance(.2):
            more["antialias"] = 1
    shape = [int(e * s) for e, s in zip(x.shape, scales)]
    if min(shape) < 1:
        return
    exact = x.exact and mode == "nearest"
    if n.chance(.3) and not n.open_batch:
        operands = [x, "", "", n.i64(*shape)]
    else:
        operands = [x, "", n.constant(np.array(scales, np.float32))]
    n.node("Resize", operands, shape, x.dtype, exact=exact, whole=x.whole if exact else None, mode=mode, **more)


def between_convolutions(n):                                 # what stands between two of them keeps their layout
    x = n.find(lambda v: v.dtype == np.float32 and is_map(v) and v.rank == 4 and v.size < 20000)
    if not x:
        return
    # Depthwise ones have a layout of their own.
    apart = x.shape[1] % 16 == 0 and n.chance(.7)
    c = x.shape[1] if apart else n.pick([16, 32, 32, 48, 20])

    def square(v, out):
        if apart and v.shape[1] % 16 == 0:
            return n.sum("Conv", [v, n.weights([v.shape[1], 1, 3, 3], x.dtype, 1 / 3)], v.shape, v, 9, kernel_shape=[3, 3], pads=[1] * 4, group=v.shape[1])
        w = n.weights([out, v.shape[1], 3, 3], x.dtype, 1 / np.sqrt(9 * v.shape[1]))
        return n.sum("Conv", [v, w], [v.shape[0], out, *v.shape[2:]], v, 9 * v.shape[1], kernel_shape=[3, 3], pads=[1] * 4)

    y = square(x, c)
    if n.chance(.3):
        y = n.same("Relu", [y], y, exact=y.exact, whole=y.whole)
    b, _, h, w = y.shape
    kind = n.pick(["split", "slice", "resize", "softmax", "reduce", "concat", "pool", "reduce kept"] if not apart else ["split", "concat", "reduce", "resize", "pool"])
    if kind == "split":
        first = n.pick([16, 16, 5]) if c > 16 else 4
        for part in n.move("Split", [y, n.i64(first, c - first)], [[b, first, h, w], [b, c - first, h, w]], y, outputs=2, axis=1):
            square(part, n.pick([8, 16]))
        return
    if kind == "slice":
        first, axis, step = n.number(0, 1) * n.pick([1, 16 if c > 16 else 2]), n.pick([1, 1, 2, 3]), 1
        if axis != 1:
            first, step = 0, n.pick([1, 2])
        length = len(range(first, y.shape[axis], step))
        y = n.move("Slice", [y, n.i64(first), n.i64(1 << 40), n.i64(axis), n.i64(step)], [length if i == axis else e for i, e in enumerate(y.shape)], y)
    elif kind == "resize":
        times = n.pick([2, 2, 3])
        y = n.node("Resize", [y, "", n.constant(np.array([1, 1, times, times], np.float32))], [b, c, h * times, w * times], y.dtype, exact=y.exact, whole=y.whole,
                   mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    elif kind == "softmax":
        y = n.same("Softmax", [y], y, axis=1)
    elif kind == "reduce":
        return n.node(n.pick(["GlobalAveragePool", "GlobalMaxPool"]), [y], [b, c, 1, 1], y.dtype)
    elif kind == "reduce kept":
        y = n.node("ReduceMean", [y, n.i64(*n.pick([[2], [3], [2, 3], [1]]))], [], y.dtype, keepdims=1)
        axes = numpy_helper.to_array(n.constants[-1])
        y.shape = tuple(1 if i in axes else e for i, e in enumerate([b, c, h, w]))
    elif kind == "concat":
        y = n.node("Concat", [y, square(x, n.pick([16, 12, 32]))], [], y.dtype, axis=1)
        y.shape = (b, c + n.values[-2].shape[1], h, w)
    else:
        y = n.node(n.pick(["MaxPool", "AveragePool"]), [y], [b, c, h, w], y.dtype, kernel_shape=[3, 3], pads=[1] * 4)
    if number_of_elements(y.shape) < 30000:
        square(y, n.pick([8, 16, 16]))


def transposed_conv(n):
    x = n.find(lambda v: is_map(v) and v.size < 4000)
    if not x:
        return
    axes, c, groups = x.rank - 2, x.shape[1], n.pick([1, 1, 2]) if x.shape[1] % 2 == 0 else 1
    out, k, s, d = n.pick([1, 3, 4]), [n.number(1, 3) for _ in range(axes)], [n.number(1, 3) for _ in range(axes)], [n.pick([1, 1, 2]) for _ in range(axes)]
    extra = [n.number(0, max(st, dd) - 1) if n.chance(.3) else 0 for st, dd in zip(s, d)]
    pads = [n.number(0, kk // 2) for kk in k * 2]
    more = {"pads": pads, "output_padding": extra}
    y = [(e - 1) * st + (kk - 1) * dd + 1 + o - b - f for e, kk, st, dd, o, b, f in zip(x.shape[2:], k, s, d, extra, pads[:axes], pads[axes:])]
    if n.chance(.2):
        more, y = {"auto_pad": n.pick(["SAME_UPPER", "SAME_LOWER"])}, [e * st for e, st in zip(x.shape[2:], s)]
    if min(y) < 1:
        return
    operands = [x, n.weights([c, out, *k], x.dtype, 1 / np.sqrt(c * np.prod(k)))] + [n.weights([out * groups], x.dtype)] * n.number(0, 1)
    n.sum("ConvTranspose", operands, [x.shape[0], out * groups, *y], x, c * int(np.prod(k)), kernel_shape=k, strides=s, dilations=d, group=groups, **more)


def other_pool(n):
    x = n.find(is_map)
    if not x:
        return
    axes = x.rank - 2
    k, s = [n.number(1, 3) for _ in range(axes)], [n.number(1, 2) for _ in range(axes)]
    if n.chance(.5):                                        # windows that do not overlap, as MaxUnpool wants them
        s = k
    y = [conv_extent(e, kk, st, 1, 0, 0) for e, kk, st in zip(x.shape[2:], k, s)]
    if min(y) <= 0:
        return
    if n.chance(.5):
        return n.node("LpPool", [x], [*x.shape[:2], *y], x.dtype, kernel_shape=k, strides=s, p=n.pick([1, 2, 2, 3]))
    if not x.exact or n.open_batch:                         # places count through the batch too
        return
    values, places = n.node("MaxPool", [x], [[*x.shape[:2], *y]] * 2, [x.dtype, np.int64], exact=True, outputs=2, kernel_shape=k, strides=s)
    if n.chance(.6) and k == s:                             # windows that do not overlap: no place twice
        full = [e * kk for e, kk in zip(y, k)]
        inside = list(full) == list(x.shape[2:])
        more = [] if inside else [n.i64(*x.shape)]
        n.node("MaxUnpool", [values, places, *more], x.shape, x.dtype, exact=True, kernel_shape=k, strides=s)


def local_response(n):
    x = n.find(lambda v: is_map(v) and v.float)
    if x:
        n.same("LRN", [x], x, size=n.pick([1, 3, 5]), alpha=float(n.pick([1e-4, .5])), bias=1.)


STEPS = [(conv_block, 10), (conv, 3), (divisor, .5), (gate, 2), (pool, 4), (padded_pool, 1), (dense_block, 1), (resize, 2), (between_convolutions, 3), (transposed_conv, 2), (other_pool, 2),
         (local_response, .7)]
