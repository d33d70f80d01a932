"""A network that grows node by node: its values with their shapes, and the choices that its seed makes."""
import copy
import itertools

import ml_dtypes
import numpy as np
from onnx import TensorProto as T, helper, numpy_helper

BF16 = ml_dtypes.bfloat16
FLOATS = {np.float32: T.FLOAT, np.float16: T.FLOAT16, BF16: T.BFLOAT16, np.float64: T.DOUBLE}
SIGNED = {np.int8: T.INT8, np.int16: T.INT16, np.int32: T.INT32, np.int64: T.INT64}
UNSIGNED = {np.uint8: T.UINT8, np.uint16: T.UINT16, np.uint32: T.UINT32, np.uint64: T.UINT64}
INTEGERS = {**SIGNED, **UNSIGNED}
SMALL_FLOATS = {ml_dtypes.float8_e4m3fn: T.FLOAT8E4M3FN, ml_dtypes.float8_e4m3fnuz: T.FLOAT8E4M3FNUZ, ml_dtypes.float8_e5m2: T.FLOAT8E5M2,
                ml_dtypes.float8_e5m2fnuz: T.FLOAT8E5M2FNUZ, ml_dtypes.float4_e2m1fn: T.FLOAT4E2M1, ml_dtypes.float8_e8m0fnu: T.FLOAT8E8M0}
SMALL_INTEGERS = {ml_dtypes.int4: T.INT4, ml_dtypes.uint4: T.UINT4, ml_dtypes.int2: T.INT2, ml_dtypes.uint2: T.UINT2}
NUMBERS = {**FLOATS, **INTEGERS}
TYPES = {**NUMBERS, **SMALL_FLOATS, **SMALL_INTEGERS, np.bool_: T.BOOL}
DIGITS = {np.float32: 24, np.float16: 11, BF16: 8, np.float64: 53}      # whole numbers below 2^this are exact, and their sums
OPSET, BATCH = 21, 2                                        # extents along an open batch are tracked as this one


class Value:
    """`exact`: every kernel gives the same bits, so that jumps may follow. `whole`: floats that are whole numbers up to this, or None."""
    def __init__(self, name, shape, dtype, exact=False, whole=None):
        self.name, self.shape, self.dtype, self.exact, self.whole = name, tuple(int(e) for e in shape), dtype, exact, whole

    @property
    def rank(self):
        return len(self.shape)

    @property
    def size(self):
        return int(np.prod(self.shape))

    @property
    def float(self):
        return self.dtype in FLOATS


class Net:
    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.nodes, self.constants, self.inputs, self.values = [], [], [], []
        self.ends = []                                      # outputs that no other node may use
        self.open_batch = self.random.random() < .3
        self.whole = self.random.random() < .2              # all numbers whole: any order of sums gives the same bits
        self.base = self.pick([np.float32] * 14 + [np.float16, np.float16, BF16, BF16, np.float64, np.float64])
        self.opset, self.reach = OPSET, {}                  # reach: of whole weights, the largest sum of magnitudes that makes one result
        self.steps, self.depth = [], 0                      # motifs with their weights; how many graphs lie around
        self.fresh = itertools.count()                      # for names, which differ through all graphs

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

    def axis(self, v, first=0):
        """One of v's; never that of an open batch."""
        return self.number(max(first, int(self.open_batch)), v.rank - 1) if v.rank > max(first, int(self.open_batch)) else None

    # -- growing
    def grow(self, goal):
        """By motifs, until there are so many nodes."""
        steps, weights = zip(*self.steps)
        p = np.array(weights) / sum(weights)
        for _ in range(60):
            if len(self.nodes) >= goal:
                break
            steps[int(self.random.choice(len(steps), p=p))](self)

    def body(self):
        """A graph within: it reads values from outside, has nodes and constants of its own, and what it needs as an input becomes one of the whole network."""
        inside = copy.copy(self)
        inside.nodes, inside.constants, inside.values, inside.ends, inside.depth = [], [], list(self.values), [], self.depth + 1
        return inside

    def given(self, shape, dtype, exact=False, whole=None):
        """What a body is handed."""
        v = Value(f"b{next(self.fresh)}", shape, dtype, exact, whole)
        self.values.append(v)
        return v

    def graph(self, inputs, outputs, shaped=()):
        """The body, closed; it says the ranks of numbers and of those that are `shaped`. What it does not make itself, or gives twice, comes by way of an Identity."""
        shape = lambda v: [None] * v.rank if self.open_batch else v.shape
        info = lambda v: helper.make_tensor_value_info(v.name, TYPES[v.dtype], shape(v) if v.rank == 0 or v in shaped else None)
        own, ends = {o for node in self.nodes for o in node.output}, []
        for v in outputs:
            ends.append(v if v.name in own and v not in ends else self.move("Identity", [v], v.shape, v))
        return helper.make_graph(self.nodes, f"g{next(self.fresh)}", [info(v) for v in inputs], [info(v) for v in ends], self.constants)

    # -- building
    def constant(self, array, dtype=None):
        array, name = np.asarray(array), f"c{next(self.fresh)}"
        self.constants.append(numpy_helper.from_array(array.astype(dtype) if dtype else array, name))
        return name

    def i64(self, *numbers):
        return self.constant(np.array(numbers, np.int64))

    def weights(self, shape, dtype, scale=1.):
        if self.whole:                                      # as many that are not 0 as keep the sums small
            w = self.random.integers(-2, 3, shape) * (self.random.random(shape) < max(.02, 4 * scale * scale))
            name = self.constant(w, dtype)
            sums = [np.abs(w).sum(axis=tuple(a for a in range(w.ndim) if a != axis)).max(initial=0) for axis in range(min(2, w.ndim))]
            self.reach[name] = int(max(sums, default=2))
            return name
        return self.constant(self.random.standard_normal(shape) * scale, dtype)

    def positive(self, shape, dtype, low=.5, high=1.5):
        return self.constant(self.random.uniform(low, high, shape), dtype)

    def input(self, shape, dtype, kind="x"):
        """The name says what `feeds` puts there: x as the type has it, `below9`: integers below 9, `unit`: floats from -1 to 1."""
        whole = 4 if self.whole and dtype in FLOATS and kind == "x" else None
        v = Value(f"{'whole' if whole else kind}_{len(self.inputs)}", shape, dtype, True, whole)
        self.inputs.append(v)
        self.values.append(v)
        return v

    def hidden_input(self, shape, dtype, kind):
        """One that only its maker uses."""
        v = self.input(shape, dtype, kind)
        self.values.remove(v)
        return v

    def find_or_input(self, suits, kinds, kind="x"):
        """One that suits; where there is none, an input of such a type that is shaped as the first one, if that suits."""
        x = self.find(suits)
        if x or not self.inputs or len(self.inputs) > 4:
            return x
        new = Value("", self.inputs[0].shape, self.pick(kinds), True)
        return self.input(new.shape, new.dtype, kind) if suits(new) else None

    def node(self, op, inputs, shape, dtype, /, exact=False, outputs=1, domain="", whole=None, opset=0, **attributes):
        """With several outputs, `shape` is a list of theirs; `dtype` may be one too. `opset`: the operator is not known before."""
        self.opset = max(self.opset, opset)
        number = next(self.fresh)
        names = [f"v{number}_{i}" if outputs > 1 else f"v{number}" for i in range(outputs)]
        self.nodes.append(helper.make_node(op, [i.name if isinstance(i, Value) else i for i in inputs], names, name=f"n{number}", domain=domain, **attributes))
        types = dtype if isinstance(dtype, list) else [dtype] * outputs
        made = [Value(n, s, t, exact, whole) for n, s, t in zip(names, shape if outputs > 1 else [shape], types)]
        self.values += made
        return made if outputs > 1 else made[0]

    def move(self, op, inputs, shape, x, /, **more):
        """A node that only moves elements of x, or leaves some out."""
        return self.node(op, inputs, shape, x.dtype, exact=x.exact, whole=x.whole, **more)

    def same(self, op, inputs, x, /, **more):
        """A node whose result has x's shape and type."""
        return self.node(op, inputs, x.shape, x.dtype, **more)

    def sum(self, op, inputs, shape, x, times, /, *others, **more):
        """A node that adds up `times` products of elements of x and of constants or `others`; of whole numbers that is exact while they stay small."""
        whole = None
        if self.whole and x.whole is not None and x.exact and all(o.whole is not None and o.exact for o in others):
            constants = [self.reach[i] for i in inputs[1:2] if i in self.reach and times > 1]
            whole = x.whole * (constants[0] if constants else int(np.prod([o.whole for o in others])) * times * (1 if others else 2)) + 2
            if whole >= 1 << DIGITS[x.dtype]:
                whole = None
        return self.node(op, inputs, shape, x.dtype, exact=whole is not None, whole=whole, **more)

    def forget(self, *values):
        """Nobody shall use them further: what their first axis is, or how they come about, suits no other."""
        self.values = [v for v in self.values if v not in values]


def number_of_elements(shape):
    return int(np.prod(shape))


def is_map(v):
    return v.dtype in FLOATS and 3 <= v.rank <= 5 and 0 < v.size


def float_value(v):
    return v.dtype in FLOATS
