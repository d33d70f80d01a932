"""Branches of unlike ranks and lengths (torchvision's detectors, DINOv3), and decoders that hold two in one (T5, Whisper): with their past, without, of no
length.
"""
import numpy as np

import tenon
from case import B, F, I, by_runtime, check, constant, graph, model, node, numbers, refused, weights


def branches(then, otherwise, outputs):
    """Attributes of an If whose branches are lists of nodes and give the same names with a letter behind."""
    return {"then_branch": graph(then, [], [(f"{name}_t", kind) for name, kind in outputs]),
            "else_branch": graph(otherwise, [], [(f"{name}_e", kind) for name, kind in outputs])}


def squeezed_if_one(x, axis, y):
    """What PyTorch writes for x.squeeze(axis) of an open extent: rank r - 1 if it is 1, else r."""
    inside = branches([node("Squeeze", [x, "axes_" + y], [f"{y}_t"])], [node("Identity", [x], [f"{y}_e"])], [(y, F)])
    return [node("Shape", [x], ["shape_" + y]), constant("axes_" + y, [axis]), constant("at_" + y, axis), constant("one_" + y, 1),
            node("Gather", ["shape_" + y, "at_" + y], ["extent_" + y]), node("Equal", ["extent_" + y, "one_" + y], ["is_" + y]),
            node("If", ["is_" + y], [y], **inside)]


def test_rank_1_or_2_by_an_open_extent():
    m = model(squeezed_if_one("x", 1, "s") + [node("Mul", ["s", "s"], ["q"]), node("ReduceSum", ["q"], ["sum"], keepdims=0), constant("all", [-1]),
                                              node("Reshape", ["q", "all"], ["y"]), node("Shape", ["s"], ["shape"])], [("x", F, ["N", "M"])],
              [("y", F), ("sum", F), ("shape", I)])
    check(m, [{"x": numbers(n, k)} for n, k in ((4, 1), (4, 3), (0, 1), (0, 3), (1, 1), (5, 0), (4, 1))])


def test_two_unlike_ranks_in_a_row():
    m = model(squeezed_if_one("x", 2, "s") + squeezed_if_one("s", 1, "t") + [node("Sigmoid", ["t"], ["q"]), node("Shape", ["q"], ["shape"]),
        constant("all", [-1]), node("Reshape", ["q", "all"], ["y"])], [("x", F, ["N", "M", "K"])], [("y", F), ("shape", I)])
    check(m, [{"x": numbers(*s)} for s in ((2, 3, 1), (2, 1, 1), (2, 3, 4), (2, 1, 5), (0, 1, 1), (0, 3, 1))])


def test_unlike_ranks_that_a_run_decides():
    """The condition comes from numbers, not extents; the branches read the same values outside, one of them an initializer."""
    inside = branches([node("ReduceSum", ["x", "one"], ["y_t"], keepdims=0)], [node("MatMul", ["x", "w"], ["h"]), node("Relu", ["h"], ["y_e"])], [("y", F)])
    m = model([node("ReduceMax", ["x"], ["top"], keepdims=0), node("Greater", ["top", "zero"], ["c"]), node("If", ["c"], ["y"], **inside),
               node("Reshape", ["y", "all"], ["flat"]), node("Neg", ["flat"], ["z"]), node("Softmax", ["y"], ["p"]),
               node("ReduceMax", ["p"], ["most"], keepdims=0)], [("x", F, ["N", 4])], [("z", F), ("most", F)],
              weights(w=numbers(4, 3), one=np.array([1]), all=np.array([-1]), zero=np.float32(0)))
    check(m, [{"x": sign * np.abs(numbers(n, 4, seed=n))} for n in (3, 1, 6) for sign in (np.float32(1), np.float32(-1))])


def test_an_output_of_two_ranks_is_refused():
    """A program binds outputs of one rank; the reason names both."""
    m = model(squeezed_if_one("x", 1, "y"), [("x", F, ["N", "M"])], [("y", F)])
    refused(lambda: tenon.load(m.SerializeToString()), "TN301", "an output is f32[N] or f32[N,M]", "If 'y'")
    for columns in (1, 3):                                     # a known extent decides
        known = model(squeezed_if_one("x", 1, "y"), [("x", F, ["N", columns])], [("y", F)])
        feeds = [{"x": numbers(n, columns)} for n in (4, 0)]
        check(known, feeds, [{"y": f["x"][:, 0] if columns == 1 else f["x"]} for f in feeds])


def test_lengths_that_differ():
    """Lists of 3 or 5 from constants, of none or all from a run, by a condition of shape [1]; then what depends on the length."""
    inside = branches([constant("y_t", numbers(3)), node("Identity", ["x"], ["k_t"])],
                      [constant("y_e", numbers(5)), constant("none", np.zeros((0, 4), np.float32)), node("Identity", ["none"], ["k_e"])], [("y", F), ("k", F)])
    m = model([node("If", ["c"], ["y", "k"], **inside), node("Shape", ["y"], ["n"]), node("Concat", ["k", "x"], ["both"], axis=0),
               node("Softmax", ["y"], ["p"], axis=0), node("ReduceSum", ["both"], ["sum"], keepdims=0)], [("c", B, [1]), ("x", F, ["N", 4])],
              [("y", F), ("n", I), ("both", F), ("p", F), ("sum", F)])
    check(m, [{"c": np.array([c]), "x": numbers(n, 4)} for n in (2, 0, 3) for c in (True, False)])


def test_detector_that_found_nothing():
    """torchvision's batched_nms: an empty list of int64 where there are no boxes, else what stays by class offsets; rows are gathered by it."""
    keep = [node("ReduceMax", ["boxes"], ["far"], keepdims=0), node("Cast", ["labels"], ["lf"], to=F), node("Add", ["far", "onef"], ["room"]),
            node("Mul", ["lf", "room"], ["off"]), node("Unsqueeze", ["off", "one"], ["off1"]), node("Add", ["boxes", "off1"], ["apart"]),
            node("Unsqueeze", ["apart", "zero"], ["b3"]), node("Unsqueeze", ["scores", "zero01"], ["s3"]),
            node("NonMaxSuppression", ["b3", "s3", "most", "iou"], ["kept"]), node("Gather", ["kept", "two"], ["col"], axis=1),
            node("Squeeze", ["col", "one"], ["y_e"])]
    inside = branches([constant("y_t", np.zeros(0, np.int64))], keep, [("y", I)])
    m = model([node("Size", ["boxes"], ["n"]), node("Equal", ["n", "zero_s"], ["c"]), node("If", ["c"], ["y"], **inside),
               node("Gather", ["boxes", "y"], ["out"]), node("Gather", ["scores", "y"], ["out_scores"]), node("Gather", ["labels", "y"], ["out_labels"])],
              [("boxes", F, ["N", 4]), ("scores", F, ["N"]), ("labels", I, ["N"])], [("out", F), ("out_scores", F), ("out_labels", I)],
              weights(one=np.array([1]), zero=np.array([0]), zero01=np.array([0, 1]), two=np.array([2]), zero_s=np.array(0), onef=np.float32(1),
                      most=np.array([100]), iou=np.array([.5], np.float32)))
    feeds = []
    for n in (12, 0, 1, 30):
        corner = np.abs(numbers(n, 2, seed=n)) * 10
        feeds.append({"boxes": np.concatenate([corner, corner + 8], 1), "scores": np.linspace(1, 0, n, dtype=np.float32)[::-1].copy(),
                      "labels": np.arange(n) % 3})
    check(m, feeds)


def test_branches_in_branches_with_names_outside():
    """A name means what stands nearest outside; the inner branches' ranks are alike, the outer's lengths are not."""
    inner = branches([node("Add", ["h", "x"], ["z_t"])], [node("Sub", ["h", "b"], ["z_e"])], [("z", F)])
    inside = branches([node("Exp", ["x"], ["h"]), node("If", ["d"], ["y_t"], **inner)], [node("Concat", ["x", "b"], ["y_e"], axis=0)], [("y", F)])
    m = model([node("If", ["c"], ["y"], **inside), node("Mul", ["y", "y"], ["q"])], [("c", B, []), ("d", B, []), ("x", F, ["N", 2])], [("q", F)],
              weights(b=numbers(1, 2)))
    check(m, [{"c": np.array(c), "d": np.array(d), "x": numbers(n, 2)} for c in (True, False) for d in (True, False) for n in (3, 0, 1)])


HEADS, SIZE, WIDTH, WORDS = 2, 4, 8, 11


def merged_decoder():
    """One layer as Optimum merges decoders: with its cache it appends a token's keys and takes the encoder's as they were, without it makes all anew."""
    w = {f"w{k}": numbers(WIDTH, WIDTH, seed=ord(k[0]) + len(k)) / 3 for k in ("q", "k", "v", "o", "cq", "ck", "cv", "co")}
    w.update(table=numbers(WORDS, WIDTH), heads=np.array([0, 0, HEADS, SIZE]), flat=np.array([0, 0, WIDTH]), scale=np.float32(SIZE ** -.5))

    def apart(x, weight, y):
        return [node("MatMul", [x, weight], [y + "_m"]), node("Reshape", [y + "_m", "heads"], [y + "_r"]),
                node("Transpose", [y + "_r"], [y], perm=[0, 2, 1, 3])]

    def attend(q, k, v, x, out, y):
        return [node("Transpose", [k], [y + "kt"], perm=[0, 1, 3, 2]), node("MatMul", [q, y + "kt"], [y + "s"]), node("Mul", [y + "s", "scale"], [y + "sc"]),
                node("Softmax", [y + "sc"], [y + "p"], axis=-1), node("MatMul", [y + "p", v], [y + "c"]),
                node("Transpose", [y + "c"], [y + "ct"], perm=[0, 2, 1, 3]), node("Reshape", [y + "ct", "flat"], [y + "cf"]),
                node("MatMul", [y + "cf", out], [y + "o"]), node("Add", [x, y + "o"], [y])]

    def branch(end, cached):
        nodes = [node("Gather", ["table", "ids"], ["x"]), *apart("x", "wq", "q"), *apart("x", "wk", "k_new"), *apart("x", "wv", "v_new")]
        if cached:
            nodes += [node("Concat", ["past_k", "k_new"], ["k" + end], axis=2), node("Concat", ["past_v", "v_new"], ["v" + end], axis=2),
                      node("Identity", ["past_ck"], ["ck" + end]), node("Identity", ["past_cv"], ["cv" + end])]
        else:
            nodes += [node("Identity", ["k_new"], ["k" + end]), node("Identity", ["v_new"], ["v" + end]), *apart("encoded", "wck", "ck" + end),
                      *apart("encoded", "wcv", "cv" + end)]
        nodes += [*attend("q", "k" + end, "v" + end, "x", "wo", "s"), *apart("s", "wcq", "cq"), *attend("cq", "ck" + end, "cv" + end, "s", "wco", "h"),
                  node("Transpose", ["table"], ["tt"]), node("MatMul", ["h", "tt"], ["logits" + end])]
        return graph(nodes, [], [(name + end, F) for name in ("logits", "k", "v", "ck", "cv")])

    past = lambda length: ["B", HEADS, length, SIZE]
    return model([node("If", ["use_cache"], ["logits", "k", "v", "ck", "cv"], then_branch=branch("_t", True), else_branch=branch("_e", False))],
                 [("ids", I, ["B", "S"]), ("encoded", F, ["B", "E", WIDTH]), ("past_k", F, past("P")), ("past_v", F, past("P")), ("past_ck", F, past("PE")),
                  ("past_cv", F, past("PE")), ("use_cache", B, [1])], [(name, F) for name in ("logits", "k", "v", "ck", "cv")], weights(**w))


def test_decoder_of_two_with_its_past():
    """Twelve tokens, each fed the answers before it; first and now and then without a cache, whose past is of no length or a dummy."""
    m, feeds = merged_decoder(), []
    for batch, dummy in ((1, 0), (3, 0), (2, 1)):
        nothing = np.zeros((batch, HEADS, dummy, SIZE), np.float32)
        past, encoded = {name: nothing for name in ("past_k", "past_v", "past_ck", "past_cv")}, numbers(batch, 5, WIDTH)
        for step in range(4):
            ids = np.random.default_rng(step).integers(0, WORDS, (batch, 3 if step == 0 else 1))
            feeds.append({"ids": ids, "encoded": encoded, **past, "use_cache": np.array([step > 0])})
            made = by_runtime(m, feeds[-1:])[0]
            past = {f"past_{name}": made[name] for name in ("k", "v", "ck", "cv")}
    check(m, feeds)


def test_a_past_of_no_length_with_the_cache():
    """The cache's branch at its first token: past of length 0, and batches of none."""
    m, feeds = merged_decoder(), []
    for batch, tokens in ((1, 1), (2, 4), (0, 1)):
        nothing = np.zeros((batch, HEADS, 0, SIZE), np.float32)
        feeds.append({"ids": np.ones((batch, tokens), np.int64), "encoded": numbers(batch, 5, WIDTH), "past_k": nothing, "past_v": nothing,
                      "past_ck": numbers(batch, HEADS, 5, SIZE), "past_cv": numbers(batch, HEADS, 5, SIZE, seed=1), "use_cache": np.array([True])})
    check(m, feeds)
