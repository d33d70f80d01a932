"""Random valid networks: `network(seed)` is an ONNX model, and `feeds(model, seed, n)` inputs for it with n as open batch."""
import numpy as np
import onnx
from onnx import TensorProto as T, helper, numpy_helper

FLOATS = {np.float32: T.FLOAT, np.float16: T.FLOAT16, np.float64: T.DOUBLE}
TYPES = {**FLOATS, np.int8: T.INT8, np.uint8: T.UINT8, np.int32: T.INT32, np.int64: T.INT64, np.bool_: T.BOOL}
UNARY = ["Relu", "Sigmoid", "Tanh", "Abs", "Neg", "Elu", "Selu", "Softsign", "Softplus", "LeakyRelu", "HardSigmoid", "Erf", "Sin", "Cos",
         "ThresholdedRelu", "Celu", "HardSwish", "Mish", "Gelu", "Atan", "Identity"]
HALF_UNARY = {"Relu", "Sigmoid", "Tanh", "Abs", "Neg", "LeakyRelu", "Identity", "Erf"}
JUMPS = ["Sign", "Floor", "Ceil", "Round"]                  # a hair of difference before them is a whole number behind
OPSET, BATCH = 21, 2                                        # extents along an open batch are tracked as this one


class Value:
    """`exact`: every kernel gives the same bits, so that jumps may follow."""
    def __init__(self, name, shape, dtype, exact=False):
        self.name, self.shape, self.dtype, self.exact = name, tuple(shape), dtype, exact

    @property
    def rank(self):
        return len(self.shape)

    @property
    def size(self):
        return int(np.prod(self.shape))


class Net:
    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.nodes, self.constants, self.inputs, self.values = [], [], [], []
        self.open_batch = self.random.random() < .3
        self.base = self.pick([np.float32] * 8 + [np.float16, np.float64])

    # -- choices
    def pick(self, options):
        return options[int(self.random.integers(len(options)))]

    def chance(self, p):
        return self.random.random() < p

    def number(self, low, high):
        return int(self.random.integers(low, high + 1))

    def channels(self):
        return self.pick([1, 2, 3, 5, 8, 16, 16, 17, 24, 32, 33, 48, 64, 70])

    def find(self, suits, recent=.7):
        list = [v for v in self.values if suits(v)]
        if not list:
            return None
        return list[-1 - int(self.random.integers(min(3, len(list))))] if self.chance(recent) else self.pick(list)

    # -- building
    def constant(self, array):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def weights(self, shape, dtype, scale=1.):
        return self.constant((self.random.standard_normal(shape) * scale).astype(dtype))

    def input(self, shape, dtype):
        v = Value(f"x{len(self.inputs)}", shape, dtype, True)
        self.inputs.append(v)
        self.values.append(v)
        return v

    def node(self, op, inputs, shape, dtype, exact=False, outputs=1, domain="", **attributes):
        names = [f"v{len(self.nodes)}_{i}" if outputs > 1 else f"v{len(self.nodes)}" for i in range(outputs)]
        self.nodes.append(helper.make_node(op, [i.name if isinstance(i, Value) else i for i in inputs], names, name=f"n{len(self.nodes)}", domain=domain, **attributes))
        made = [Value(n, s, dtype, exact) for n, s in zip(names, shape if outputs > 1 else [shape])]
        self.values += made
        return made if outputs > 1 else made[0]


def is_map(v):
    return v.dtype in FLOATS and 3 <= v.rank <= 5 and 0 < v.size


def float_value(v):
    return v.dtype in FLOATS


def conv_extent(x, k, s, d, b, e, ceil=False):
    room = x + b + e - (d * (k - 1) + 1)
    if room < 0:
        return 0
    return (-(-room // s) if ceil else room // s) + 1


def conv(n, x=None):
    x = x or n.find(is_map)
    if not x:
        return
    axes, c = x.rank - 2, x.shape[1]
    kind = n.pick(["dense", "dense", "dense", "depthwise", "groups"])
    groups, out = 1, n.channels()
    if kind == "depthwise":
        groups, out = c, c
    elif kind == "groups":
        groups = n.pick([g for g in (1, 2, 3, 4) if c % g == 0])
        out = groups * n.pick([1, 3, 16, 20])
    k = [n.pick([1, 1, 2, 3, 3, 5]) for _ in range(axes)]
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
    return n.node("Conv", operands, [x.shape[0], out, *y], x.dtype, **attributes)


def batch_norm(n, x=None):
    x = x or n.find(is_map)
    if x and x.dtype != np.float16:
        c = [x.shape[1]]
        p = [n.constant(n.random.uniform(.5, 1.5, c).astype(x.dtype)) if i in (0, 3) else n.weights(c, x.dtype, .2) for i in range(4)]
        return n.node("BatchNormalization", [x, *p], x.shape, x.dtype)


def activation(n, x=None):
    x = x or n.find(float_value)
    if not x:
        return
    op = n.pick(UNARY)
    if x.dtype == np.float16 and op not in HALF_UNARY:
        op = "Relu"
    if n.chance(.15):
        low, high = sorted(n.random.uniform(-2, 3, 2))
        return n.node("Clip", [x, n.constant(x.dtype(low)), n.constant(x.dtype(high))], x.shape, x.dtype)
    if n.chance(.15):
        return n.node("Mul", [x, n.node("Sigmoid", [x], x.shape, x.dtype)], x.shape, x.dtype)
    if n.chance(.1) and x.dtype == np.float32:
        return gelu(n, x)
    return n.node(op, [x], x.shape, x.dtype, exact=x.exact and op in ("Relu", "Abs", "Neg", "Identity"))


def conv_block(n):
    y = conv(n)
    if not y:
        return
    skip = y if n.chance(.3) else None
    if n.chance(.4):
        y = batch_norm(n, y) or y
    elif n.chance(.3):
        op = n.pick(["Mul", "Add", "Sub"])
        y = n.node(op, [y, n.weights([1, y.shape[1]] + [1] * (y.rank - 2), y.dtype)], y.shape, y.dtype)
    other = skip or n.find(lambda v: v.shape == y.shape and v.dtype == y.dtype and v is not y)
    if other and n.chance(.5):
        y = n.node("Add", n.pick([[y, other], [other, y]]), y.shape, y.dtype)
    if n.chance(.8):
        activation(n, y)


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
        return n.node(n.pick(["GlobalAveragePool", "GlobalMaxPool"]), [x], list(x.shape[:2]) + [1] * (x.rank - 2), x.dtype)
    axes, op = x.rank - 2, n.pick(["MaxPool", "AveragePool"])
    k, s = [n.number(1, 3) for _ in range(axes)], [n.number(1, 3) for _ in range(axes)]
    pads = [n.number(0, kk - 1) if n.chance(.5) else 0 for kk in k * 2]
    y = [conv_extent(e, kk, st, 1, b, f) for e, kk, st, b, f in zip(x.shape[2:], k, s, pads[:axes], pads[axes:])]
    if min(y) <= 0:
        return
    attributes = {"count_include_pad": n.number(0, 1)} if op == "AveragePool" else {}
    return n.node(op, [x], [*x.shape[:2], *y], x.dtype, exact=x.exact and op == "MaxPool", kernel_shape=k, strides=s, pads=pads, **attributes)


def broadcast_operand(n, x):
    """A value or constant that broadcasts to x's shape."""
    other = n.find(lambda v: v.dtype == x.dtype and v.shape == x.shape)
    if other and n.chance(.5):
        return other
    shape = [e if n.chance(.5) else 1 for e in x.shape]
    if n.open_batch and shape:
        shape[0] = 1
    while shape and n.chance(.3):
        shape.pop(0)
    if x.dtype in FLOATS:
        return n.weights(shape, x.dtype)
    return n.constant(n.random.integers(0, 2 if x.dtype == np.bool_ else 9, shape).astype(x.dtype))


def binary(n):
    x = n.find(lambda v: v.dtype != np.bool_ and v.dtype not in (np.int8, np.uint8))
    if not x:
        return
    op, other = n.pick(["Add", "Sub", "Mul", "Max", "Min"]), broadcast_operand(n, x)
    exact = x.exact and (isinstance(other, str) or other.exact) and x.dtype not in FLOATS
    return n.node(op, n.pick([[x, other], [other, x]]), x.shape, x.dtype, exact=exact)


def divide(n):
    x = n.find(float_value)
    if x:
        return n.node("Div", [x, n.constant(n.random.uniform(.5, 3, [1] * n.number(0, x.rank)).astype(x.dtype))], x.shape, x.dtype)


def power(n):
    x = n.find(lambda v: v.dtype == np.float32)
    if x:
        n.node("Sqrt", [n.node("Add", [n.node("Pow", [x, n.constant(np.float32(2))], x.shape, x.dtype), n.constant(np.float32(1))], x.shape, x.dtype)], x.shape, x.dtype)


def compare(n):
    x = n.find(lambda v: v.exact and v.dtype in (np.float32, np.int32, np.int64))
    if not x:
        return
    other = broadcast_operand(n, x)
    if isinstance(other, Value) and not other.exact:        # x <= tanh(x) is decided by the last bit
        return
    mask = n.node(n.pick(["Less", "Greater", "Equal", "LessOrEqual", "GreaterOrEqual"]), [x, other], x.shape, np.bool_, exact=True)
    y = n.find(lambda v: v.shape == x.shape and v.dtype == np.float32)
    if n.chance(.3):
        mask = n.node("Not", [mask], x.shape, np.bool_, exact=True)
    if y:
        n.node("Where", [mask, y, broadcast_operand(n, y)], y.shape, y.dtype)


def jump(n):
    x = n.find(lambda v: v.exact and v.dtype == np.float32)
    if x:
        y = n.node(n.pick(JUMPS), [x], x.shape, x.dtype, exact=True)
        n.node("Cast", [y], x.shape, np.int32, exact=True, to=T.INT32)


def cast(n):
    x = n.find(lambda v: v.dtype in (np.int32, np.int64, np.bool_, np.uint8, np.int8))
    if x:
        to = n.pick([np.float32, np.int64, np.int32])
        return n.node("Cast", [x], x.shape, to, exact=x.exact, to=TYPES[to])
    x = n.find(float_value)
    if x and n.base == np.float32:
        n.node("Cast", [x], x.shape, np.float32, exact=x.exact, to=T.FLOAT)


def softmax(n):
    x = n.find(lambda v: float_value(v) and v.rank > 0 and v.size)
    if x:
        return n.node(n.pick(["Softmax", "Softmax", "LogSoftmax"]), [x], x.shape, x.dtype, axis=n.number(-x.rank, x.rank - 1))


def reduce(n):
    x = n.find(lambda v: float_value(v) and v.rank > 0 and v.size)
    if not x:
        return
    axes = sorted({n.number(0, x.rank - 1) for _ in range(n.number(1, x.rank))})
    if is_map(x) and n.chance(.4):
        axes = list(range(2, x.rank))
    keep = n.number(0, 1)
    shape = [1 if i in axes else e for i, e in enumerate(x.shape) if keep or i not in axes]
    if n.open_batch and 0 in axes:
        return
    op = n.pick(["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSumExp"])
    return n.node(op, [x, n.constant(np.array(axes, np.int64))], shape, x.dtype, keepdims=keep)


def matmul(n):
    x = n.find(lambda v: float_value(v) and v.rank >= 2 and v.size)
    if not x:
        return
    k = x.shape[-1]
    y = n.find(lambda v: v.dtype == x.dtype and v.rank == x.rank >= 3 and v.shape[:-2] == x.shape[:-2] and v.shape[-1] == k and v.size and v.shape[-2] < 80)
    if y and n.chance(.7):                                  # as attention does
        order = [*range(y.rank - 2), y.rank - 1, y.rank - 2]
        t = n.node("Transpose", [y], [y.shape[i] for i in order], y.dtype, exact=y.exact, perm=order)
        s = n.node("MatMul", [x, t], [*x.shape[:-1], y.shape[-2]], x.dtype)
        s = n.node("Mul", [s, n.constant(x.dtype(1 / np.sqrt(k)))], s.shape, s.dtype)
        return n.node("MatMul", [n.node("Softmax", [s], s.shape, s.dtype, axis=-1), y], [*s.shape[:-1], y.shape[-1]], x.dtype)
    m = n.pick([1, 3, 16, 33, 64])
    if x.rank == 2 and n.chance(.4):
        transposed = n.number(0, 1)
        w = n.weights([m, k] if transposed else [k, m], x.dtype, 1 / np.sqrt(k))
        return n.node("Gemm", [x, w] + [n.weights([m], x.dtype)] * n.number(0, 1), [x.shape[0], m], x.dtype, transB=transposed)
    y = n.node("MatMul", [x, n.weights([k, m], x.dtype, 1 / np.sqrt(k))], [*x.shape[:-1], m], x.dtype)
    if n.chance(.6):
        y = n.node("Add", [y, n.weights([m], x.dtype)], y.shape, y.dtype)
    if n.chance(.5):
        activation(n, y)


def recurrent(n):                                            # time is axis 1, as batches stand first; ONNX Runtime knows none of layout 1
    x = n.find(lambda v: float_value(v) and v.rank == 3 and v.size and v.shape[1] <= 24)
    if not x:
        return
    (batch, steps, inputs), by_batch = x.shape, n.chance(.2)
    op, hidden, ways = n.pick(["LSTM", "LSTM", "GRU", "GRU", "RNN"]), n.pick([1, 4, 16, 19, 40]), n.pick([1, 1, 2])
    gates = {"LSTM": 4, "GRU": 3, "RNN": 1}[op]
    attributes = {"hidden_size": hidden, "direction": "bidirectional" if ways == 2 else n.pick(["forward", "reverse"])}
    if by_batch:
        attributes["layout"] = 1
    if op == "GRU" and n.chance(.5):
        attributes["linear_before_reset"] = 1
    part = lambda *shape: n.weights(shape, x.dtype, 1 / np.sqrt(shape[-1]))
    optional = lambda p, made: made() if n.chance(p) else ""
    states = lambda: part(*([batch, ways] if by_batch else [ways, batch]), hidden)
    fixed = 0 if n.open_batch else .4
    operands = [part(ways, gates * hidden, inputs), part(ways, gates * hidden, hidden), optional(.8, lambda: part(ways, 2 * gates * hidden)),
                optional(fixed, lambda: n.constant(n.random.integers(1, steps + 1, batch).astype(np.int32))), optional(fixed, states)]
    if op == "LSTM":
        operands += [optional(fixed, states), optional(.3, lambda: part(ways, 3 * hidden))]
    if not by_batch:
        x = n.node("Transpose", [x], [steps, batch, inputs], x.dtype, exact=x.exact, perm=[1, 0, 2])
        n.values.remove(x)                                  # their first axis is not the batch
    y_shape, state = ([batch, steps, ways, hidden], [batch, ways, hidden]) if by_batch else ([steps, ways, batch, hidden], [ways, batch, hidden])
    shapes = [y_shape, state] + [state] * (op == "LSTM")
    y, *last = n.node(op, [x, *operands], shapes, x.dtype, outputs=len(shapes), **attributes)
    if not by_batch:
        for v, order in ((y, [2, 0, 1, 3]), (last[0], [1, 0, 2])):
            n.node("Transpose", [v], [v.shape[i] for i in order], v.dtype, perm=order)
        n.values = [v for v in n.values if v is not y and v not in last]


def gelu(n, x):                                             # written out, as exporters do
    def step(op, *inputs):
        return n.node(op, inputs, x.shape, x.dtype)

    def number(c):
        return n.constant(np.float32(c))
    erf = step("Erf", step("Div", x, number(np.sqrt(2))))
    y = step("Mul", x, step("Add", erf, number(1)))
    return step("Mul", y, number(.5)) if n.chance(.5) else step("Div", y, number(2))


def written_norm(n, x, scale, bias):                        # layer or RMS normalisation from its parts
    one, last = [*x.shape[:-1], 1], n.constant(np.array([-1], np.int64))

    def mean(v):
        return n.node("ReduceMean", [v, last], one, x.dtype)
    off = x if n.chance(.3) else n.node("Sub", [x, mean(x)], x.shape, x.dtype)
    root = n.node("Sqrt", [n.node("Add", [mean(n.node("Mul", [off, off], x.shape, x.dtype)), n.constant(np.float32(1e-2))], one, x.dtype)], one, x.dtype)
    if n.chance(.5):
        y = n.node("Div", [off, root], x.shape, x.dtype)
    else:
        y = n.node("Mul", [off, n.node("Reciprocal", [root], one, x.dtype)], x.shape, x.dtype)
    return n.node("Add", [n.node("Mul", [y, scale], x.shape, x.dtype), bias], x.shape, x.dtype)


def layer_norm(n):
    x = n.find(lambda v: v.dtype == np.float32 and v.rank >= 2 and v.shape[-1] > 1 and v.size)
    if x and n.chance(.5):
        written_norm(n, x, n.constant(n.random.uniform(.5, 1.5, x.shape[-1]).astype(np.float32)), n.weights([x.shape[-1]], np.float32))
    elif x:
        c = [x.shape[-1]]
        n.node("LayerNormalization", [x, n.constant(n.random.uniform(.5, 1.5, c).astype(np.float32)), n.weights(c, np.float32)], x.shape, x.dtype, axis=-1)


def transpose(n):
    x = n.find(lambda v: v.rank >= 2)
    if not x:
        return
    order = [int(i) for i in n.random.permutation(x.rank)]
    if n.open_batch:
        order = [0, *[i for i in order if i]]
    y = n.node("Transpose", [x], [x.shape[i] for i in order], x.dtype, exact=x.exact, perm=order)
    if n.chance(.4):                                        # and back
        back = [order.index(i) for i in range(x.rank)]
        if n.chance(.5):
            y = activation(n, y) or y if y.dtype in FLOATS else y
        n.node("Transpose", [y], [y.shape[i] for i in back], y.dtype, exact=y.exact, perm=back)


def reshape(n):
    x = n.find(lambda v: v.rank >= 1 and v.size)
    if not x:
        return
    how = n.pick(["flatten", "merge", "split", "unsqueeze", "squeeze"])
    if how == "flatten" and x.rank >= 1:
        axis = 1 if n.open_batch else n.number(0, x.rank)
        return n.node("Flatten", [x], [int(np.prod(x.shape[:axis])), int(np.prod(x.shape[axis:]))], x.dtype, exact=x.exact, axis=axis)
    if how == "unsqueeze" and x.rank < 5:
        axis = n.number(1, x.rank)
        return n.node("Unsqueeze", [x, n.constant(np.array([axis], np.int64))], [*x.shape[:axis], 1, *x.shape[axis:]], x.dtype, exact=x.exact)
    if how == "squeeze":
        ones = [i for i, e in enumerate(x.shape) if e == 1 and (i or not n.open_batch)]
        if ones:
            axis = n.pick(ones)
            return n.node("Squeeze", [x, n.constant(np.array([axis], np.int64))], [e for i, e in enumerate(x.shape) if i != axis], x.dtype, exact=x.exact)
    if how == "merge" and x.rank >= 3:
        i = n.number(1, x.rank - 2)
        shape = [*x.shape[:i], x.shape[i] * x.shape[i + 1], *x.shape[i + 2:]]
    elif x.rank >= 2 and x.rank < 5 and x.shape[-1] % 2 == 0:
        shape = [*x.shape[:-1], 2, x.shape[-1] // 2]
    else:
        return
    return n.node("Reshape", [x, n.constant(np.array([0 if i == 0 and n.open_batch else e for i, e in enumerate(shape)], np.int64))], shape, x.dtype, exact=x.exact)


def concat(n):
    x = n.find(lambda v: v.rank >= 2)
    if not x:
        return
    axis = n.number(1, x.rank - 1)
    same = [v for v in n.values if v.dtype == x.dtype and v.rank == x.rank and all(a == b for i, (a, b) in enumerate(zip(v.shape, x.shape)) if i != axis)]
    parts = [n.pick(same) for _ in range(n.number(1, 3))]
    if sum(p.shape[axis] for p in parts) < 200:
        n.node("Concat", parts, [sum(p.shape[axis] for p in parts) if i == axis else e for i, e in enumerate(x.shape)], x.dtype, exact=all(p.exact for p in parts), axis=axis)


def split(n):
    x = n.find(lambda v: v.rank >= 2 and max(v.shape[1:]) >= 2)
    if not x:
        return
    axis = n.pick([i for i in range(1, x.rank) if x.shape[i] >= 2])
    first = n.number(1, x.shape[axis] - 1)
    sizes = [first, x.shape[axis] - first]
    shapes = [[s if i == axis else e for i, e in enumerate(x.shape)] for s in sizes]
    n.node("Split", [x, n.constant(np.array(sizes, np.int64))], shapes, x.dtype, exact=x.exact, outputs=2, axis=axis)


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
        n.node("Slice", [x, i64(start), i64(end), i64(axis), i64(step)], [length if i == axis else s for i, s in enumerate(x.shape)], x.dtype, exact=x.exact)


def gather(n):
    x = n.find(lambda v: v.rank >= 2 and v.size)
    if x:
        axis = n.number(1, x.rank - 1)
        indices = n.random.integers(-x.shape[axis], x.shape[axis], [n.number(1, 4)] * n.number(0, 2))
        n.node("Gather", [x, n.constant(indices.astype(np.int64))], [*x.shape[:axis], *indices.shape, *x.shape[axis + 1:]], x.dtype, exact=x.exact, axis=axis)


def pad(n):
    x = n.find(lambda v: float_value(v) and v.rank >= 2 and v.size)
    if not x:
        return
    pads = [0 if i % x.rank < 1 else n.number(0, 2) for i in range(2 * x.rank)]
    if is_map(x) and n.chance(.5):
        pads[1] = pads[1 + x.rank] = 0
    y = n.node("Pad", [x, n.constant(np.array(pads, np.int64)), n.constant(x.dtype(0 if n.chance(.7) else 1.5))],
               [e + pads[i] + pads[i + x.rank] for i, e in enumerate(x.shape)], x.dtype, exact=x.exact)
    if n.chance(.5) and is_map(y):
        conv(n, y)


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


def counted_shape(n):                                        # a target that arithmetic on extents makes
    x = n.find(lambda v: v.rank >= 2 and v.size)
    if x:
        extents = n.node("Shape", [x], [x.rank], np.int64, exact=True)
        first = n.node("Gather", [extents, n.constant(np.array([0], np.int64))], [1], np.int64, exact=True)
        rest = n.node("ReduceProd", [n.node("Slice", [extents, n.constant(np.array([1], np.int64)), n.constant(np.array([9], np.int64))], [x.rank - 1], np.int64)],
                      [1], np.int64) if n.chance(.3) else n.constant(np.array([-1], np.int64))
        target = n.node("Concat", [first, rest], [2], np.int64, axis=0)
        del n.values[n.values.index(extents):]
        n.node("Reshape", [x, target], [x.shape[0], x.size // x.shape[0]], x.dtype, exact=x.exact)


def resize(n):
    x = n.find(lambda v: is_map(v) and v.rank == 4 and v.dtype == np.float32)
    if x and x.size < 9000:
        scales = [1, 1, n.pick([1, 2, 2, 3]), n.pick([1, 2, 2])]
        mode = n.pick(["nearest", "nearest", "linear", "cubic"])
        extra = {"nearest_mode": "floor"} if mode == "nearest" else {}
        n.node("Resize", [x, "", n.constant(np.array(scales, np.float32))], [e * s for e, s in zip(x.shape, scales)], x.dtype, mode=mode,
               coordinate_transformation_mode="asymmetric" if mode == "nearest" else n.pick(["half_pixel", "align_corners"]), **extra)


def expand(n):
    x = n.find(lambda v: 1 in v.shape[1:] and v.size < 2000)
    if x:
        shape = [1 if i == 0 else n.number(1, 3) if e == 1 else e for i, e in enumerate(x.shape)]
        n.node("Expand", [x, n.constant(np.array(shape, np.int64))], [x.shape[0], *shape[1:]], x.dtype, exact=x.exact)


def constant_arithmetic(n):                                 # for the folder of constants
    x = n.find(float_value)
    if x:
        a = n.node("Add", [n.weights([1], x.dtype), n.weights([1], x.dtype)], [1], x.dtype)
        n.node("Mul", [x, a], x.shape if x.rank else [1], x.dtype)


def twins(n):                                               # for common subexpressions
    x = n.find(float_value)
    if x:
        a, b = (n.node("Tanh", [x], x.shape, x.dtype) for _ in range(2))
        n.node("Add", [a, b], x.shape, x.dtype)


STEPS = [(conv_block, 10), (conv, 3), (batch_norm, 2), (activation, 5), (gate, 2), (pool, 4), (binary, 5), (divide, 2), (power, 1), (compare, 2),
         (jump, 1), (cast, 2), (softmax, 2), (reduce, 3), (matmul, 5), (layer_norm, 2), (recurrent, 5), (transpose, 4), (reshape, 4), (concat, 3), (split, 2), (slice_, 2),
         (gather, 1), (pad, 2), (padded_pool, 1), (dense_block, 1), (counted_shape, 1), (resize, 2), (expand, 1), (constant_arithmetic, 1), (twins, 1)]


def first_inputs(n):
    batch = BATCH if n.open_batch else n.pick([1, 1, 1, 2, 3])
    kind = n.pick(["map", "map", "map", "line", "volume", "rows", "tokens", "edge"])
    side = lambda: n.pick([1, 2, 5, 7, 8, 9, 12, 14, 17])
    shape = {"map": [batch, n.channels(), side(), side()], "line": [batch, n.channels(), side() * 3], "volume": [batch, n.channels(), 3, 4, 5],
             "rows": [batch, n.pick([1, 7, 16, 64, 100])], "tokens": [batch, n.pick([1, 2, 4]), n.pick([3, 8, 17]), n.pick([4, 16, 33])],
             "edge": [batch, n.pick([0, 1, 1, 3]), n.pick([1, 2]), n.pick([0, 1, 5])]}[kind]
    n.input(shape, n.base)
    if n.chance(.3):
        n.input(shape, n.base)
    if n.chance(.3):
        n.input([batch, n.number(1, 6)], n.pick([np.int32, np.int64, np.bool_, np.uint8, np.int8]))


def network(seed):
    n = Net(seed)
    first_inputs(n)
    steps, weights = zip(*STEPS)
    p = np.array(weights) / sum(weights)
    goal = n.number(1, 14)
    for _ in range(60):
        if len(n.nodes) >= goal:
            break
        steps[int(n.random.choice(len(steps), p=p))](n)
    if not n.nodes:
        n.node("Identity", [n.values[0]], n.values[0].shape, n.values[0].dtype, exact=True)
    used = {i for node in n.nodes for i in node.input}
    made = [v for v in n.values if v not in n.inputs]
    ends = [v for v in made if v.name not in used] or made[-1:]
    outputs = [v for v in ends if n.chance(.85)] or ends[-1:]
    if n.chance(.2):
        outputs = list(dict.fromkeys(outputs + [n.pick(made)]))

    def info(v, open_batch):
        shape = list(v.shape)
        if open_batch and shape:
            shape[0] = "N"
        return helper.make_tensor_value_info(v.name, TYPES[v.dtype], shape if v in n.inputs else None)
    graph = helper.make_graph(n.nodes, f"random_{seed}", [info(v, n.open_batch) for v in n.inputs], [info(v, False) for v in outputs], n.constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)


def feeds(model, seed, batch):
    random = np.random.default_rng(seed + 1_000_003)
    values = {}
    for info in model.graph.input:
        dtype = helper.tensor_dtype_to_np_dtype(info.type.tensor_type.elem_type)
        shape = [batch if d.HasField("dim_param") else d.dim_value for d in info.type.tensor_type.shape.dim]
        if dtype.kind == "f":
            values[info.name] = random.standard_normal(shape).astype(dtype)
        else:
            values[info.name] = random.integers(0, 2 if dtype.kind == "b" else 9, shape).astype(dtype)
    return values


def in_doubles(model):
    """The same network with every float as double: the arbiter."""
    wide = onnx.ModelProto.FromString(model.SerializeToString())
    narrow = (T.FLOAT, T.FLOAT16)
    for info in [*wide.graph.input, *wide.graph.output]:
        if info.type.tensor_type.elem_type in narrow:
            info.type.tensor_type.elem_type = T.DOUBLE
    for tensor in wide.graph.initializer:
        if tensor.data_type in narrow:
            array, name = numpy_helper.to_array(tensor).astype(np.float64), tensor.name
            tensor.CopyFrom(numpy_helper.from_array(array, name))
    for node in wide.graph.node:
        for a in node.attribute:
            if node.op_type == "Cast" and a.name == "to" and a.i in narrow:
                a.i = T.DOUBLE
            if node.op_type == "Resize":
                pass                                        # its scales are floats by definition: put back below
    scales = {node.input[2] for node in wide.graph.node if node.op_type == "Resize"}
    original = {t.name: t for t in model.graph.initializer}
    for tensor in wide.graph.initializer:
        if tensor.name in scales:
            tensor.CopyFrom(original[tensor.name])
    return wide
