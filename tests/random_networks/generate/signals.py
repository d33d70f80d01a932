"""Fourier transforms and windows, steps of training, drawn numbers as far as they can be compared."""
import numpy as np

from .net import TYPES


def transform(n):
    x = n.find(lambda v: v.float and v.rank in (2, 3) and v.size and v.shape[-1] <= 64)
    if not x:
        return
    z = n.move("Unsqueeze", [x, n.i64(-1)], [*x.shape, 1], x)
    e, axis = x.shape[-1], x.rank - 1
    one_sided = n.number(0, 1)
    if e < 3:                                               # nothing but sums whose imaginary part is 0
        return
    length = [] if n.chance(.6) else [n.constant(n.number(3, e + 3), np.int64)]
    if length:
        from onnx import numpy_helper
        e = int(numpy_helper.to_array(n.constants[-1]))
    y = n.node("DFT", [z, *(length or [""]), n.constant(axis, np.int64)], [*x.shape[:-1], e // 2 + 1 if one_sided else e, 2], x.dtype, onesided=one_sided)
    if not one_sided and n.chance(.4):
        back = n.node("DFT", [y, "", n.constant(axis, np.int64)], y.shape, x.dtype, inverse=1)
        n.node("Gather", [back, n.constant(0, np.int64)], y.shape[:-1], x.dtype, axis=x.rank)
        n.forget(back)                                      # its imaginary part is 0 but for rounding
    n.forget(y)                                             # that of its first bin, too, and a slice could hold nothing else


def short_time(n):
    x = n.find(lambda v: v.dtype in (np.float32, np.float64) and v.rank == 2 and 7 <= v.shape[1] <= 400)
    if x:
        z = n.move("Unsqueeze", [x, n.i64(-1)], [*x.shape, 1], x)
        frame, step = n.number(3, min(x.shape[1], 40)), n.number(1, 4)
        count = (x.shape[1] - frame) // step + 1
        window = n.constant(n.random.uniform(.2, 1, frame), x.dtype)
        last = n.constant(frame, np.int64)
        n.node("STFT", [z, n.constant(step, np.int64), window, last], [x.shape[0], count, frame // 2 + 1, 2], x.dtype)


def window(n):
    x = n.find(lambda v: v.dtype in (np.float32, np.float64) and v.rank >= 1 and 3 <= v.shape[-1] and v.size)
    if x and not (n.open_batch and x.rank < 2):
        w = n.node(n.pick(["HannWindow", "HammingWindow", "BlackmanWindow"]), [n.constant(x.shape[-1], np.int64)], x.shape[-1:], x.dtype, output_datatype=TYPES[x.dtype],
                   periodic=n.number(0, 1))
        n.forget(w)
        n.same("Add", [x, w], x)                            # its ends are 0 but for rounding


def mel(n):
    x = n.find(lambda v: v.dtype in (np.float32, np.float64) and v.rank >= 2 and v.shape[-1] in (5, 9, 17, 33) and v.size)
    if x:
        bands, rate = n.number(2, 6), 8000
        w = n.node("MelWeightMatrix", [n.constant(bands, np.int64), n.constant(2 * (x.shape[-1] - 1), np.int64), n.constant(rate, np.int64), n.constant(0., np.float32),
                                       n.constant(rate / 2, np.float32)], [x.shape[-1], bands], x.dtype, output_datatype=TYPES[x.dtype])
        n.forget(w)
        n.node("MatMul", [x, w], [*x.shape[:-1], bands], x.dtype)


def training(n):
    x = n.find(lambda v: v.dtype in (np.float32, np.float64) and v.size and v.size < 2000)
    if not x or n.open_batch:
        return
    op, rate, count = n.pick(["Adagrad", "Adam", "Momentum"]), n.constant(.1, np.float32), n.constant(n.number(0, 3), np.int64)
    state = lambda: n.constant(n.random.random(x.shape), x.dtype)
    gradient, more = n.weights(x.shape, x.dtype), {"norm_coefficient": .01}
    if op == "Momentum":
        more |= {"alpha": .9, "beta": .5, "mode": n.pick(["standard", "nesterov"])}
    if op == "Adagrad":
        more |= {"decay_factor": .1, "epsilon": .01}
    if op == "Adam":
        more |= {"epsilon": .01}
    states = [state() for _ in range(2 if op == "Adam" else 1)]
    n.node(op, [rate, count, x, gradient, *states], [x.shape] * (1 + len(states)), x.dtype, outputs=1 + len(states), domain="ai.onnx.preview.training", **more)


def drawn(n):                                                # what is drawn, nobody promises; that equal seeds draw the same, and the shape
    x = n.find(lambda v: v.float and v.size and v.size < 4000)
    if not x:
        return
    seed, kind = float(n.number(1, 99)), n.pick(["RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike"])
    like = kind.endswith("Like")
    if not like and (n.open_batch or not x.rank):
        return
    more = {"seed": seed, "dtype": TYPES[x.dtype], **({} if like else {"shape": list(x.shape)})}
    a, b = (n.same(kind, [x] if like else [], x, **more) for _ in range(2))
    none = n.same("Sub", [a, b], x)
    n.forget(a, b, none)
    n.same("Add", [x, none], x, exact=x.exact)


def certain(n):                                              # draws with only one outcome
    x = n.find(lambda v: v.exact and v.size and v.float)
    if not x:
        return
    kind = n.pick(["Bernoulli", "Multinomial", "Dropout"])
    if kind == "Bernoulli":
        sure = n.node("Greater", [x, n.constant(0, x.dtype)], x.shape, np.bool_)
        p = n.node("Cast", [sure], x.shape, x.dtype, to=TYPES[x.dtype])
        n.forget(sure, p)
        return n.same(kind, [p], x, exact=True)
    if kind == "Dropout":
        on, off = (n.constant(b, np.bool_) for b in (True, False))
        if n.chance(.5):
            return n.same(kind, [x, n.constant(0, x.dtype), on], x, exact=True)
        y, mask = n.node(kind, [x, n.constant(.4, np.float32), on if n.chance(.5) else off], [x.shape, x.shape], [x.dtype, np.bool_], outputs=2)
        n.forget(y, mask)
        none = n.same("Mul", [n.node("Cast", [mask], x.shape, x.dtype, to=TYPES[x.dtype]), n.constant(0, x.dtype)], x)
        n.forget(n.values[-2], none)
        return n.same("Add", [x, none], x, exact=True)
    if x.rank == 2 and x.shape[1] >= 1:
        place = n.node("ArgMax", [x], x.shape[:1], np.int64, axis=1, keepdims=0)
        sure = n.node("OneHot", [place, n.constant(x.shape[1], np.int64), n.constant([-1000, 0], x.dtype)], x.shape, x.dtype, axis=1)
        n.forget(place, sure)
        n.node(kind, [sure], [x.shape[0], 3], np.int32, exact=True, sample_size=3)


STEPS = [(transform, 1.2), (short_time, 1.2), (window, 1), (mel, 1.2), (training, 1.5), (drawn, 1.5), (certain, 1.5)]
