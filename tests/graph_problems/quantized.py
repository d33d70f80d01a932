"""Quantized numbers with zero points that are not 0: Q/DQ around products, convolutions and transposed ones, the QLinear operators, integer products. By the
definitions, in exact integers.
"""
import itertools

import numpy as np
from onnx import helper

import tenon
from case import F, I32, I8, U8, by_runtime, check, model, node, numbers, weights


def limits(dtype):
    return np.iinfo(dtype).min, np.iinfo(dtype).max


def quantized(x, scale, zero, dtype):
    """Round half to even, add the zero point, saturate; in floats, as the definition has it."""
    q = np.rint(x.astype(np.float32) / np.float32(scale)).astype(np.float64) + zero
    return np.clip(q, *limits(dtype)).astype(dtype)


def dequantized(q, scale, zero):
    return (q.astype(np.int64) - np.int64(zero)).astype(np.float32) * np.asarray(scale, np.float32)


def kind_of(dtype):
    return helper.np_dtype_to_tensor_dtype(np.dtype(dtype))


def bytes_of(shape, dtype, seed=0):
    low, high = limits(dtype)
    return np.random.default_rng([seed, *shape]).integers(low, high, shape, dtype, endpoint=True)


def test_quantize_and_back():
    """Ties, both ends and beyond, infinities; of every integer type; the whole, by channel along either axis, in blocks."""
    x = np.concatenate([np.arange(-6, 7) * .25, [300, -300, 1e9, -1e9, np.inf, -np.inf, -0.0, 1e-30]]).astype(np.float32).reshape(3, 7)
    for dtype, zero in ((np.uint8, 128), (np.uint8, 0), (np.uint8, 255), (np.int8, -5), (np.int8, 127), (np.int16, 300), (np.uint16, 40000)):
        m = model([node("QuantizeLinear", ["x", "s", "z"], ["q"]), node("DequantizeLinear", ["q", "s", "z"], ["y"])], [("x", F, ["N", "M"])],
                  [("q", kind_of(dtype)), ("y", F)], weights(s=np.float32(.5), z=np.array(zero, dtype)), opset=21)
        q = quantized(x, .5, zero, dtype)
        check(m, [{"x": x}], [{"q": q, "y": dequantized(q, .5, zero)}], exact=True)
    y = numbers(4, 6) * 10
    for axis, dtype in ((0, np.int8), (1, np.uint8), (-1, np.int8)):
        n = y.shape[axis]
        scale, zero = (np.arange(n) + 1).astype(np.float32) / 8, (np.arange(n) * 9 - 20 * (dtype == np.int8)).astype(dtype)
        along = [1, 1]
        along[axis] = n
        q = quantized(y, scale.reshape(along), zero.reshape(along).astype(np.float64), dtype)
        m = model([node("QuantizeLinear", ["x", "s", "z"], ["q"], axis=axis), node("DequantizeLinear", ["q", "s", "z"], ["y"], axis=axis)],
                  [("x", F, ["N", "M"])], [("q", kind_of(dtype)), ("y", F)], weights(s=scale, z=zero), opset=13)
        check(m, [{"x": y}], [{"q": q, "y": dequantized(q, scale.reshape(along), zero.reshape(along))}], exact=True)
    scale, zero = np.abs(numbers(4, 2)) + .1, bytes_of((4, 2), np.int8)
    q = quantized(y, np.repeat(scale, 3, 1), np.repeat(zero, 3, 1).astype(np.float64), np.int8)
    m = model([node("QuantizeLinear", ["x", "s", "z"], ["q"], axis=1, block_size=3), node("DequantizeLinear", ["q", "s", "z"], ["y"], axis=1, block_size=3)],
              [("x", F, ["N", 6])], [("q", I8), ("y", F)], weights(s=scale, z=zero), opset=21)
    check(m, [{"x": y}], [{"q": q, "y": dequantized(q, np.repeat(scale, 3, 1), np.repeat(zero, 3, 1))}], exact=True)


def near_quanta(got, want):
    """Where a real number lies within rounding of a tie, either neighbour is right."""
    difference = np.abs(got.astype(np.int64) - want.astype(np.int64))
    most, several = difference.max(initial=0), np.count_nonzero(difference)
    assert most <= 1 and several <= .02 * difference.size, f"up to {most} quanta, {several} of {difference.size} elements"


def run_near(m, feeds, wanted):
    for optimize in (True, False):
        built = tenon.load(m.SerializeToString(), optimize=optimize, threads=2)
        for feed, want in zip(feeds, wanted):
            got = built(feed)
            assert got.shape == want.shape and got.dtype == want.dtype, f"{got.dtype}{got.shape}, expected {want.dtype}{want.shape}"
            near_quanta(got, want)


def test_products_between_quantizers():
    """Both operands with zero points, weights by column, a bias; open rows, and widths that fill no vector."""
    for dtype, k, n in ((np.uint8, 64, 32), (np.int8, 33, 7), (np.uint8, 5, 1)):
        wq, ws = bytes_of((k, n), np.int8), (np.abs(numbers(n)) + .5) / 100
        wz = bytes_of((n,), np.int8, 1) // 8
        m = model([node("QuantizeLinear", ["x", "xs", "xz"], ["q"]), node("DequantizeLinear", ["q", "xs", "xz"], ["d"]),
                   node("DequantizeLinear", ["w", "ws", "wz"], ["wd"], axis=1), node("MatMul", ["d", "wd"], ["p"]), node("Add", ["p", "b"], ["s"]),
                   node("QuantizeLinear", ["s", "ys", "yz"], ["y"])], [("x", F, ["N", k])], [("y", kind_of(dtype))],
                  weights(xs=np.float32(.03), xz=np.array(7, dtype), w=wq, ws=ws, wz=wz, b=numbers(n), ys=np.float32(.05),
                          yz=np.array(-9 if dtype == np.int8 else 100, dtype)), opset=13)
        feeds = [{"x": numbers(r, k)} for r in (1, 9, 0, 33)]
        wanted = []
        for f in feeds:
            q = quantized(f["x"], .03, 7, dtype)
            real = ((q.astype(np.int64) - 7) @ (wq.astype(np.int64) - wz)) * (np.float64(np.float32(.03)) * ws) + numbers(n)
            wanted.append(quantized(real, .05, -9 if dtype == np.int8 else 100, dtype))
        run_near(m, feeds, wanted)


def convolved(x, w, pads, strides, group=1, dilations=(1, 1)):
    """Integers, or doubles, by shifted products; zeros around."""
    n, c, h, v = x.shape
    o, cg, kh, kw = w.shape
    x = np.pad(x, ((0, 0), (0, 0), (pads[0], pads[2]), (pads[1], pads[3])))
    oh, ow = (x.shape[2] - (kh - 1) * dilations[0] - 1) // strides[0] + 1, (x.shape[3] - (kw - 1) * dilations[1] - 1) // strides[1] + 1
    y = np.zeros((n, o, oh, ow), x.dtype)
    for g in range(group):
        for i, j in np.ndindex(kh, kw):
            part = x[:, g * cg:(g + 1) * cg, i * dilations[0]:i * dilations[0] + oh * strides[0]:strides[0],
                     j * dilations[1]:j * dilations[1] + ow * strides[1]:strides[1]][:, :, :oh, :ow]
            rows = slice(g * o // group, (g + 1) * o // group)
            y[:, rows] += np.einsum("nchw,oc->nohw", part, w[rows, :, i, j])
    return y


CONVOLUTIONS = ((8, 16, 3, (1, 1, 1, 1), (1, 1), 1), (3, 5, 3, (0, 1, 2, 0), (2, 1), 1), (16, 16, 3, (1, 1, 1, 1), (1, 1), 16),
                (4, 6, 1, (0, 0, 0, 0), (1, 1), 2))


def test_convolutions_between_quantizers():
    """What lies outside counts as the real number 0, which is the zero point's byte, not the byte 0; plain, uneven pads, depthwise, groups; a relu before
    the quantizer.
    """
    for (c, o, k, pads, strides, group), relu in itertools.product(CONVOLUTIONS, (False, True)):
        wq, ws, bias = bytes_of((o, c // group, k, k), np.int8), (np.abs(numbers(o)) + .5) / 200, np.random.default_rng(o).integers(-500, 500, o, np.int32)
        nodes = [node("QuantizeLinear", ["x", "xs", "xz"], ["q"]), node("DequantizeLinear", ["q", "xs", "xz"], ["d"]),
                 node("DequantizeLinear", ["w", "ws", "wz"], ["wd"], axis=0), node("DequantizeLinear", ["b", "bs"], ["bd"], axis=0),
                 node("Conv", ["d", "wd", "bd"], ["c"], pads=list(pads), strides=list(strides), group=group)]
        nodes += [node("Relu", ["c"], ["r"])] if relu else []
        m = model(nodes + [node("QuantizeLinear", ["r" if relu else "c", "ys", "yz"], ["y"])], [("x", F, ["N", c, "H", "W"])], [("y", U8)],
                  weights(xs=np.float32(.02), xz=np.uint8(117), w=wq, ws=ws, wz=np.zeros(o, np.int8), b=bias, bs=(np.float32(.02) * ws).astype(np.float32),
                          ys=np.float32(.04), yz=np.uint8(90)), opset=13)
        feeds = [{"x": numbers(n, c, h, v)} for n, h, v in ((1, 8, 8), (2, 5, 9))]
        wanted = []
        for f in feeds:
            q = quantized(f["x"], .02, 117, np.uint8).astype(np.int64) - 117
            real = (convolved(q, wq.astype(np.int64), pads, strides, group) + bias[:, None, None]) * (np.float64(np.float32(.02)) * ws[:, None, None])
            wanted.append(quantized(np.maximum(real, 0) if relu else real, .04, 90, np.uint8))
        run_near(m, feeds, wanted)


def test_transposed_convolutions_between_quantizers():
    """ConvTranspose with its weights by output channel (axis 1) or whole. In floats, ONNX Runtime without the quantizers' fusions says the same."""
    for by_channel, group in ((True, 1), (False, 1), (False, 2)):
        wq = bytes_of((4, 3, 3, 3) if group == 1 else (4, 2, 3, 3), np.int8)
        o = wq.shape[1] * group
        ws = (np.abs(numbers(o)) + .5).astype(np.float32) / 100 if by_channel else np.float32(.01)
        wz = bytes_of((o,), np.int8) // 16 if by_channel else np.int8(11)
        held = weights(xs=np.float32(.03), xz=np.uint8(40), w=wq, ws=ws, wz=wz, b=numbers(o), ys=np.float32(.06), yz=np.uint8(131))
        m = model([node("QuantizeLinear", ["x", "xs", "xz"], ["q"]), node("DequantizeLinear", ["q", "xs", "xz"], ["d"]),
                   node("DequantizeLinear", ["w", "ws", "wz"], ["wd"], axis=1), node("ConvTranspose", ["d", "wd", "b"], ["c"], strides=[2, 2],
            pads=[1, 0, 0, 1], output_padding=[1, 0], group=group), node("QuantizeLinear", ["c", "ys", "yz"], ["y"])], [("x", F, ["N", 4, "H", "W"])],
                  [("y", U8)], held, opset=13)
        feeds = [{"x": numbers(n, 4, h, v)} for n, h, v in ((1, 5, 5), (2, 3, 7))]
        plain = model([node("ConvTranspose", ["d", "wd", "b"], ["c"], strides=[2, 2], pads=[1, 0, 0, 1], output_padding=[1, 0], group=group)],
                      [("d", F, ["N", 4, "H", "W"])], [("c", F)], weights(wd=dequantized(wq, ws[:, None, None] if by_channel else ws, wz[:, None, None]
            if by_channel else wz), b=numbers(o)))
        real = by_runtime(plain, [{"d": dequantized(quantized(f["x"], .03, 40, np.uint8), .03, 40)} for f in feeds])
        run_near(m, feeds, [quantized(a["c"], .06, 131, np.uint8) for a in real])


def test_qlinear_conv_and_matmul():
    """The fused operators of bytes: uneven pads filled with the zero point, weights by channel with zero points, int32 bias; batches of matrices, rows and
    columns with scales of their own.
    """
    for (c, o, k, pads, strides, group), dtype in itertools.product(CONVOLUTIONS, (np.uint8, np.int8)):
        wq, ws, bias = bytes_of((o, c // group, k, k), np.int8), (np.abs(numbers(o)) + .5) / 200, np.random.default_rng(o).integers(-500, 500, o, np.int32)
        xz, yz = (117, 90) if dtype == np.uint8 else (-20, 13)
        m = model([node("QLinearConv", ["x", "xs", "xz", "w", "ws", "wz", "ys", "yz", "b"], ["y"], pads=list(pads), strides=list(strides), group=group)],
                  [("x", kind_of(dtype), ["N", c, "H", "W"])], [("y", kind_of(dtype))],
                  weights(xs=np.float32(.02), xz=np.array(xz, dtype), w=wq, ws=ws, wz=np.zeros(o, np.int8), ys=np.float32(.04), yz=np.array(yz, dtype), b=bias),
                  opset=10)
        feeds = [{"x": bytes_of((n, c, h, v), dtype)} for n, h, v in ((1, 8, 8), (2, 5, 9))]
        run_near(m, feeds, [quantized((convolved(f["x"].astype(np.int64) - xz, wq.astype(np.int64), pads, strides, group) + bias[:, None,
            None]) * (np.float64(np.float32(.02)) * ws[:, None, None]), .04, yz, dtype) for f in feeds])
    a, b = bytes_of((2, 3, 40), np.uint8), bytes_of((2, 40, 5), np.int8)
    m = model([node("QLinearMatMul", ["a", "as", "az", "b", "bs", "bz", "ys", "yz"], ["y"])], [("a", U8, ["N", "R", 40]), ("b", I8, ["N", 40, 5])], [("y", U8)],
              weights(**{"as": np.float32(.02), "az": np.uint8(99), "bs": np.float32(.01), "bz": np.int8(-7), "ys": np.float32(.05), "yz": np.uint8(128)}),
              opset=10)
    real = ((a.astype(np.int64) - 99) @ (b.astype(np.int64) + 7)) * (np.float64(np.float32(.02)) * np.float64(np.float32(.01)))
    run_near(m, [{"a": a, "b": b}], [quantized(real, .05, 128, np.uint8)])


def test_integer_products():
    """MatMulInteger with zero points of the whole, of rows and of columns, long sums of extremes; ConvInteger, padded with the zero point."""
    for (left, right), (r, k, n) in itertools.product(((np.uint8, np.int8), (np.uint8, np.uint8), (np.int8, np.int8)), ((3, 65, 17), (1, 2000, 5), (4, 0, 2))):
        a, b = bytes_of((r, k), left), bytes_of((k, n), right)
        a[:, ::3], b[::3] = limits(left)[1], limits(right)[0]
        for az, bz in ((np.array(limits(left)[0] + 5, left), np.array(limits(right)[1], right)), (bytes_of((r,), left, 2), bytes_of((n,), right, 3)),
                       (None, np.array(3, right))):
            names = ["a", "b", "az" if az is not None else "", "bz"]
            held = {k2: v for k2, v in (("az", az), ("bz", bz)) if v is not None}
            m = model([node("MatMulInteger", names, ["y"])], [("a", kind_of(left), ["N", k]), ("b", kind_of(right), [k, n])], [("y", I32)], weights(**held),
                      opset=10)
            za = 0 if az is None else az.astype(np.int64).reshape(-1, 1)
            want = ((a.astype(np.int64) - za) @ (b.astype(np.int64) - bz.astype(np.int64))).astype(np.int32)
            check(m, [{"a": a, "b": b}], [{"y": want}], modes=("optimised", "plain"))
            known = model([node("MatMulInteger", names, ["y"])], [("a", kind_of(left), ["N", k])], [("y", I32)], weights(b=b, **held), opset=10)
            check(known, [{"a": a}], [{"y": want}])
    x, w = bytes_of((1, 3, 6, 7), np.uint8), bytes_of((4, 3, 3, 3), np.uint8)
    m = model([node("ConvInteger", ["x", "w", "xz", "wz"], ["y"], pads=[1, 0, 2, 1])], [("x", U8, ["N", 3, "H", "W"])], [("y", I32)],
              weights(w=w, xz=np.uint8(77), wz=np.uint8(130)), opset=10)
    check(m, [{"x": x}], [{"y": convolved(x.astype(np.int64) - 77, w.astype(np.int64) - 130, (1, 0, 2, 1), (1, 1)).astype(np.int32)}])


def test_dynamic_quantization():
    """All above, all below zero, nothing but zeros, a single number; then the product that follows it, as ONNX Runtime's tool writes transformers. By the
    definition: the range holds 0.
    """
    w, ws, wz = bytes_of((12, 5), np.int8), np.float32(.02), np.int8(4)
    m = model([node("DynamicQuantizeLinear", ["x"], ["q", "s", "z"]), node("MatMulInteger", ["q", "w", "z", "wz"], ["p"]), node("Cast", ["p"], ["pf"], to=F),
               node("Mul", ["s", "ws"], ["scale"]), node("Mul", ["pf", "scale"], ["y"])], [("x", F, ["N", 12])], [("q", U8), ("s", F), ("z", U8), ("y", F)],
              weights(w=w, ws=ws, wz=wz), opset=11)
    feeds, wanted = [], []
    for x in (numbers(3, 12), np.abs(numbers(2, 12)) + 1, -np.abs(numbers(2, 12)) - 1, np.zeros((1, 12), np.float32), np.full((1, 12), 3, np.float32),
              numbers(4, 12) * 1e6, numbers(1, 12) * 1e-6):
        low, high = np.minimum(x.min(), 0), np.maximum(x.max(), 0)
        s = np.float32((high - low) / np.float32(255))
        safe = s if s else np.float32(1)
        z = np.uint8(np.clip(np.rint(0 - low / safe), 0, 255))
        q = np.clip(np.rint(x / safe) + np.float32(z), 0, 255).astype(np.uint8)
        feeds.append({"x": x})
        real = ((q.astype(np.int64) - int(z)) @ (w.astype(np.int64) - 4)).astype(np.float32) * (s * ws)
        wanted.append({"q": q, "s": s, "z": z, "y": real})
    check(m, [f for f in feeds if f["x"].any()], [a for f, a in zip(feeds, wanted) if f["x"].any()])
    zeros = tenon.load(m.SerializeToString())(np.zeros((1, 12), np.float32))          # what scale stands for nothing is everybody's own affair
    assert (zeros["y"] == 0).all() and (zeros["q"] == zeros["z"]).all() and np.isfinite(zeros["s"]), zeros


def test_arithmetic_of_bytes():
    """com.microsoft's QLinearAdd and QLinearMul with zero points, broadcast; the mean of a picture."""
    a, b = bytes_of((2, 3, 4, 5), np.uint8), bytes_of((3, 1, 1), np.uint8)
    for op, f in (("QLinearAdd", np.add), ("QLinearMul", np.multiply)):
        m = model([node(op, ["a", "as", "az", "b", "bs", "bz", "ys", "yz"], ["y"], domain="com.microsoft")],
                  [("a", U8, ["N", 3, "H", "W"]), ("b", U8, [3, 1, 1])], [("y", U8)],
                  weights(**{"as": np.float32(.1), "az": np.uint8(120), "bs": np.float32(.05), "bz": np.uint8(3), "ys": np.float32(.4), "yz": np.uint8(60)}),
                  domains=["com.microsoft"])
        run_near(m, [{"a": a, "b": b}], [quantized(f(dequantized(a, .1, 120).astype(np.float64), dequantized(b, .05, 3)), .4, 60, np.uint8)])
    m = model([node("QLinearGlobalAveragePool", ["a", "as", "az", "ys", "yz"], ["y"], domain="com.microsoft")], [("a", U8, ["N", 3, "H", "W"])], [("y", U8)],
              weights(**{"as": np.float32(.1), "az": np.uint8(120), "ys": np.float32(.023), "yz": np.uint8(60)}), domains=["com.microsoft"])
    run_near(m, [{"a": a}], [quantized(dequantized(a, .1, 120).astype(np.float64).mean((2, 3), keepdims=True), .023, 60, np.uint8)])
