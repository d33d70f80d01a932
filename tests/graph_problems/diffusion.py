"""Networks of diffusion (UNet, VAE) and Swin: height and width open, norms in groups by Reshape, windows padded, rolled, cut and masked by what a run knows;
floats and halves.
"""
import numpy as np
from onnx import numpy_helper

import tenon
from case import FLOATS, F, H, I, by_runtime, check, model, node, numbers, weights


def group_norm(x, y, groups, channels):
    return [node("Shape", [x], [y + "s"]), node("Reshape", [x, "g_shape"], [y + "r"]),
            node("InstanceNormalization", [y + "r", "g_one", "g_zero"], [y + "i"], epsilon=1e-5), node("Reshape", [y + "i", y + "s"], [y + "b"]),
            node("Mul", [y + "b", f"gamma{channels}"], [y + "m"]), node("Add", [y + "m", f"beta{channels}"], [y])]


def silu(x, y):
    return [node("Sigmoid", [x], [y + "s"]), node("Mul", [x, y + "s"], [y])]


def unet(kind):
    """Down by a stride, attention to a text across the picture, up by Resize to the skip's own size, which odd extents need, and the skip concatenated."""
    dtype, c = FLOATS[kind], 8
    w = dict(w_in=numbers(c, 4, 3, 3) / 6, w_down=numbers(c, c, 3, 3) / 9, w_mid=numbers(c, c, 3, 3) / 9, w_up=numbers(c, 2 * c, 3, 3) / 12,
             w_out=numbers(4, c, 3, 3) / 9, wq=numbers(c, c) / 3, wk=numbers(6, c) / 3, wv=numbers(6, c) / 3, wo=numbers(c, c) / 3, wt=numbers(10, c) / 3,
             gamma8=1 + numbers(c, 1, 1) / 8, beta8=numbers(c, 1, 1, seed=1) / 8, g_one=np.ones(4), g_zero=np.zeros(4), scale=c**-.5, ten=np.log(10000) / 5)
    w = {k: np.asarray(v, dtype) for k, v in w.items()}
    w.update(g_shape=np.array([0, 4, -1]), flat=np.array([0, c, -1]), last2=np.array([-1, -2]), five=np.arange(5, dtype=dtype), one=np.array([1]),
             two=np.array([2]), four=np.array([4]))
    nodes = [node("Unsqueeze", ["t", "one"], ["t1"]), node("Mul", ["five", "ten"], ["fe"]), node("Neg", ["fe"], ["fn"]), node("Exp", ["fn"], ["freq"]),
             node("Mul", ["t1", "freq"], ["angle"]), node("Sin", ["angle"], ["sin"]), node("Cos", ["angle"], ["cos"]),
             node("Concat", ["sin", "cos"], ["emb"], axis=1), node("MatMul", ["emb", "wt"], ["time"]), node("Unsqueeze", ["time", "axes23"], ["time4"]),
             node("Conv", ["x", "w_in"], ["a"], pads=[1] * 4), node("Add", ["a", "time4"], ["a1"]), *group_norm("a1", "an", 4, c), *silu("an", "skip"),
             node("Conv", ["skip", "w_down"], ["d"], strides=[2, 2], pads=[1] * 4), *group_norm("d", "dn", 4, c), *silu("dn", "ds"),
             node("Conv", ["ds", "w_mid"], ["m"], pads=[1] * 4), node("Add", ["m", "d"], ["res"]), node("Shape", ["res"], ["res_shape"]),
             node("Reshape", ["res", "flat"], ["rf"]), node("Transpose", ["rf"], ["seq"], perm=[0, 2, 1]), node("MatMul", ["seq", "wq"], ["q"]),
             node("MatMul", ["text", "wk"], ["k"]), node("MatMul", ["text", "wv"], ["v"]), node("Transpose", ["k"], ["kt"], perm=[0, 2, 1]),
             node("MatMul", ["q", "kt"], ["s"]), node("Mul", ["s", "scale"], ["sc"]), node("Softmax", ["sc"], ["p"], axis=-1),
             node("MatMul", ["p", "v"], ["ctx"]), node("MatMul", ["ctx", "wo"], ["o"]), node("Add", ["o", "seq"], ["so"]),
             node("Transpose", ["so"], ["st"], perm=[0, 2, 1]), node("Reshape", ["st", "res_shape"], ["att"]), node("Shape", ["skip"], ["skip_shape"]),
             node("Slice", ["skip_shape", "two", "four"], ["hw"]), node("Shape", ["att"], ["att_shape"]), node("Slice", ["att_shape", "zero", "two"], ["nc"]),
             node("Concat", ["nc", "hw"], ["sizes"], axis=0),
             node("Resize", ["att", "", "", "sizes"], ["up"], mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"),
             node("Concat", ["up", "skip"], ["both"], axis=1), node("Conv", ["both", "w_up"], ["u"], pads=[1] * 4), *group_norm("u", "un", 4, c),
             *silu("un", "us"), node("Conv", ["us", "w_out"], ["y"], pads=[1] * 4)]
    w.update(axes23=np.array([2, 3]), zero=np.array([0]))
    return model(nodes, [("x", kind, ["N", 4, "H", "W"]), ("t", kind, ["N"]), ("text", kind, ["N", "L", 6])], [("y", kind)], weights(**w), opset=17)


def pictures(kind):
    for n, h, w, length in ((1, 8, 8, 7), (2, 9, 13, 5), (1, 16, 6, 1), (2, 1, 1, 3), (1, 7, 8, 7)):
        yield {"x": numbers(n, 4, h, w).astype(np.float16).astype(FLOATS[kind]), "t": np.linspace(0, 30, n).astype(FLOATS[kind]),
               "text": numbers(n, length, 6).astype(np.float16).astype(FLOATS[kind])}


def in_floats(make, feeds):
    """Answers to the halves' network: in floats, of the halves' weights, by ONNX Runtime."""
    halves, wide = make(H), make(F)
    given = {t.name: numpy_helper.to_array(t) for t in halves.graph.initializer}
    for t in wide.graph.initializer:
        if given[t.name].dtype == np.float16:
            t.CopyFrom(numpy_helper.from_array(given[t.name].astype(np.float32), t.name))
    return [{k: v.astype(np.float16) for k, v in a.items()} for a in by_runtime(wide,
        [{k: v.astype(np.float32) if v.dtype == np.float16 else v for k, v in f.items()} for f in feeds])]


def near(make, feeds, **options):
    """What leaves is floats, within the bounds of halves."""
    m = make(F)
    built = tenon.load(m.SerializeToString(), permit=["f16"], threads=2, **options)
    for feed, want in zip(feeds, by_runtime(m, feeds)):
        got, want = built(feed), want["y"]
        error = np.abs(got - want).max() / np.abs(want).max()
        assert got.dtype == np.float32 and error <= 5e-3, f"off by {error:.1e} of the largest value"


def test_unet_of_open_sizes():
    check(unet(F), list(pictures(F)))


def test_unet_in_halves():
    feeds = [f for f in pictures(H) if f["x"].shape[2:] != (1, 1)]     # of two numbers a norm says but which is larger
    check(unet(H), feeds, in_floats(unet, feeds))
    near(unet, list(pictures(F)))


def decoder(kind):
    """A VAE's: attention over all places of the picture, ConvTranspose and Resize by scales, a norm of numbers around 200, whose squares are no halves."""
    dtype, c = FLOATS[kind], 8
    w = dict(w_in=numbers(c, 4, 1, 1) * 60, wq=numbers(c, c, 1, 1) / 3, wk=numbers(c, c, 1, 1) / 3, wv=numbers(c, c, 1, 1) / 3, w_up=numbers(c, c, 3, 3) / 9,
             w_tr=numbers(c, 3, 4, 4) / 11, gamma8=1 + numbers(c, 1, 1) / 8, beta8=numbers(c, 1, 1, seed=1) / 8, g_one=np.ones(4), g_zero=np.zeros(4),
             scale=c**-.5)
    w = {k: np.asarray(v, dtype) for k, v in w.items()}
    w.update(g_shape=np.array([0, 4, -1]), flat=np.array([0, c, -1]), scales=np.array([1, 1, 2, 2], np.float32))
    nodes = [node("Conv", ["z", "w_in"], ["a"]), *group_norm("a", "an", 4, c)]
    for k in "qkv":
        nodes += [node("Conv", ["an", "w" + k], [k + "4"]), node("Reshape", [k + "4", "flat"], [k])]
    nodes += [node("Transpose", ["q"], ["qt"], perm=[0, 2, 1]), node("MatMul", ["qt", "k"], ["s"]), node("Mul", ["s", "scale"], ["sc"]),
              node("Softmax", ["sc"], ["p"], axis=2), node("Transpose", ["p"], ["pt"], perm=[0, 2, 1]), node("MatMul", ["v", "pt"], ["o"]),
              node("Shape", ["an"], ["shape"]), node("Reshape", ["o", "shape"], ["o4"]), node("Add", ["o4", "an"], ["r"]),
              node("Resize", ["r", "", "scales"], ["u"], mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"),
              node("Conv", ["u", "w_up"], ["uc"], pads=[1] * 4), *group_norm("uc", "un", 4, c), *silu("un", "us"),
              node("ConvTranspose", ["us", "w_tr"], ["t"], strides=[2, 2], pads=[1] * 4), node("Tanh", ["t"], ["y"])]
    return model(nodes, [("z", kind, ["N", 4, "H", "W"])], [("y", kind)], weights(**w), opset=17)


def test_vae_decoder():
    latents = lambda kind: [{"z": numbers(n, 4, h, w).astype(np.float16).astype(FLOATS[kind])} for n, h, w in ((1, 4, 4), (2, 3, 5), (1, 1, 1), (1, 9, 2))]
    check(decoder(F), latents(F))
    check(decoder(H), latents(H), in_floats(decoder, latents(H)))
    near(decoder, latents(F))


WINDOW, SHIFT, HEADS, SIZE = 4, 2, 2, 4


def swin(kind, shift):
    """One block as exported with open height and width: padded to whole windows, rolled, cut, masked by regions that Range and comparisons make, put back,
    rolled back, cropped.
    """
    dtype, c, n = FLOATS[kind], HEADS * SIZE, WINDOW * WINDOW
    ij = np.stack(np.meshgrid(*[np.arange(WINDOW)] * 2, indexing="ij"), -1).reshape(-1, 2)
    offset = ij[:, None] - ij[None] + WINDOW - 1
    w = {k: np.asarray(v, dtype) for k, v in dict(wq=numbers(c, c) / 3, wk=numbers(c, c) / 3, wv=numbers(c, c) / 3, wo=numbers(c, c) / 3,
                                                  table=numbers((2 * WINDOW - 1)**2, HEADS), gamma=np.ones(c), beta=np.zeros(c), scale=SIZE**-.5, minus100=-100,
                                                  zero_f=0).items()}
    ints = dict(zero=0, one=1, two=2, four=WINDOW, three=3)
    w.update({k: np.array([v]) for k, v in ints.items()})
    w.update(index=(offset[..., 0] * (2 * WINDOW - 1) + offset[..., 1]).reshape(-1), bias_shape=np.array([n, n, HEADS]), zero_s=np.array(0), one_s=np.array(1),
             heads=np.array([-1, n, HEADS, SIZE]), flat=np.array([-1, n, c]), axes12=np.array([1, 2]), minus=np.array([-1]), shift=np.array([SHIFT]),
             minus_shift=np.array([-SHIFT]), most=np.array([2**63 - 1]), c=np.array([c]), windows_flat=np.array([-1, n]), m4=np.array([WINDOW, WINDOW]))
    nodes = [node("LayerNormalization", ["x", "gamma", "beta"], ["xn"], axis=-1), node("Shape", ["x"], ["shape"])]
    for k, axis in (("h", "one"), ("w", "two")):                # what is missing to whole windows: (4 - h % 4) % 4
        nodes += [node("Gather", ["shape", axis], [k]), node("Mod", [k, "four"], [k + "r"]), node("Sub", ["four", k + "r"], [k + "m"]),
                  node("Mod", [k + "m", "four"], [k + "p"]), node("Add", [k, k + "p"], [k + "f"]), node("Div", [k + "f", "four"], [k + "n"])]
    nodes += [node("Concat", ["zero", "zero", "zero", "zero", "zero", "hp", "wp", "zero"], ["pads"], axis=0), node("Pad", ["xn", "pads", "zero_f"], ["padded"])]

    def rolled(x, y, by):
        out = []
        for axis, name, source in ((1, y + "_1", x), (2, y, y + "_1")):
            a = "one" if axis == 1 else "two"
            out += [node("Slice", [source, by, "most", a], [name + "_t"]), node("Slice", [source, "zero", by, a], [name + "_f"]),
                    node("Concat", [name + "_t", name + "_f"], [name], axis=axis)]
        return out

    def cut(x, y, last):                                        # [N,H,W,C] to [N·windows,16,C]
        return [node("Concat", ["minus", "hn", "four", "wn", "four", last], [y + "_s"], axis=0), node("Reshape", [x, y + "_s"], [y + "_6"]),
                node("Transpose", [y + "_6"], [y + "_t"], perm=[0, 1, 3, 2, 4, 5])]
    nodes += rolled("padded", "moved", "shift") if shift else [node("Identity", ["padded"], ["moved"])]
    nodes += cut("moved", "win", "c") + [node("Reshape", ["win_t", "flat"], ["tokens"])]
    for k, order in (("q", [0, 2, 1, 3]), ("k", [0, 2, 3, 1]), ("v", [0, 2, 1, 3])):
        nodes += [node("MatMul", ["tokens", "w" + k], [k + "m"]), node("Reshape", [k + "m", "heads"], [k + "h"]), node("Transpose", [k + "h"], [k], perm=order)]
    nodes += [node("Mul", ["q", "scale"], ["qs"]), node("MatMul", ["qs", "k"], ["s0"]), node("Gather", ["table", "index"], ["tb"]),
              node("Reshape", ["tb", "bias_shape"], ["tb3"]), node("Transpose", ["tb3"], ["bias"], perm=[2, 0, 1]),
              node("Unsqueeze", ["bias", "zero"], ["bias4"]), node("Add", ["s0", "bias4"], ["s1"])]
    if shift:                                                   # regions: 0 before the last window, 1 in it before the shift, 2 behind
        for k in "hw":
            nodes += [node("Squeeze", [k + "f"], [k + "fs"]), node("Range", ["zero_s", k + "fs", "one_s"], [k + "at"]),
                      node("Sub", [k + "f", "four"], [k + "a"]), node("Sub", [k + "f", "shift"], [k + "b"]),
                      node("GreaterOrEqual", [k + "at", k + "a"], [k + "c1"]), node("GreaterOrEqual", [k + "at", k + "b"], [k + "c2"]),
                      node("Cast", [k + "c1"], [k + "i1"], to=I), node("Cast", [k + "c2"], [k + "i2"], to=I), node("Add", [k + "i1", k + "i2"], [k + "region"])]
        nodes += [node("Unsqueeze", ["hregion", "one"], ["hcol"]), node("Mul", ["hcol", "three"], ["h3"]), node("Add", ["h3", "wregion"], ["region"]),
                  node("Unsqueeze", ["region", "zero"], ["region3"]), node("Unsqueeze", ["region3", "minus"], ["region4"]), *cut("region4", "rw", "one"),
                  node("Reshape", ["rw_t", "windows_flat"], ["rwin"]), node("Unsqueeze", ["rwin", "one"], ["ra"]), node("Unsqueeze", ["rwin", "two"], ["rb"]),
                  node("Equal", ["ra", "rb"], ["same"]), node("Where", ["same", "zero_f", "minus100"], ["mask"]), node("Shape", ["mask"], ["mask_shape"]),
                  node("Slice", ["mask_shape", "zero", "one"], ["nw"]), node("Concat", ["minus", "nw", "heads_1", "nn"], ["by_image"], axis=0),
                  node("Reshape", ["s1", "by_image"], ["s5"]), node("Unsqueeze", ["mask", "one"], ["mask4"]), node("Unsqueeze", ["mask4", "zero"], ["mask5"]),
                  node("Add", ["s5", "mask5"], ["s6"]), node("Concat", ["minus", "heads_1", "nn"], ["by_window"], axis=0),
                  node("Reshape", ["s6", "by_window"], ["s2"])]
        w.update(heads_1=np.array([HEADS]), nn=np.array([n, n]))
    else:
        nodes += [node("Identity", ["s1"], ["s2"])]
    nodes += [node("Softmax", ["s2"], ["p"], axis=-1), node("MatMul", ["p", "v"], ["o"]), node("Transpose", ["o"], ["ot"], perm=[0, 2, 1, 3]),
              node("Reshape", ["ot", "flat"], ["of"]), node("MatMul", ["of", "wo"], ["oo"]),
              node("Concat", ["minus", "hn", "wn", "four", "four", "c"], ["back"], axis=0), node("Reshape", ["oo", "back"], ["o6"]),
              node("Transpose", ["o6"], ["o6t"], perm=[0, 1, 3, 2, 4, 5]), node("Concat", ["minus", "hf", "wf", "c"], ["whole"], axis=0),
              node("Reshape", ["o6t", "whole"], ["o4"])]
    nodes += rolled("o4", "unmoved", "minus_shift") if shift else [node("Identity", ["o4"], ["unmoved"])]
    nodes += [node("Concat", ["h", "w"], ["hw"], axis=0), node("Slice", ["unmoved", "zeros2", "hw", "axes12"], ["cropped"]),
              node("Add", ["cropped", "x"], ["y"])]
    w.update(zeros2=np.array([0, 0]))
    return model(nodes, [("x", kind, ["N", "H", "W", c])], [("y", kind)], weights(**w), opset=17)


def test_swin_windows_of_open_sizes():
    """Whole windows and odd remainders, a picture smaller than a window; floats, halves, halves permitted; shifted or not."""
    maps = lambda kind: [{"x": numbers(n, h, w, HEADS * SIZE).astype(np.float16).astype(FLOATS[kind])} for n, h,
                         w in ((1, 8, 8), (2, 7, 9), (1, 4, 12), (1, 3, 2), (3, 5, 4))]
    for shift in (False, True):
        check(swin(F, shift), maps(F))
        check(swin(H, shift), maps(H), in_floats(lambda kind: swin(kind, shift), maps(H)))
        near(lambda kind: swin(kind, shift), maps(F))
