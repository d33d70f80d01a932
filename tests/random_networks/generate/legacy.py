"""Networks of opset 9: operators that later ones no longer have, with attributes that became operands."""
import numpy as np

from .net import is_map

OPSET = 9


def upsample(n):
    x = n.find(lambda v: is_map(v) and v.rank == 4 and v.size < 6000)
    if x:
        scales, mode = [1, 1, n.number(1, 3), n.number(1, 3)], n.pick(["nearest", "linear"])
        exact = x.exact and mode == "nearest"
        n.node("Upsample", [x, n.constant(np.array(scales, np.float32))], [e * s for e, s in zip(x.shape, scales)], x.dtype, exact=exact, mode=mode)


def scatter(n):
    x = n.find(lambda v: v.rank >= 2 and v.size and v.exact)
    if x and not n.open_batch:
        axis = n.axis(x, 1)
        count = n.number(1, x.shape[axis])
        shape = [count if i == axis else e for i, e in enumerate(x.shape)]
        along = n.random.permutation(x.shape[axis])[:count].reshape([-1 if i == axis else 1 for i in range(x.rank)])
        n.same("Scatter", [x, n.constant(np.broadcast_to(along, shape).astype(np.int64)), n.weights(shape, x.dtype)], x, exact=True, axis=axis)


def clip(n):
    x = n.find(lambda v: v.float)
    if x:
        n.same("Clip", [x], x, min=-.5, max=.75)


def cut(n):
    x = n.find(lambda v: v.rank >= 2 and v.size)
    if x:
        axis = n.axis(x, 1)
        start = n.number(0, x.shape[axis] - 1)
        n.move("Slice", [x], [x.shape[axis] - start if i == axis else e for i, e in enumerate(x.shape)], x, axes=[axis], starts=[start], ends=[1 << 40])


def sums(n):
    x = n.find(lambda v: v.float and v.rank >= 2 and v.size)
    if x:
        axis = n.axis(x, 1)
        n.node(n.pick(["ReduceMean", "ReduceSum", "ReduceMax"]), [x], [1 if i == axis else e for i, e in enumerate(x.shape)], x.dtype, axes=[axis], keepdims=1)


def softmax(n):                                              # all axes from this one on are one
    x = n.find(lambda v: v.float and v.rank >= 2 and v.size)
    if x:
        n.same(n.pick(["Softmax", "LogSoftmax"]), [x], x, axis=n.axis(x, 1))


def function(n):
    x = n.find(lambda v: v.float)
    if x:
        n.same(n.pick(["Relu", "Tanh", "Sigmoid", "Abs"]), [x], x)


STEPS = [(upsample, 3), (scatter, 3), (clip, 1), (cut, 1), (sums, 1), (softmax, 1), (function, 2)]
