"""Element by element: functions, arithmetic with broadcasting, comparisons, casts, bits."""
import numpy as np
from onnx import TensorProto as T

from .net import BF16, FLOATS, INTEGERS, SIGNED, SMALL_FLOATS, SMALL_INTEGERS, TYPES, UNSIGNED, Value, float_value

UNARY = ["Relu", "Sigmoid", "Tanh", "Abs", "Neg", "Elu", "Selu", "Softsign", "Softplus", "LeakyRelu", "HardSigmoid", "Erf", "Sin", "Cos",
         "ThresholdedRelu", "Celu", "HardSwish", "Mish", "Gelu", "Atan", "Identity", "Asinh", "Swish"]
SINCE = {"Swish": 24}
HALF_UNARY = {"Relu", "Sigmoid", "Tanh", "Abs", "Neg", "LeakyRelu", "Identity", "Erf"}
JUMPS = ["Sign", "Floor", "Ceil", "Round"]                  # a hair of difference before them is a whole number behind
TAKES_ALPHA = {"LeakyRelu": (.01, .5), "Elu": (.3, 2), "Celu": (.3, 2), "ThresholdedRelu": (.2, 1), "Swish": (.5, 2)}


def written_gelu(n, x):                                     # as exporters do
    number = lambda c: n.constant(c, x.dtype)
    erf = n.same("Erf", [n.same("Div", [x, number(np.sqrt(2))], x)], x)
    y = n.same("Mul", [x, n.same("Add", [erf, number(1)], x)], x)
    return n.same("Mul", [y, number(.5)], x) if n.chance(.5) else n.same("Div", [y, number(2)], x)


def activation(n, x=None):
    x = x or n.find(float_value)
    if not x:
        return
    op = n.pick(UNARY)
    if x.dtype in (np.float16, BF16) and op not in HALF_UNARY:
        op = "Relu"
    if n.chance(.15):
        low, high = sorted(n.random.uniform(-2, 3, 2))
        return n.same("Clip", [x, n.constant(low, x.dtype), n.constant(high, x.dtype)], x)
    if n.chance(.15):
        return n.same("Mul", [x, n.same("Sigmoid", [x], x)], x)
    if n.chance(.1) and x.dtype == np.float32:
        return written_gelu(n, x)
    # At the step of ThresholdedRelu a hair decides; the result of what is not exact would jump.
    if op == "ThresholdedRelu" and not x.exact:
        op = "Elu"
    attributes = {"alpha": float(n.random.uniform(*TAKES_ALPHA[op]))} if op in TAKES_ALPHA and n.chance(.6) else {}
    if op == "Gelu" and n.chance(.5):
        attributes["approximate"] = "tanh"
    exact = x.exact and op in ("Relu", "Abs", "Neg", "Identity")
    return n.same(op, [x], x, exact=exact, whole=x.whole if exact else None, opset=SINCE.get(op, 20 if op == "Gelu" else 0), **attributes)


def in_domain(n):                                           # functions that are not defined, or not tame, everywhere
    x = n.find(lambda v: v.float)
    if not x:
        return
    op = n.pick(["Exp", "Log", "Sqrt", "Reciprocal", "Tan", "Sinh", "Cosh", "Asin", "Acos", "Acosh", "Atanh"])
    number = lambda a: n.constant(a, x.dtype)
    if op in ("Log", "Sqrt", "Reciprocal", "Acosh"):
        x = n.same("Add", [n.same("Abs", [x], x), number(1.5 if op == "Acosh" else .5)], x)
    elif op in ("Exp", "Sinh", "Cosh"):
        x = n.same("Clip", [x, number(-3), number(3)], x)
    else:
        x = n.same("Mul", [n.same("Tanh", [x], x), number(.9)], x)
    n.same(op, [x], x)


def shrink(n):
    x = n.find(lambda v: v.exact and (v.dtype in (np.float32, np.float64) or v.dtype in (np.int8, np.int16, np.int32)))
    if x:
        n.same("Shrink", [x], x, exact=x.dtype not in FLOATS, lambd=1.5, bias=float(n.pick([0, .5] if x.float else [0, 1])))


def broadcast_operand(n, x, low=0, high=9):
    """A value or constant that broadcasts to x's shape."""
    fits = lambda v: v.shape == x.shape or v.rank == x.rank and v.shape[0] == x.shape[0] and all(a in (1, b) for a, b in zip(v.shape, x.shape))
    other = n.find(lambda v: v.dtype == x.dtype and fits(v))
    if other and n.chance(.5) and low == 0:
        return other
    shape = [e if n.chance(.5) else 1 for e in x.shape]
    if n.open_batch and shape:
        shape[0] = 1
    while shape and n.chance(.3):
        shape.pop(0)
    if x.dtype in FLOATS:
        return n.weights(shape, x.dtype)
    return n.constant(n.random.integers(low, 2 if x.dtype == np.bool_ else high, shape), x.dtype)


def binary(n):
    x = n.find(lambda v: v.dtype in FLOATS or v.dtype in INTEGERS)
    if not x:
        return
    op, other = n.pick(["Add", "Sub", "Mul", "Max", "Min"]), broadcast_operand(n, x)
    operands = n.pick([[x, other], [other, x]])
    if x.float:
        others = [] if isinstance(other, str) else [other]
        if op == "Mul":
            return n.sum(op, operands, x.shape, x, 1, *others)
        return n.sum(op, operands, x.shape, x, 1, *[Value("", (), x.dtype, o.exact, o.whole and o.whole + 2) for o in others])
    n.same(op, operands, x, exact=x.exact and (isinstance(other, str) or other.exact))


def several(n):
    x = n.find(float_value)
    if x:
        n.same(n.pick(["Max", "Min", "Sum", "Mean"]), [x] + [broadcast_operand(n, x) for _ in range(n.number(0, 2))], x)


def divide(n):
    x = n.find(float_value)
    if x:
        return n.same("Div", [x, n.positive([1] * n.number(0, x.rank), x.dtype, .5, 3)], x)


def power(n):
    x = n.find(lambda v: v.dtype in (np.float32, np.float64))
    if x:
        number = lambda a: n.constant(a, x.dtype)
        if n.chance(.3):                                    # any exponent, of what is positive; of another type
            base = n.same("Add", [n.same("Abs", [x], x), number(.5)], x)
            kind = n.pick([np.float32, np.float64, np.int32])
            along = x.shape[-1:] if x.rank > int(n.open_batch) else [1]
            return n.same("Pow", [base, n.constant(n.random.integers(0, 4, along), kind)], x)
        n.same("Sqrt", [n.same("Add", [n.same("Pow", [x, number(2)], x), number(1)], x)], x)


def prelu(n):
    x = n.find(lambda v: v.dtype in FLOATS)
    if x:
        slope = [e if i else 1 for i, e in enumerate(x.shape)]
        n.same("PRelu", [x, n.weights([x.shape[1]] + [1] * (x.rank - 2) if x.rank > 1 and n.chance(.5) else slope, x.dtype, .3)], x)


def whole_numbers(n):                                       # arithmetic of integers: divisions, remainders, bits
    x = n.find_or_input(lambda v: v.exact and v.dtype in INTEGERS, [*INTEGERS])
    if not x:
        return
    op = n.pick(["Div", "Mod", "fmod", "Pow", "BitShift", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "BitwiseNot", "Abs", "Sign", "Clip", "Neg"])
    if op in ("Div", "Mod", "fmod"):
        return n.same("Mod" if op == "fmod" else op, [x, broadcast_operand(n, x, 1, 7)], x, exact=True, **({"fmod": 1} if op == "fmod" else {}))
    if op == "Pow":
        small = n.same("Clip", [x, n.constant(0, x.dtype), n.constant(5, x.dtype)], x, exact=True)
        return n.same("Pow", [small, broadcast_operand(n, x, 1, 3)], x, exact=True)
    if op == "BitShift":
        if x.dtype not in UNSIGNED:
            return
        return n.same(op, [x, broadcast_operand(n, x, 1, 8)], x, exact=True, direction=n.pick(["LEFT", "RIGHT"]))
    if op == "Clip":
        return n.same(op, [x, n.constant(2, x.dtype)] + [n.constant(6, x.dtype)] * n.number(0, 1), x, exact=True)
    if op == "Neg" and x.dtype in UNSIGNED:
        return
    operands = [x, broadcast_operand(n, x)] if op in ("BitwiseAnd", "BitwiseOr", "BitwiseXor") else [x]
    n.same(op, operands, x, exact=all(isinstance(o, str) or o.exact for o in operands))


def float_mod(n):
    x = n.find(lambda v: v.exact and v.float)
    if x:
        n.same("Mod", [x, n.constant(n.random.integers(1, 5, [1]), x.dtype)], x, exact=True, fmod=1)


def compare(n):
    x = n.find(lambda v: v.exact and v.size and (v.dtype in (np.float32, np.int32, np.int64) or n.chance(.3) and (v.dtype in FLOATS or v.dtype in INTEGERS)))
    if not x:
        return
    other = broadcast_operand(n, x)
    if isinstance(other, Value) and not other.exact:        # x <= tanh(x) is decided by the last bit
        return
    mask = n.node(n.pick(["Less", "Greater", "Equal", "LessOrEqual", "GreaterOrEqual"]), [x, other], x.shape, np.bool_, exact=True)
    y = n.find(lambda v: v.shape == x.shape and v.float)
    if n.chance(.3):
        mask = n.same("Not", [mask], mask, exact=True)
    if n.chance(.4):
        mask = n.same(n.pick(["And", "Or", "Xor"]), [mask, broadcast_operand(n, mask)], mask, exact=True)
    if y:
        n.same("Where", [mask, y, broadcast_operand(n, y)], y)


def flags(n):
    x = n.find(lambda v: v.dtype == np.bool_)
    if x:
        other = broadcast_operand(n, x)
        n.same(n.pick(["And", "Or", "Xor", "Equal"]), [x, other], x, exact=x.exact and (isinstance(other, str) or other.exact))


def not_finite(n):                                          # NaN and infinities, made and asked for
    x = n.find(lambda v: v.exact and v.size and v.float)
    if x:
        along = x.shape[-1:] if x.rank > int(n.open_batch) else [1]             # an open batch has no constant extent
        hole = np.where(n.random.random(along) < .3, n.pick([np.nan, np.inf, -np.inf]), 1.)
        y = n.node("Mul", [n.same("Add", [n.same("Abs", [x], x), n.constant(1, x.dtype)], x), n.constant(hole, x.dtype)], x.shape or [1], x.dtype)
        n.forget(y)
        op = n.pick(["IsNaN", "IsInf"])
        more = {"detect_negative": n.number(0, 1)} if op == "IsInf" and n.chance(.5) else {}
        n.node(op, [y], y.shape, np.bool_, exact=True, **more)


def jump(n):
    x = n.find(lambda v: v.exact and v.float)
    if x:
        y = n.same(n.pick(JUMPS), [x], x, exact=True)
        n.node("Cast", [y], x.shape, np.int32, exact=True, to=T.INT32)


def cast(n):
    x = n.find(lambda v: v.dtype in INTEGERS or v.dtype == np.bool_)
    if x and n.chance(.8):
        to = n.pick([np.float32, np.int64, np.int32, *INTEGERS, *FLOATS])
        if to in (np.float16, BF16) and x.dtype not in (np.int8, np.uint8, np.bool_):
            to = np.float32
        # 64 bits do not fit into floats: what rounds is not exact in the arbiter's sense.
        exact = x.exact and not (to in FLOATS and np.dtype(x.dtype).itemsize > 2)
        if n.chance(.3):
            like = n.constant(0, to)
            return n.node("CastLike", [x, like], x.shape, to, exact=exact)
        return n.node("Cast", [x], x.shape, to, exact=exact, to=TYPES[to])
    x = n.find(float_value)
    if x:
        wider = [np.float64] if x.dtype == np.float64 else [np.float32, np.float64]
        if x.dtype in (np.float32, np.float64) and n.chance(.3) and n.base != np.float64:
            wider = [np.float16, BF16]
        to = n.pick(wider)
        rounds = to in (np.float16, BF16)
        y = n.node("Cast", [x], x.shape, to, exact=x.exact and not rounds, to=TYPES[to])
        if n.chance(.4) and not rounds:                     # and back, or on
            n.node("Cast", [y], x.shape, x.dtype, exact=x.exact, to=TYPES[x.dtype])


def small_types(n):                                         # nothing computes in them: cast to and from, moved between
    x = n.find(lambda v: v.exact and v.size and v.dtype in (np.float32, np.int8, np.uint8))
    if not x:
        return
    to = n.pick([*SMALL_FLOATS] if x.float else [*SMALL_INTEGERS])
    code, more, made = TYPES[to], {}, []
    if code == T.FLOAT8E8M0:                                # powers of two: neither signs nor zero
        made.append(n.same("Ceil", [n.same("Abs", [x], x)], x))
        x = n.same("Add", [made[0], n.constant(1, x.dtype)], x, exact=True)
    elif x.float and code != T.FLOAT4E2M1 and n.chance(.2):
        more = {"saturate": 0}
    since = {T.FLOAT4E2M1: 23, T.FLOAT8E8M0: 24, T.INT2: 25, T.UINT2: 25}.get(code, 0)
    y = n.node("Cast", [x], x.shape, to, exact=True, to=code, opset=since, **more)
    made += [x, y] if code == T.FLOAT8E8M0 else [y]
    if y.rank >= 2 and n.chance(.3) and not n.open_batch:
        y = n.move("Transpose", [y], y.shape[::-1], y)
        made.append(y)
    back = x.dtype if x.float or n.chance(.5) else np.int32
    z = n.node("Cast", [y], y.shape, back, exact=True, to=TYPES[back])
    n.forget(*made, *[z] * ("saturate" in more))            # without saturation there may be NaN in it


def bit_cast(n):
    # Floats have other bits in the arbiter.
    pairs = {np.int32: np.uint32, np.int16: np.uint16, np.uint32: np.int32, np.int8: np.uint8, np.uint64: np.int64, np.uint16: np.int16, np.uint8: np.int8,
             np.int64: np.uint64}
    x = n.find_or_input(lambda v: v.exact and v.dtype in pairs and v.size, [*pairs])
    if x:
        to = pairs[x.dtype]
        n.node("BitCast", [x], x.shape, to, exact=True, to=TYPES[to], opset=26)


def constant_arithmetic(n):                                 # for the folder of constants
    x = n.find(float_value)
    if x:
        a = n.node("Add", [n.weights([1], x.dtype), n.weights([1], x.dtype)], [1], x.dtype)
        n.node("Mul", [x, a], x.shape if x.rank else [1], x.dtype)
        n.forget(a)                                         # one number alone, where differences would cancel


def twins(n):                                               # for common subexpressions
    x = n.find(float_value)
    if x:
        a, b = (n.same("Tanh", [x], x) for _ in range(2))
        n.same("Add", [a, b], x)


STEPS = [(activation, 5), (in_domain, 3), (shrink, .5), (binary, 5), (several, 1.5), (divide, 2), (power, 1), (prelu, .7), (whole_numbers, 4), (float_mod, .3),
         (compare, 2), (flags, .5), (not_finite, .5), (jump, 1), (cast, 2.5), (small_types, 1.5), (bit_cast, .5), (constant_arithmetic, 1), (twins, 1)]
