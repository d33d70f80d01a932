"""What follows convolutions and products element by element, in any order: activations, bounds, arithmetic with numbers and vectors, a residual."""
import numpy as np

from .net import float_value, is_map
from .windows import conv

IN_THE_ROW = ["silu", "silu", "bounds", "bounds", "relu"]   # what the kernels of depthwise convolutions take along
WITH_NUMBERS = ["relu", "number", "leaky relu", "bounds"]   # what oneDNN's take
KINDS = ["silu", "bounds", "relu", "relu", "bounds", "one bound", "number", "number", "vector", "leaky relu", "hard swish", "gelu", "residual"]


def silu(n, y):
    s = n.same("Sigmoid", [y], y)
    n.forget(s)                                             # with a second user it would stay apart
    return n.same("Mul", n.pick([[y, s], [s, y]]), y)


def bounds(n, y):
    low, high = (n.constant(b, y.dtype) for b in sorted(n.random.uniform(-1.5, 2.5, 2)))
    return n.same("Clip", [y, *n.pick([[low, high], [low, high], [low], ["", high]])], y)


def arithmetic(n, y, shape):
    """With constants, on either side; none divides by what is computed."""
    op = n.pick(["Add", "Sub", "Sub", "Mul", "Div"])
    if op == "Div":                                         # also by what has an exact reciprocal
        return n.same(op, [y, n.constant(n.random.choice([.5, 2, 4, .3, 1.7], shape), y.dtype)], y)
    numbers = n.constant(n.random.uniform(-2, 2, shape), y.dtype)
    return n.same(op, [y, numbers] if n.chance(.7) else [numbers, y], y)


def residual(n, y):
    other = n.find(lambda v: v.shape == y.shape and v.dtype == y.dtype and v is not y)
    return other and n.same("Add", n.pick([[y, other], [other, y]]), y)


def step(n, y, kind, channels):
    """What comes behind y, or None; `channels`: the shape of one number a channel."""
    if kind in ("hard swish", "gelu") and y.dtype not in (np.float32, np.float64):
        kind = "relu"
    if kind == "relu":
        return n.same("Relu", [y], y, exact=y.exact, whole=y.whole)
    if kind == "leaky relu":
        return n.same("LeakyRelu", [y], y, alpha=float(n.random.uniform(.01, .5)))
    if kind == "hard swish":
        return n.same("HardSwish", [y], y)
    if kind == "gelu":
        return n.same("Gelu", [y], y, opset=20, approximate=n.pick(["none", "tanh"]))
    if kind == "one bound":
        return n.same(n.pick(["Max", "Min"]), [y, n.constant(n.random.uniform(-1, 1, n.pick([[], [1]])), y.dtype)], y)
    if kind in ("number", "vector"):
        return arithmetic(n, y, channels if kind == "vector" else n.pick([[], [1]]))
    return {"silu": silu, "bounds": bounds, "residual": residual}[kind](n, y)


def tail(n, y, channels, kinds):
    inner = []
    for _ in range(n.number(2, 4)):
        inner.append(y)
        y = step(n, y, n.pick(kinds), channels) or y
    if n.chance(.8):                                        # nothing else reads what stands in between
        n.forget(*[v for v in inner if v is not y])


def behind_convolution(n):
    x = n.find(is_map)
    y = x and conv(n, x, n.pick(["dense", "depthwise", "depthwise", "groups", "1x1"]))
    if y:
        tail(n, y, [y.shape[1]] + [1] * (y.rank - 2), n.pick([KINDS, IN_THE_ROW, IN_THE_ROW, WITH_NUMBERS]))


def behind_product(n):
    x = n.find(lambda v: float_value(v) and v.rank >= 2 and v.size)
    if x:
        m, k = n.pick([1, 3, 16, 33, 64]), x.shape[-1]
        w = n.weights([k, m], x.dtype, 1 / np.sqrt(k))
        op, more = ("Gemm", [n.weights([m], x.dtype)] * n.number(0, 1)) if x.rank == 2 and n.chance(.5) else ("MatMul", [])
        tail(n, n.sum(op, [x, w, *more], [*x.shape[:-1], m], x, k), [m], n.pick([KINDS, WITH_NUMBERS]))


STEPS = [(behind_convolution, 14), (behind_product, 4)]
