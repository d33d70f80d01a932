"""Quantised numbers. Scales are powers of two: quotients are exact in any type, and no rounding edge is met by a hair."""
import ml_dtypes
import numpy as np
from onnx import TensorProto as T

from .net import TYPES

BYTES = (np.int8, np.uint8)


def scale(n, low=-6, high=-3, dtype=np.float32, shape=()):
    return n.constant(2. ** n.random.integers(low, high + 1, shape), dtype)


def zero(n, dtype):
    """Even ones: at a tie it is all the same whether they are added before or after rounding to even, which no text says of QLinearAdd."""
    return n.constant(n.pick([0, 2, 4]), dtype)


def byte_weights(n, shape):
    """Signed ones of 7 bits: ONNX Runtime adds pairs of products in 16 bits where the processor has no better, and saturates."""
    kind = n.pick(BYTES)
    return n.constant(n.random.integers(0 if kind == np.uint8 else -64, 100 if kind == np.uint8 else 64, shape), kind), kind


def quantise(n):
    x = n.find(lambda v: v.exact and v.size and v.dtype in (np.float32, np.float16) and v.rank >= 1)
    if not x:
        return
    kinds = [np.int8, np.uint8, np.int8, np.uint8, np.int16, np.uint16, ml_dtypes.int4, ml_dtypes.uint4, ml_dtypes.int2, ml_dtypes.uint2, ml_dtypes.float8_e4m3fn,
             ml_dtypes.float8_e5m2, ml_dtypes.float8_e4m3fnuz, ml_dtypes.float8_e5m2fnuz, ml_dtypes.float4_e2m1fn]
    to, axis = n.pick(kinds), n.axis(x, 1)
    code, narrow = TYPES[to], to not in BYTES and to not in (np.int16, np.uint16)
    low, high = (-1, 1) if narrow else (-6, -3)
    more, shape = {}, ()
    if axis is not None and n.chance(.3):                   # for each channel
        more, shape = {"axis": axis}, (x.shape[axis],)
    elif axis is not None and n.chance(.15) and not n.open_batch:
        size = n.pick([2, 3])
        shape = [-(-e // size) if i == axis else e for i, e in enumerate(x.shape)]
        more = {"axis": axis, "block_size": size}
    s = scale(n, low, high, x.dtype, shape)
    is_float = code in (T.FLOAT8E4M3FN, T.FLOAT8E5M2, T.FLOAT8E4M3FNUZ, T.FLOAT8E5M2FNUZ, T.FLOAT4E2M1)
    z = n.constant(np.zeros(shape), to) if is_float else n.constant(n.random.integers(0, 2 if narrow else 9, shape), to)
    opset = {T.FLOAT4E2M1: 23, T.INT2: 25, T.UINT2: 25}.get(code, 0)
    q = n.node("QuantizeLinear", [x, s, z], x.shape, to, exact=True, opset=opset, **more)
    if narrow:
        n.forget(q)
    if n.chance(.8):
        n.node("DequantizeLinear", [q, s, z], x.shape, x.dtype, exact=True, **more)


def bytes_value(n, suits=lambda v: True):
    return n.find_or_input(lambda v: v.exact and v.size and v.dtype in BYTES and suits(v), BYTES, "bytes")


def dynamic(n):
    # Of nothing but zeros the scale is 0 by the text, in ONNX Runtime 1.
    x = n.find(lambda v: v in n.inputs and v.size > 9 and v.dtype == np.float32)
    if x and not n.open_batch:
        n.node("DynamicQuantizeLinear", [x], [x.shape, [], []], [np.uint8, np.float32, np.uint8], exact=True, outputs=3)
        n.values[-2].exact = False                          # the scale is a quotient


def integer_matmul(n):
    x = bytes_value(n, lambda v: v.rank >= 2)
    if not x:
        return
    m = n.number(1, 8)
    w, kind = byte_weights(n, [x.shape[-1], m])
    if n.chance(.5):
        zeros = [zero(n, x.dtype), zero(n, kind)][:n.number(0, 2)]
        return n.node("MatMulInteger", [x, w, *zeros], [*x.shape[:-1], m], np.int32, exact=True)
    to = x.dtype
    n.node("QLinearMatMul", [x, scale(n), zero(n, x.dtype), w, scale(n, -6, -4), zero(n, kind), scale(n, -1, 2), zero(n, to)], [*x.shape[:-1], m], to, exact=True)


def integer_conv(n):
    x = bytes_value(n, lambda v: v.rank in (3, 4))
    if not x:
        return
    (b, c, *rest), out, k = x.shape, n.number(1, 8), n.pick([1, 2, 3])
    if min(rest) < k:
        return
    pads = n.number(0, 1)
    shape, axes = [b, out, *[e + 2 * pads - k + 1 for e in rest]], len(rest)
    groups = c if n.chance(.2) else 1
    out = c if groups > 1 else out
    shape[1] = out
    w, kind = byte_weights(n, [out, c // groups, *[k] * axes])
    more = {"kernel_shape": [k] * axes, "pads": [pads] * 2 * axes, "group": groups}
    if n.chance(.4):
        zeros = [zero(n, x.dtype), zero(n, kind)][:n.number(0, 2)]
        return n.node("ConvInteger", [x, w, *zeros], shape, np.int32, exact=True, **more)
    w_scale = scale(n, -6, -4, shape=(out,) if n.chance(.4) else ())
    bias = [n.constant(n.random.integers(-500, 500, [out]).astype(np.int32))] * n.number(0, 1)
    n.node("QLinearConv", [x, scale(n), zero(n, x.dtype), w, w_scale, zero(n, kind), scale(n, -1, 2), zero(n, x.dtype), *bias], shape, x.dtype, exact=True, **more)


def dequantised_weights(n, shape, axis):
    """Of one scale or one for each result; and the scale."""
    w, kind = byte_weights(n, shape)
    s, z = scale(n, -6, -4, shape=(shape[axis],) if n.chance(.5) else ()), zero(n, kind)
    zeros = [] if n.chance(.5) else [n.constant(np.zeros(shape[axis]), kind) if by_channel(n, s) else z]
    v = n.node("DequantizeLinear", [w, s, *zeros], shape, np.float32, exact=True, axis=axis)
    n.forget(v)
    return v


def by_channel(n, name):
    return len(next(c for c in n.constants if c.name == name).dims) == 1


def dequantised_product(n):
    """As quantisers write them: a convolution or product of dequantised bytes, and back."""
    x = bytes_value(n, lambda v: v.rank >= 2)
    if not x:
        return
    a = n.node("DequantizeLinear", [x, scale(n), zero(n, x.dtype)], x.shape, np.float32, exact=True)
    if x.rank in (3, 4) and n.chance(.7):
        (b, c, *rest), k, pads = x.shape, n.pick([1, 2, 3]), n.number(0, 1)
        if min(rest) < k:
            return
        groups = c if n.chance(.3) else 1
        out = c if groups > 1 else n.number(1, 8)
        w = dequantised_weights(n, [out, c // groups, *[k] * len(rest)], 0)
        bias = [] if n.chance(.5) else [n.constant(n.random.integers(-500, 500, [out]) * 2. ** -9, np.float32)]
        shape = [b, out, *[e + 2 * pads - k + 1 for e in rest]]
        y = n.node("Conv", [a, w, *bias], shape, np.float32, exact=True, kernel_shape=[k] * len(rest), pads=[pads] * 2 * len(rest), group=groups)
    else:
        w = dequantised_weights(n, [x.shape[-1], m := n.number(1, 8)], 1)
        y = n.node("MatMul", [a, w], [*x.shape[:-1], m], np.float32, exact=True)
    if n.chance(.5):
        y = n.same("Relu", [y], y, exact=True)
    n.node("QuantizeLinear", [y, scale(n, -3, 0), zero(n, np.uint8)], y.shape, np.uint8, exact=True)


def pooled_bytes(n):
    x = bytes_value(n, lambda v: v.rank == 4 and min(v.shape[2:]) >= 2)
    if not x:
        return
    how, k = [scale(n), zero(n, x.dtype)], n.pick([1, 2])
    a = n.node("DequantizeLinear", [x, *how], x.shape, np.float32, exact=True)
    b = n.node("MaxPool", [a], [*x.shape[:2], *[e - k + 1 for e in x.shape[2:]]], np.float32, exact=True, kernel_shape=[k, k])
    n.node("QuantizeLinear", [b, *how], b.shape, x.dtype, exact=True)


def byte_arithmetic(n):                                      # of com.microsoft
    x = bytes_value(n)
    if not x:
        return
    s, z = lambda *range: scale(n, *range), lambda: zero(n, x.dtype)
    if n.chance(.4):
        # As many places as a power of two: the mean is exact.
        if x.rank >= 3 and np.prod(x.shape[2:]) in (1, 2, 4, 8, 16, 32, 64):
            n.node("QLinearGlobalAveragePool", [x, s(), z(), s(), z()], [*x.shape[:2]] + [1] * (x.rank - 2), x.dtype, exact=True, domain="com.microsoft", channels_last=0)
        return
    other = n.find(lambda v: v.dtype == x.dtype and v.shape == x.shape and v.exact)
    other = other if other and n.chance(.5) else n.constant(n.random.integers(0, 100, x.shape[-1:]), x.dtype)
    op = n.pick(["QLinearAdd", "QLinearMul"])
    n.same(op, [x, s(), z(), other, s(), z(), s(-5, -3) if op == "QLinearAdd" else s(-4, -1), z()], x, exact=True, domain="com.microsoft")


def dequantise(n):
    x = bytes_value(n)
    if x:
        n.node("DequantizeLinear", [x, scale(n), zero(n, x.dtype)][:n.number(2, 3)], x.shape, np.float32, exact=True)


STEPS = [(dequantised_product, 1.5), (pooled_bytes, .4), (quantise, 2.5), (dynamic, .5), (integer_matmul, 1.5), (integer_conv, 1.5), (byte_arithmetic, 1.2), (dequantise, 1)]
