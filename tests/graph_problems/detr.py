"""Heads of RT-DETR, RF-DETR, D-FINE and DEIMv2, in floats and halves: anchors of infinity, ties among queries, deformable attention; and GridSample by
itself.
"""
import itertools

import numpy as np

import tenon
from case import FLOATS, D, F, H, I, by_runtime, check, model, node, numbers, weights

LEVELS, QUERIES, WIDTH, HEADS, POINTS, CLASSES = ((8, 8), (4, 4), (2, 2)), 12, 16, 2, 2, 5


def anchors():
    """Centres and sizes as logits; infinity where they lie on the edge, as RT-DETR marks what is no anchor."""
    made = []
    for level, (height, width) in enumerate(LEVELS):
        y, x = np.mgrid[:height, :width].astype(np.float64)
        made.append(np.stack([(x + .5) / width, (y + .5) / height, np.full_like(x, .05 * 2**level), np.full_like(x, .05 * 2**level)], -1).reshape(-1, 4))
    a = np.concatenate(made)[None]
    valid = ((a > .08) & (a < .92)).all(-1, keepdims=True) | (a[..., 2:3] > .08)
    return np.where(valid, np.log(a / (1 - a)), np.inf), valid


def head(kind):
    """Memory of three levels, the best queries by TopK, one decoder layer that samples the memory, boxes refined by logits."""
    dtype, total = FLOATS[kind], sum(h * w for h, w in LEVELS)
    boxes, valid = anchors()
    w = {name: (numbers(*shape, seed=k) / np.sqrt(shape[0])).astype(dtype) for k, (name, shape) in enumerate(
        dict(w_score=(WIDTH, CLASSES), w_box=(WIDTH, 4), w_off=(WIDTH, HEADS * len(LEVELS) * POINTS * 2), w_att=(WIDTH, HEADS * len(LEVELS) * POINTS),
             w_value=(WIDTH, WIDTH), w_out=(WIDTH, WIDTH), w_class=(WIDTH, CLASSES), w_delta=(WIDTH, 4)).items())}
    w["w_score"][:], w["w_score"][0, 0] = 0, 1                # the score is the first number of a place: no halves decide who is a query
    w.update({name: np.asarray(value, dtype) for name, value in dict(anchors=boxes, valid=valid, two=2, one_f=1, half=.5, eps=1e-5, top=1 - 1e-3,
                                                                     quarter=.25).items()})
    w.update(k=np.array([QUERIES]), last=np.array([-1]), one=np.array([1]), to4=np.array([1, 1, 4]), towidth=np.array([1, 1, WIDTH]),
             levels=np.array([h * v for h, v in LEVELS]), off_shape=np.array([0, QUERIES, HEADS, len(LEVELS), POINTS, 2]),
             att_shape=np.array([0, QUERIES, HEADS, len(LEVELS) * POINTS]), ref_axes=np.array([2, 3, 4]), heads_shape=np.array([0, 0, HEADS, WIDTH // HEADS]),
             grid_shape=np.array([-1, QUERIES, POINTS, 2]), xy0=np.array([0]), xy2=np.array([2]), wh4=np.array([4]),
             att_flat=np.array([-1, 1, QUERIES, len(LEVELS) * POINTS]), out_shape=np.array([-1, WIDTH, QUERIES]))
    def inverse_sigmoid(x, y):
        return [node("Clip", [x, "eps", "top"], [y + "a"]), node("Sub", ["one_f", y + "a"], [y + "b"]), node("Div", [y + "a", y + "b"], [y + "c"]),
                node("Log", [y + "c"], [y])]
    nodes = [node("Mul", ["memory", "valid"], ["kept"]), node("MatMul", ["kept", "w_score"], ["scores"]),
             node("ReduceMax", ["scores", "last"], ["best"], keepdims=0), node("TopK", ["best", "k"], ["top_score", "at"], axis=1),
             node("MatMul", ["kept", "w_box"], ["delta"]), node("Add", ["delta", "anchors"], ["logits"]), node("Unsqueeze", ["at", "last"], ["at1"]),
             node("Tile", ["at1", "to4"], ["at4"]), node("GatherElements", ["logits", "at4"], ["ref_logit"], axis=1), node("Sigmoid", ["ref_logit"], ["ref"]),
             node("Tile", ["at1", "towidth"], ["atw"]), node("GatherElements", ["kept", "atw"], ["query"], axis=1),
             node("MatMul", ["query", "w_off"], ["off_f"]), node("Reshape", ["off_f", "off_shape"], ["off"]), node("MatMul", ["query", "w_att"], ["att_f"]),
             node("Reshape", ["att_f", "att_shape"], ["att_l"]), node("Softmax", ["att_l"], ["att"], axis=-1), node("Unsqueeze", ["ref", "ref_axes"], ["ref6"]),
             node("Slice", ["ref6", "xy0", "xy2", "last"], ["centre"]), node("Slice", ["ref6", "xy2", "wh4", "last"], ["extent"]),
             node("Mul", ["off", "extent"], ["o1"]), node("Mul", ["o1", "quarter"], ["o2"]), node("Add", ["centre", "o2"], ["place"]),
             node("Mul", ["place", "two"], ["p2"]), node("Sub", ["p2", "one_f"], ["grid"]), node("MatMul", ["kept", "w_value"], ["value"]),
             node("Reshape", ["value", "heads_shape"], ["value4"]), node("Split", ["value4", "levels"], [f"v{i}" for i in range(len(LEVELS))], axis=1)]
    for i, (height, width) in enumerate(LEVELS):
        w[f"level{i}"], w[f"map{i}"] = np.array(i), np.array([-1, WIDTH // HEADS, height, width])
        nodes += [node("Transpose", [f"v{i}"], [f"vt{i}"], perm=[0, 2, 3, 1]), node("Reshape", [f"vt{i}", f"map{i}"], [f"vm{i}"]),
                  node("Gather", ["grid", f"level{i}"], [f"g{i}"], axis=3), node("Transpose", [f"g{i}"], [f"gt{i}"], perm=[0, 2, 1, 3, 4]),
                  node("Reshape", [f"gt{i}", "grid_shape"], [f"gr{i}"]),
                  node("GridSample", [f"vm{i}", f"gr{i}"], [f"s{i}"], mode="bilinear", padding_mode="zeros", align_corners=0)]
    nodes += [node("Concat", [f"s{i}" for i in range(len(LEVELS))], ["sampled"], axis=-1), node("Transpose", ["att"], ["attt"], perm=[0, 2, 1, 3]),
              node("Reshape", ["attt", "att_flat"], ["attf"]), node("Mul", ["sampled", "attf"], ["weighted"]),
              node("ReduceSum", ["weighted", "last"], ["summed"], keepdims=0), node("Reshape", ["summed", "out_shape"], ["out3"]),
              node("Transpose", ["out3"], ["outt"], perm=[0, 2, 1]), node("MatMul", ["outt", "w_out"], ["out"]), node("Add", ["out", "query"], ["h"]),
              node("LayerNormalization", ["h", "gamma"], ["hn"], axis=-1), node("MatMul", ["hn", "w_class"], ["class_logits"]),
              node("Sigmoid", ["class_logits"], ["classes"]), node("MatMul", ["hn", "w_delta"], ["d"]), *inverse_sigmoid("ref", "is"),
              node("Add", ["d", "is"], ["bl"]), node("Sigmoid", ["bl"], ["boxes"])]
    w["gamma"] = np.ones(WIDTH, dtype)
    return model(nodes, [("memory", kind, ["N", total, WIDTH])], [("classes", kind), ("boxes", kind), ("at", I), ("ref", kind)], weights(**w))


def memories(kind):
    """Scores are sixteenths, many of them equal: the queries of the lowest places win. Some places score below the zeros of what is no anchor."""
    for n in (1, 2, 3, 1):
        x = numbers(n, sum(h * w for h, w in LEVELS), WIDTH, seed=n)
        x[..., 0] = np.round(x[..., 0] * 4) / 16
        yield {"memory": x.astype(np.float16).astype(FLOATS[kind])}


def wide_answers(kind):
    """Of halves: those of the same head in floats, as ONNX Runtime on a CPU has few kernels for halves."""
    wide = by_runtime(head(F), list(memories(F)))
    return [{name: x.astype(FLOATS[kind]) if x.dtype == np.float32 else x for name, x in answer.items()} for answer in wide]


def test_head_of_queries():
    check(head(F), list(memories(F)))


def test_head_of_queries_in_halves():
    check(head(H), list(memories(H)), wide_answers(H))


def test_head_of_queries_where_halves_are_permitted():
    """What leaves is floats, within the bounds of halves."""
    wanted = wide_answers(F)
    feeds = list(memories(F))
    for optimize in (True, False):
        built = tenon.load(head(F).SerializeToString(), permit=["f16"], optimize=optimize, threads=2)
        for feed, want in zip(feeds, wanted):
            got = built(feed)
            assert (got["at"] == want["at"]).all(), "other queries"
            for name in ("classes", "boxes", "ref"):
                assert np.abs(got[name] - want[name]).max() <= 5e-3 * np.abs(want[name]).max(), name


def places(spatial, out, seed):
    """Inside, far outside, on the corners of images and pixels, half-way between pixels for either meaning of corners."""
    rank, n = len(spatial), 2
    g = np.random.default_rng(seed).uniform(-1.6, 1.6, (n, *out, rank)).astype(np.float32)
    flat = g.reshape(-1, rank)
    flat[0], flat[1], flat[2], flat[3] = -1, 1, 3.5, -1000
    for k, extent in enumerate(reversed(spatial)):
        flat[4:4 + extent, k] = (2 * np.arange(extent) + 1) / extent - 1     # centres
        flat[14:14 + extent, k] = 2 * np.arange(extent) / extent - 1         # between centres: ties of nearest
    return g


def grid_model(rank, mode, padding, align, kind=F, opset=20):
    open_shape = lambda *lead: [*lead, *(f"{lead[0]}{k}" for k in range(rank))]
    return model([node("GridSample", ["x", "g"], ["y"], mode=mode, padding_mode=padding, align_corners=align)],
                 [("x", kind, ["N", "C", *(f"i{k}" for k in range(rank))]), ("g", kind, ["N", *(f"o{k}" for k in range(rank)), rank])], [("y", kind)],
                 opset=opset)


PADDINGS, SIZES = ("zeros", "border", "reflection"), {2: (((5, 4), (6, 7)), ((1, 6), (5, 8)), ((3, 1), (7, 5))),
                                                      3: (((3, 4, 5), (3, 4, 4)), ((1, 2, 3), (4, 4, 4)), ((4, 1, 1), (2, 6, 5)))}


def grid_feeds(rank):
    return [{"x": numbers(2, 3, *spatial), "g": places(spatial, out, k)} for k, (spatial, out) in enumerate(SIZES[rank])]


def test_grids_in_two_dimensions():
    for mode, padding, align in itertools.product(("linear", "nearest", "cubic"), PADDINGS, (0, 1)):
        check(grid_model(2, mode, padding, align), grid_feeds(2), modes=("optimised", "plain"))


def test_grids_of_volumes():
    for mode, padding, align in itertools.product(("linear", "nearest"), PADDINGS, (0, 1)):
        check(grid_model(3, mode, padding, align), grid_feeds(3), modes=("optimised", "plain"))


def test_grids_by_their_older_names_and_other_types():
    for mode in ("bilinear", "bicubic", "nearest"):
        check(grid_model(2, mode, "reflection", 1, opset=16), grid_feeds(2))
    feeds = [{k: v.astype(np.float64) for k, v in f.items()} for f in grid_feeds(3)]
    narrow = grid_feeds(3)
    wanted = [{"y": a["y"].astype(np.float64)} for a in by_runtime(grid_model(3, "linear", "border", 0), narrow)]
    check(grid_model(3, "linear", "border", 0, D), feeds, wanted)


def test_grids_of_nothing():
    """No images, no places, no channels; ONNX's definition says what is left."""
    m = grid_model(2, "linear", "zeros", 0)
    shapes = ((0, 3, 4, 4), (0, 2, 2, 2)), ((2, 0, 4, 4), (2, 2, 2, 2)), ((2, 3, 4, 4), (2, 0, 5, 2))
    check(m, [{"x": numbers(*x), "g": numbers(*g)} for x, g in shapes], [{"y": np.zeros((x[0], x[1], *g[1:3]), np.float32)} for x, g in shapes])
