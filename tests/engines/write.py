#!/usr/bin/env python3
"""Writes those engines of the list that are not here yet, with inputs and the answers of ONNX's or our reference kernels.

    PYTHONPATH=build/dev/python .venv/bin/python tests/engines/write.py
"""
import pathlib

import numpy as np

import tenon

HERE = pathlib.Path(__file__).resolve().parent
DIGITS = HERE.parent.parent / "examples/digits/digits.onnx"
IMAGES = """x = input() type=f32[N,3,H,12]
w = constant() data=f32[16,3,3,3]~1
c = conv(x, w) strides=2,2 pads_begin=1,1 pads_end=1,1
r = relu(c)
d = constant() data=f32[16,1,3,3]~2
e = conv(r, d) groups=16 pads_begin=1,1 pads_end=1,1
s = sigmoid(e)
g = mul(e, s)
p = pool(g) kind=max window=2,2 strides=2,2
m = reduce(p) kind=mean axes=2,3 keep_dims=false
v = constant() data=f32[16,5]~3
y = matmul(m, v)
z = softmax(y) axis=-1
return z, p
"""
MOVES = """x = input() type=i64[N,6]
t = transpose(x) permutation=1,0
i = constant() data=i64[3]{4,-6,1}
g = gather(t, i) axis=0
a, b = split(g) axis=0 sizes=1,2
k = concat(b, a) axis=0
f = reshape(k) shape=[-1]
h = cast(f) to=f16
q = mul(h, h)
o = constant() data=i64[]{3}
l = greater(f, o)
return f, q, l
"""
ENGINES = {  # name -> network, and inputs by what is bound to open dimensions
    "digits_1": (DIGITS, [[("scan", np.float32, (n, 1, 8, 8))] for n in (1, 3)]),
    "images_1": (IMAGES, [[("x", np.float32, (n, 3, h, 12))] for n, h in ((1, 8), (2, 11))]),
    "moves_1": (MOVES, [[("x", np.int64, (n, 6))] for n in (1, 4)]),
}


def load(network, **options):
    if isinstance(network, pathlib.Path):
        return tenon.load(str(network), threads=1, **options)
    return tenon.Network.parse(network).build(threads=1, **options)


def main():
    random = np.random.default_rng(1)
    for name, (network, calls) in ENGINES.items():
        path = HERE / f"{name}.engine"
        if path.exists():
            continue
        load(network, tuning_ms=500).save(path)
        reference, stored = load(network, optimize=False), {}
        for number, call in enumerate(calls):
            feed = {n: (random.standard_normal(shape) if np.dtype(t).kind == "f" else random.integers(-9, 9, shape)).astype(t) for n, t, shape in call}
            answers = reference(feed)
            answers = answers if isinstance(answers, dict) else {reference.outputs[0].name: answers}
            stored |= {f"{number}/in/{k}": v for k, v in feed.items()} | {f"{number}/out/{k}": v for k, v in answers.items()}
        np.savez_compressed(path.with_suffix(".npz"), **stored)
        print(path.name, path.stat().st_size)


if __name__ == "__main__":
    main()
