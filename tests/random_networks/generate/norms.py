"""Normalisation, softmax, sums along axes, losses."""
import numpy as np
from onnx import TensorProto, helper

from .net import BF16, FLOATS, INTEGERS, float_value, is_map

REDUCTIONS = ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSumExp", "ReduceProd", "ReduceLogSum"]
HALVES = (np.float16, BF16)


def batch_norm(n, x=None):
    x = x or n.find(is_map)
    if x and x.dtype not in HALVES:
        c = [x.shape[1]]
        p = [n.positive(c, x.dtype) if i in (0, 3) else n.weights(c, x.dtype, .2) for i in range(4)]
        if n.chance(.1) and not n.open_batch and x.shape[0] * np.prod(x.shape[2:]) > 3:
            y, mean, variance = n.node("BatchNormalization", [x, *p], [x.shape, c, c], x.dtype, outputs=3, training_mode=1, epsilon=.1)
            return y
        return n.same("BatchNormalization", [x, *p], x)


def written_norm(n, x, scale, bias):                        # layer or RMS normalisation from its parts, as exporters write it
    half = x.dtype in HALVES
    wide = n.node("Cast", [x], x.shape, np.float32, to=TensorProto.FLOAT) if half else x
    one, last = [*x.shape[:-1], 1], n.i64(-1)
    mean = lambda v: n.node("ReduceMean", [v, last], one, wide.dtype, opset=18)
    middle = mean(wide) if n.chance(.7) else None
    off = n.same("Sub", [wide, middle], wide) if middle else wide
    spread = n.node("Add", [mean(n.same("Mul", [off, off], wide)), n.constant(1e-2, wide.dtype)], one, wide.dtype)
    root = n.node("Sqrt", [spread], one, wide.dtype)
    if middle and not half and n.chance(.3):                # x a + (bias - mean a)
        a = n.same("Mul", [n.node("Reciprocal", [root], one, x.dtype), scale], x)
        return n.same("Add", [n.same("Mul", [x, a], x), n.same("Sub", [bias, n.same("Mul", [middle, a], x)], x)], x)
    y = n.same("Div", [off, root], wide) if n.chance(.5) else n.same("Mul", [off, n.node("Reciprocal", [root], one, wide.dtype)], wide)
    if half:
        y = n.node("Cast", [y], x.shape, x.dtype, to=helper.np_dtype_to_tensor_dtype(np.dtype(x.dtype)))
    return n.same("Add", [n.same("Mul", [y, scale], x), bias], x)


def norm(n):
    x = n.find(lambda v: v.float and v.rank >= 2 and v.shape[-1] > 1 and v.size)
    if not x:
        return
    c = [x.shape[-1]]
    parameters = lambda c: [n.positive(c, x.dtype), n.weights(c, x.dtype)]
    kind = n.pick(["LayerNormalization"] * 3 + ["RMSNormalization", "InstanceNormalization", "GroupNormalization", "MeanVarianceNormalization", "LpNormalization"])
    if n.chance(.2) and x.dtype in (np.float32, *HALVES):
        return written_norm(n, x, *parameters(c))
    if kind == "LayerNormalization":
        axis = n.pick([-1, -1, n.axis(x, 1)])
        c = x.shape[axis:]
        if n.chance(.2) and x.dtype == np.float32:
            kept = [e if i < axis % x.rank else 1 for i, e in enumerate(x.shape)]
            return n.node(kind, [x, *parameters(c)], [x.shape, kept, kept], x.dtype, outputs=3, axis=axis, epsilon=.1)
        return n.same(kind, [x, *parameters(c)[:n.number(1, 2)]], x, axis=axis)
    if kind == "RMSNormalization":
        return n.same(kind, [x, n.positive(c, x.dtype)], x, axis=-1, opset=23)
    # A spread of 0 turns rounding into numbers: maps of some size only, and an epsilon that is felt.
    if kind == "InstanceNormalization":
        return n.same(kind, [x, *parameters([x.shape[1]])], x, epsilon=.1) if is_map(x) and np.prod(x.shape[2:]) > 2 else None
    if kind == "GroupNormalization":
        groups = n.pick([g for g in (1, 2, 3, 4) if x.shape[1] % g == 0])
        if is_map(x) and np.prod(x.shape[2:]) > 2:
            n.same(kind, [x, *parameters([x.shape[1]])], x, num_groups=groups, epsilon=.1)
        return
    if kind == "MeanVarianceNormalization":
        axes = [0, 2, 3] if x.rank == 4 and not n.open_batch else [x.rank - 1]
        # Of equal numbers the variance is 0, or in ONNX Runtime something below, which has no root.
        if np.prod([x.shape[a] for a in axes]) > 3 and x in n.inputs and x.whole is None:
            n.same(kind, [x], x, axes=axes)
        return
    if x.exact:
        n.same(kind, [x], x, axis=n.axis(x, 1), p=n.number(1, 2))


def softmax(n):
    x = n.find(lambda v: float_value(v) and v.rank > 0 and v.size)
    if x:
        n.same(n.pick(["Softmax", "Softmax", "LogSoftmax"]), [x], x, axis=n.number(-x.rank, x.rank - 1))


def hardmax(n):
    x = n.find(lambda v: v.exact and v.float and v.rank > 0 and v.size)
    if x:
        n.same("Hardmax", [x], x, exact=True, axis=n.number(-x.rank, x.rank - 1))


def some_axes(n, x):
    axes = sorted({n.number(0, x.rank - 1) for _ in range(n.number(1, x.rank))})
    return list(range(2, x.rank)) if is_map(x) and n.chance(.4) else axes


def reduce(n):
    x = n.find(lambda v: float_value(v) and v.rank > 0 and v.size)
    if not x:
        return
    axes, keep = some_axes(n, x), n.number(0, 1)
    shape = [1 if i in axes else e for i, e in enumerate(x.shape) if keep or i not in axes]
    if n.open_batch and 0 in axes:
        return
    op = n.pick(REDUCTIONS)
    terms = int(np.prod([x.shape[a] for a in axes]))
    if op == "ReduceLogSum":                                # of what is positive
        x = n.same("Add", [n.same("Abs", [x], x), n.constant(.5, x.dtype)], x)
    if op == "ReduceProd":
        x = n.same("Add", [n.same("Mul", [n.same("Tanh", [x], x), n.constant(.25, x.dtype)], x), n.constant(1, x.dtype)], x)
        if terms > 40:
            return
    if op == "ReduceSum":
        return n.sum(op, [x, n.i64(*axes)], shape, x, terms, keepdims=keep)
    return n.node(op, [x, n.i64(*axes)], shape, x.dtype, exact=x.exact and op in ("ReduceMax", "ReduceMin"), keepdims=keep)


def reduce_integers(n):
    x = n.find(lambda v: v.exact and v.rank > 0 and v.size and v.dtype in INTEGERS)
    if not x:
        return
    axes, keep = some_axes(n, x), n.number(0, 1)
    if not (n.open_batch and 0 in axes):
        shape = [1 if i in axes else e for i, e in enumerate(x.shape) if keep or i not in axes]
        op = n.pick(["ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceSumSquare"])
        if op == "ReduceProd":                              # what overflows, everybody cuts in a way of their own
            if np.prod([x.shape[a] for a in axes]) > 6:
                return
            x = n.same("Clip", [x, n.constant(0, x.dtype), n.constant(2, x.dtype)], x, exact=True)
        if op == "ReduceSumSquare":
            x = n.same("Clip", [x, n.constant(0, x.dtype), n.constant(9, x.dtype)], x, exact=True)
        n.node(op, [x, n.i64(*axes)], shape, x.dtype, exact=True, keepdims=keep)


def loss(n):
    x = n.find(lambda v: v.dtype in (np.float32, np.float64) and 2 <= v.rank <= 4 and v.size)
    if not x or n.open_batch:
        return
    classes, rest = x.shape[1], [x.shape[0], *x.shape[2:]]
    target = n.hidden_input(rest, n.pick([np.int64, np.int32]), f"below{classes}")
    how, more = n.pick(["none", "sum", "mean"]), {}
    weights = [n.positive([classes], x.dtype)] * n.number(0, 1)
    if n.chance(.3) and classes > 1 and how != "mean":      # a mean over nothing is not a number
        more = {"ignore_index": n.number(0, classes - 1)}
    shape = rest if how == "none" else []
    if n.chance(.5):
        return n.node("NegativeLogLikelihoodLoss", [x, target, *weights], shape, x.dtype, reduction=how, **more)
    if n.chance(.5):
        return n.node("SoftmaxCrossEntropyLoss", [x, target, *weights], shape, x.dtype, reduction=how, **more)
    n.node("SoftmaxCrossEntropyLoss", [x, target, *weights], [shape, x.shape], x.dtype, outputs=2, reduction=how, **more)


STEPS = [(batch_norm, 2), (norm, 5), (softmax, 2), (hardmax, .4), (reduce, 4), (reduce_integers, 1.5), (loss, 1)]
