#!/usr/bin/env python3
"""The small element types against ml_dtypes: casts of every code to and from them, of random numbers, of what lies on and beside ties; files.

    run_types.py [--filter TEXT]

A case is a function below whose name begins with test_.
"""
import argparse
import bisect
import fractions
import os
import sys
import tempfile
import time
import traceback

import ml_dtypes
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import tenon

np.seterr(all="ignore")
FLOATS = {"f8e4m3fn": ml_dtypes.float8_e4m3fn, "f8e4m3fnuz": ml_dtypes.float8_e4m3fnuz, "f8e5m2": ml_dtypes.float8_e5m2,
          "f8e5m2fnuz": ml_dtypes.float8_e5m2fnuz, "f4e2m1": ml_dtypes.float4_e2m1fn}
INTEGERS = {"i4": ml_dtypes.int4, "u4": ml_dtypes.uint4, "i2": ml_dtypes.int2, "u2": ml_dtypes.uint2}
POWERS = {"f8e8m0": ml_dtypes.float8_e8m0fnu}
SMALL = FLOATS | INTEGERS | POWERS
BITS = {"f4e2m1": 4, "i4": 4, "u4": 4, "i2": 2, "u2": 2}
WIDE = {"f16": np.float16, "bf16": ml_dtypes.bfloat16, "f32": np.float32, "f64": np.float64}
WHOLE = {f"{k}{n}": np.dtype(f"{word}{n}") for k, word in (("i", "int"), ("u", "uint")) for n in (8, 16, 32, 64)}
ONNX_TYPES = {"f8e4m3fn": 17, "f8e4m3fnuz": 18, "f8e5m2": 19, "f8e5m2fnuz": 20, "u4": 21, "i4": 22, "f4e2m1": 23, "f8e8m0": 24, "u2": 25, "i2": 26}


def codes(name):
    return np.arange(1 << BITS.get(name, 8), dtype=np.uint8).view(SMALL[name])


def cast(x, to, **fields):
    n = tenon.Network()
    n.output(n.cast(n.input("x", x.dtype, ["N"]), to=to, **fields), "y")
    return n.build(threads=1)(x)


def bits(y):
    """Comparable: the value bits of small types; NaN as one number, with its sign where the type keeps it."""
    name = next((k for k, t in SMALL.items() if y.dtype == t), None)
    raw = y.view(np.uint8 if y.dtype.itemsize == 1 else f"u{y.dtype.itemsize}").copy()
    if name in BITS:
        raw &= (1 << BITS[name]) - 1
    if name in INTEGERS or name is None and y.dtype.kind in "iub":
        return raw
    raw[np.isnan(y.astype(np.float64))] = 0xEE if y.dtype.itemsize == 1 else 0x7FEE
    return raw


def same(found, expected, given, what):
    assert found.dtype == expected.dtype, (what, found.dtype, expected.dtype)
    bad = np.flatnonzero(bits(found) != bits(expected))
    assert bad.size == 0, f"{what}: {bad.size} of {found.size} differ, first {given[bad[0]]!r}: {found[bad[0]]}, expected {expected[bad[0]]}"


def plain(x, to):
    """As ml_dtypes casts, which does not saturate; its f4e2m1 has -0 for NaN, but 0 for NaN with a sign: here that is -0 too."""
    return np.where(np.isnan(x), np.abs(x), x).astype(SMALL[to]) if to == "f4e2m1" else x.astype(SMALL[to])


def saturated(x, to):
    """ONNX's own function for it."""
    return plain(x, to) if to == "f4e2m1" else numpy_helper.saturate_cast(x, np.dtype(SMALL[to]))


def every(dtype):
    return np.arange(1 << 16, dtype=np.uint16).view(dtype)


def random_floats():
    random = np.random.default_rng(1)
    return random.integers(0, 1 << 32, 1_000_000, np.uint32).view(np.float32)


def around_ties(to, dtype):
    """Ties, numbers of the type, the edge of its range, and their neighbours."""
    values = np.unique(codes(to).astype(np.float64))
    values = values[np.isfinite(values)]
    points = np.concatenate([values, (values[1:] + values[:-1]) / 2, values[-1:] + (values[-1] - values[-2]) / 2, values[-1:] * 2,
                             values[values > 0][:1] / 2])
    points = np.concatenate([points, -points]).astype(dtype)
    up, down = dtype(np.inf), dtype(-np.inf)
    return np.concatenate([points, np.nextafter(points, up), np.nextafter(points, down), np.array([np.inf, -np.inf, np.nan, 0, -0.0], dtype)])


def exactly(x, to, saturate):
    """By fractions alone, from the list of the type's numbers: an oracle that knows nothing of floats' layouts."""
    table = codes(to)
    numbers = [(fractions.Fraction(float(v)), i) for i, v in enumerate(table.astype(np.float64)) if np.isfinite(v) and not np.signbit(v)]
    numbers.sort()
    top, last = numbers[-1][0], numbers[-2][0]
    nan_to = {"f4e2m1": -0.0}.get(to, np.nan)
    answers = []
    for value in x.astype(np.float64):
        side = -1 if np.signbit(value) else 1
        if np.isnan(value):
            answers.append(nan_to)
            continue
        size = None if np.isinf(value) else abs(fractions.Fraction(float(value)))
        edge = top + (top - last) / 2
        if size is None or size > edge or size == edge and numbers[-1][1] % 2:
            beyond = np.inf if to == "f8e5m2" else np.nan
            answers.append(float(top) * side if saturate or to == "f4e2m1" else beyond * side)
            continue
        at = bisect.bisect_left(numbers, (size, -1))
        near = min(numbers[max(0, at - 1):at + 1], key=lambda n: (abs(n[0] - size), n[1] % 2))
        answers.append(float(near[0]) * side)
    return np.array(answers).astype(SMALL[to])


def test_every_code_to_wider_floats_and_back():
    for name in FLOATS | POWERS:
        x = codes(name)
        for wide, dtype in WIDE.items():
            y = cast(x, wide)
            same(y, x.astype(np.float32).astype(dtype), x, f"{name} to {wide}")
            if name not in POWERS:
                same(cast(y, name, saturate=False), x, x, f"{name} to {wide} and back")
    for name in INTEGERS:
        x = codes(name)
        for wide, dtype in (WIDE | WHOLE).items():
            y = cast(x, wide)
            same(y, x.astype(np.int64).astype(dtype), x, f"{name} to {wide}")
            same(cast(y, name), x, x, f"{name} to {wide} and back")


def test_every_code_to_every_small_type():
    for name in SMALL:
        x = codes(name)
        wide = x.astype(np.float32) if name not in INTEGERS else x.astype(np.int64).astype(np.float32)
        for to in FLOATS:
            same(cast(x, to), saturated(wide, to), x, f"{name} to {to}")
            same(cast(x, to, saturate=False), plain(wide, to), x, f"{name} to {to}, unsaturated")
        held = np.isfinite(wide) & (np.abs(wide) < 2.0**31)
        for to in INTEGERS:
            same(cast(x[held], to), wide[held].astype(np.int64).astype(INTEGERS[to]), x[held], f"{name} to {to}")


def test_every_half_to_small_floats():
    for half in ("f16", "bf16"):
        x = every(WIDE[half])
        for to in FLOATS:
            same(cast(x, to), saturated(x.astype(np.float32), to), x, f"{half} to {to}")
            same(cast(x, to, saturate=False), plain(x, to), x, f"{half} to {to}, unsaturated")


def test_random_floats_and_ties_to_small_floats():
    for to in FLOATS:
        x = np.concatenate([random_floats(), around_ties(to, np.float32)])
        same(cast(x, to), saturated(x, to), x, f"f32 to {to}")
        same(cast(x, to, saturate=False), plain(x, to), x, f"f32 to {to}, unsaturated")


def test_ties_by_fractions():
    for to in FLOATS:
        for dtype in (np.float32, np.float64):                 # beside a tie in f64, f32 would be on it: rounding once
            x = around_ties(to, dtype)
            for saturate in (True, False):
                same(cast(x, to, saturate=saturate), exactly(x, to, saturate), x, f"{dtype.__name__} to {to}, saturate={saturate}")


def test_nan_keeps_its_sign():
    x = np.array([np.nan, -np.nan], np.float32)
    for to in ("f8e4m3fn", "f8e5m2"):
        for saturate in (True, False):
            y = cast(x, to, saturate=saturate)
            assert np.isnan(y.astype(np.float32)).all() and (y.view(np.uint8) >> 7).tolist() == (x.view(np.uint32) >> 31).tolist()
    assert cast(x, "f4e2m1").view(np.uint8).tolist() == [8, 8]


def power_of_two(x, mode, saturate):
    """The table of ONNX's Cast, by the exponents of exact numbers."""
    fraction, exponent = np.frexp(x.astype(np.float64))
    exponent = exponent.astype(np.int64) - 1 + {"up": fraction > .5, "down": fraction < 0, "nearest": fraction >= .75}[mode]
    exponent[x == 0], exponent[np.isposinf(x)] = -1000, 1000
    code = np.clip(exponent + 127, 0, 254)
    if not saturate:
        code[code != exponent + 127] = 255
    code[np.isnan(x) | (x < 0)] = 255
    return code.astype(np.uint8).view(POWERS["f8e8m0"])


def test_powers_of_two():
    for dtype in WIDE.values():
        x = every(dtype) if np.dtype(dtype).itemsize == 2 else np.concatenate([random_floats().astype(dtype), around_ties("f8e8m0", dtype)])
        for mode in ("up", "down", "nearest"):
            for saturate in (True, False):
                y = cast(x, "f8e8m0", round_mode=mode, saturate=saturate)
                same(y, power_of_two(x.astype(np.float64), mode, saturate), x, f"{np.dtype(dtype).name} to f8e8m0, {mode}, saturate={saturate}")
        if dtype is not np.float64:                             # which ml_dtypes rounds twice, as it does what is subnormal
            x = x[~(np.abs(x.astype(np.float64)) < 2.0**-126)]
            same(cast(x, "f8e8m0", round_mode="nearest", saturate=False), x.astype(POWERS["f8e8m0"]), x, f"{dtype} to f8e8m0 as ml_dtypes does")


def test_numbers_to_small_integers():
    for half in ("f16", "bf16"):
        x = every(WIDE[half])
        x = x[np.abs(x.astype(np.float32)) < 2.0**31]           # what is larger, and infinity, is undefined
        for to in INTEGERS:
            same(cast(x, to), x.astype(np.float32).astype(np.int64).astype(INTEGERS[to]), x, f"{half} to {to}")
    x = random_floats()
    x = x[np.abs(x) < 2.0**31]
    for to in INTEGERS:
        same(cast(x, to), x.astype(INTEGERS[to]), x, f"f32 to {to}")
    for name, dtype in WHOLE.items():
        info = np.iinfo(dtype)
        x = np.concatenate([np.arange(max(-300, info.min), min(300, info.max) + 1), [info.min, info.max]]).astype(dtype)
        for to in INTEGERS:
            same(cast(x, to), x.astype(INTEGERS[to]), x, f"{name} to {to}")


def test_integers_to_small_floats():
    for name, dtype in WHOLE.items():
        info = np.iinfo(dtype)
        x = np.concatenate([np.arange(max(-70_000, info.min), min(70_000, info.max) + 1), [info.min, info.max]]).astype(dtype)
        for to in FLOATS:
            same(cast(x, to), saturated(x.astype(np.float64), to), x, f"{name} to {to}")


def test_bools():
    flags = np.array([False, True])
    for name, dtype in SMALL.items():
        want = np.array([0, 127], np.uint8).view(dtype) if name in POWERS else flags.astype(np.float32).astype(dtype)
        same(cast(flags, name), want, flags, f"bool to {name}")
        x = codes(name)
        assert (cast(x, "bool") == (x.astype(np.float32) != 0)).all(), name


def test_bits_above_a_value_are_not_read():
    for name in BITS:
        x = np.arange(256, dtype=np.uint8).view(SMALL[name])
        low = (np.arange(256, dtype=np.uint8) & ((1 << BITS[name]) - 1)).view(SMALL[name])
        assert (cast(x, "f32") == low.astype(np.float32)).all(), name
        n = tenon.Network()                                     # as inputs and as constants
        n.output(n.cast(n.constant(x), to="f32"), "y")
        assert (n.build(threads=1)() == low.astype(np.float32)).all(), name


def model_with(name, x, raw):
    onnx_type = ONNX_TYPES[name]
    if raw:
        tensor = numpy_helper.from_array(x, "w")
    else:
        packed = {4: numpy_helper._pack_4bitx2, 2: numpy_helper._pack_2bitx4}.get(BITS.get(name), lambda a: a.ravel().view(np.uint8))(x)
        tensor = TensorProto(name="w", data_type=onnx_type, dims=x.shape, int32_data=[int(b) for b in packed])
    info = [helper.make_tensor_value_info(n, t, s) for n, t, s in
            [("x", onnx_type, ["N"]), ("y", onnx_type, x.shape), ("z", 1, x.shape), ("u", onnx_type, ["N"])]]
    nodes = [helper.make_node("Identity", ["w"], ["y"]), helper.make_node("Cast", ["w"], ["z"], to=1), helper.make_node("Identity", ["x"], ["u"])]
    return helper.make_model(helper.make_graph(nodes, "g", info[:1], info[1:], [tensor]), opset_imports=[helper.make_opsetid("", 25)])


def test_onnx_initializers_inputs_outputs_and_engines():
    for name in SMALL:
        table = codes(name)
        for count in range(1, 12):                              # every remainder of packing
            x = np.resize(table[::-1], count)
            for raw in (True, False):
                m = tenon.load(model_with(name, x, raw).SerializeToString(), threads=1)
                with tempfile.TemporaryDirectory() as folder:
                    path = os.path.join(folder, "m.engine")
                    m.save(path)
                    again = tenon.load(path, threads=1)
                for model in (m, again):
                    assert [p.dtype for p in model.inputs] == [table.dtype]
                    y = model(table)
                    same(y["y"], x, x, f"{name} initializer")
                    same(y["u"], table, table, f"{name} through")
                    same(y["z"], x.astype(np.float32), x, f"{name} cast")


def test_engines_hold_packed_weights():
    sizes = {}
    for name in ("u8", "i4", "u2"):
        n = tenon.Network()
        x = np.zeros(64 << 10, np.uint8 if name == "u8" else SMALL[name])
        n.output(n.cast(n.constant(x), to="f32"), "y")
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "m.engine")
            n.build(threads=1).save(path)
            sizes[name] = os.path.getsize(path)
    assert sizes["u8"] - sizes["i4"] == 32 << 10 and sizes["u8"] - sizes["u2"] == 48 << 10, sizes


def test_quantized_weights_in_blocks():
    random = np.random.default_rng(2)
    q = random.integers(-8, 8, (6, 10)).astype(ml_dtypes.int4)
    scale, zero = random.uniform(.1, 1, (6, 3)).astype(np.float32), random.integers(-8, 8, (6, 3)).astype(ml_dtypes.int4)
    n = tenon.Network()
    w = n.dequantize(n.constant(q), n.constant(scale), n.constant(zero), axis=1, block_size=4)
    n.output(n.matmul(n.input("x", "f32", ["N", 6]), w), "y")
    x = random.standard_normal((3, 6), np.float32)
    spread = lambda a: np.repeat(a.astype(np.float32), 4, 1)[:, :10]
    np.testing.assert_allclose(n.build(threads=1)(x), x @ ((q.astype(np.float32) - spread(zero)) * spread(scale)), rtol=1e-5, atol=1e-5)


def test_text_form():
    n = tenon.Network.parse("w = constant() data=f8e4m3fn[3]{1.5,-3,nan}\nv = constant() data=i4[2]{-8,7}\nreturn w, v\n")
    assert tenon.Network.parse(n.dump()).dump() == n.dump() and "f8e4m3fn[3]{1.5,-3,nan}" in n.dump() and "i4[2]{-8,7}" in n.dump()
    for wrong in ("f8e4m3fn[1]{1.6}", "f8e4m3fn[1]{449}", "f4e2m1[1]{nan}", "i4[1]{8}", "u4[1]{-1}", "f8e8m0[1]{0}", "f8e5m2fnuz[1]{inf}"):
        try:
            tenon.Network.parse(f"w = constant() data={wrong}\nreturn w\n")
        except tenon.Error as e:
            assert "does not hold" in str(e), e
        else:
            raise AssertionError(wrong)


def test_nothing_computes_in_them():
    for name in SMALL:
        n = tenon.Network()
        x = n.input("x", name, [4])
        for op in ("add", "mul", "equal"):
            try:
                n.add(op, x, x)
            except tenon.Error as e:
                assert e.code == "unsupported" and name in str(e), e
            else:
                raise AssertionError(f"{op} of {name}")


def test_quantized_products_refuse_them():
    for name, onnx_type in ONNX_TYPES.items():
        node = helper.make_node("MatMulInteger", ["a", "b"], ["y"])
        infos = [helper.make_tensor_value_info(n, t, [2, 2]) for n, t in (("a", 2), ("b", onnx_type), ("y", 6))]
        model = helper.make_model(helper.make_graph([node], "g", infos[:2], infos[2:]), opset_imports=[helper.make_opsetid("", 21)])
        try:
            tenon.load(model.SerializeToString(), threads=1)
        except tenon.Error as e:
            assert e.code == "unsupported" and "operand 1 is " + name in str(e), e
        else:
            raise AssertionError(name)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--filter", default="")
    a = p.parse_args()
    passed = failed = 0
    for name, case in list(globals().items()):
        if not name.startswith("test_") or a.filter not in name:
            continue
        start = time.monotonic()
        try:
            case()
            passed += 1
            print(f"ok      {name} ({time.monotonic() - start:.1f} s)", flush=True)
        except Exception:
            failed += 1
            print(f"FAILED  {name}")
            traceback.print_exc()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
