"""What was found decides extents: NonZero and what follows it, boxes that do not overlap, levels of a detector put together, loops that gather."""
import numpy as np
from onnx import TensorProto, helper

import tenon
from case import B, F, I, check, constant, model, node, numbers, refused, weights


def test_gather_and_topk_of_hits():
    """The best of at most 5 hits, and rows of another table; none, one, all hits; NaN is no zero, -0 is one."""
    m = model([node("NonZero", ["x"], ["at"]), node("Transpose", ["at"], ["t"]), node("GatherND", ["x", "t"], ["hits"]), node("Shape", ["hits"], ["n"]),
               node("Min", ["n", "five"], ["k"]), node("TopK", ["hits", "k"], ["best", "where"], axis=0), node("Gather", ["t", "where"], ["places"]),
               node("Gather", ["at", "row"], ["rows"], axis=0), node("Gather", ["table", "rows"], ["found"], axis=0),
               node("ReduceSum", ["found"], ["sum"], keepdims=0)], [("x", F, ["N", "M"]), ("table", F, ["N", 3])],
              [("best", F), ("where", I), ("places", I), ("found", F), ("sum", F), ("at", I)], weights(five=np.array([5]), row=np.array(0)))
    feeds = []
    for n, k, share in ((4, 5, .5), (3, 3, 0), (1, 1, 1), (6, 2, 1), (0, 3, 1), (50, 40, .01)):
        x = np.where(np.random.default_rng(n).uniform(size=(n, k)) < share, numbers(n, k), 0).astype(np.float32)
        x.reshape(-1)[1::7] = -0.0
        feeds.append({"x": x, "table": numbers(n, 3)})
    feeds.append({"x": np.array([[0, np.inf, -0.0, -np.inf]], np.float32), "table": numbers(1, 3)})
    check(m, feeds)


def test_hits_of_every_type_and_rank():
    """Against numpy, by the definition; of a scalar the places have no rows (ONNX Runtime gives one)."""
    tiny = np.float32(1e-45)
    for x in (np.array([0, tiny, -0.0, np.nan, 1], np.float32), np.array([[0, 2**40], [0, 0]]), np.array([[True, False, True]]),
              np.zeros((2, 0, 3), np.float32), np.array([0, 1e-310, -0.0]), np.array([-128, 0, 1], np.int8), np.array([0, 1, 255], np.uint8),
              numbers(2, 3, 4, 2).round(), np.array([0, 6e-8, 1], np.float16)):
        kind = helper.np_dtype_to_tensor_dtype(x.dtype)
        m = model([node("NonZero", ["x"], ["y"]), node("Shape", ["y"], ["n"])], [("x", kind, [f"d{k}" for k in range(x.ndim)])], [("y", I), ("n", I)])
        want = np.array(np.nonzero(x)).astype(np.int64).reshape(x.ndim, -1)
        check(m, [{"x": x}, {"x": np.zeros_like(x)}], [{"y": want, "n": np.array(want.shape)},
                                                       {"y": np.zeros((x.ndim, 0), np.int64), "n": np.array([x.ndim, 0])}])
    m = model([node("NonZero", ["x"], ["y"])], [("x", F, [])], [("y", I)])
    check(m, [{"x": np.float32(v)} for v in (3, 0)], [{"y": np.zeros((0, n), np.int64)} for n in (1, 0)])


def test_more_than_there_are_is_refused():
    m = model([node("NonZero", ["x"], ["at"]), node("Gather", ["at", "zero"], ["row"]), node("Cast", ["row"], ["f"], to=F),
               node("TopK", ["f", "k"], ["y", "i"])], [("x", F, ["N"])], [("y", F)], weights(zero=np.array(0), k=np.array([3])))
    built = tenon.load(m.SerializeToString())
    np.testing.assert_array_equal(built(np.array([0, 1, 1, 1, 0, 1], np.float32)), [5, 3, 2])
    refused(lambda: built(np.array([0, 1, 1], np.float32)), "TN101", "3", "2")
    np.testing.assert_array_equal(built(np.array([1, 1, 1], np.float32)), [2, 1, 0])       # and goes on


# ---- boxes
def overlap(a, b, center):
    corners = lambda r: (r[1] - r[3] / 2, r[0] - r[2] / 2, r[1] + r[3] / 2, r[0] + r[2] / 2) if center else (min(r[0], r[2]), min(r[1], r[3]), max(r[0], r[2]),
        max(r[1], r[3]))
    (t, l, b1, r1), (t2, l2, b2, r2) = (tuple(map(np.float32, corners(x))) for x in (a, b))
    both = max(np.float32(0), min(b1, b2) - max(t, t2)) * max(np.float32(0), min(r1, r2) - max(l, l2))
    areas = (b1 - t) * (r1 - l), (b2 - t2) * (r2 - l2)
    return both / (areas[0] + areas[1] - both) if min(areas) > 0 and both > 0 else 0


def best_boxes(boxes, scores, most=0, iou=0.0, threshold=None, center=False):
    """By the definition: best first, equal ones by place; out goes what overlaps a better one by more than iou."""
    rows = []
    for batch, classes in enumerate(scores):
        for c, of_class in enumerate(classes):
            kept = []
            for i in sorted(range(len(of_class)), key=lambda i: (-of_class[i], i)):
                if len(kept) >= most or threshold is not None and not of_class[i] > np.float32(threshold):
                    break
                if all(overlap(boxes[batch, i], boxes[batch, k], center) <= np.float32(iou) for k in kept):
                    kept.append(i)
            rows += [(batch, c, i) for i in kept]
    return np.array(rows, np.int64).reshape(-1, 3)


def some_boxes(batch, count, seed=0):
    """On a grid of eighths, so that areas are exact: many are equal, some without area, some with their corners exchanged."""
    corner = np.random.default_rng(seed).integers(0, 24, (batch, count, 2)) / 8
    boxes = np.concatenate([corner, corner + np.random.default_rng(seed + 1).integers(0, 12, (batch, count, 2)) / 8], -1).astype(np.float32)
    boxes[:, 3::4] = boxes[:, 3::4][..., [2, 3, 0, 1]]
    return boxes


def test_boxes_that_do_not_overlap():
    """No boxes, no classes, 80 classes, a batch of three, ties, scores on the threshold, overlaps of exactly the limit, at most 0, 1 or INT64_MAX."""
    for center in (0, 1):
        m = model([node("NonMaxSuppression", ["b", "s", "most", "iou", "threshold"], ["y"], center_point_box=center), node("Shape", ["y"], ["n"])],
                  [("b", F, ["N", "K", 4]), ("s", F, ["N", "C", "K"]), ("most", I, [1]), ("iou", F, [1]), ("threshold", F, [1])], [("y", I), ("n", I)])
        feeds, wanted = [], []
        for batch, classes, count, most, iou, threshold in ((1, 1, 8, 3, .5, 0), (3, 2, 12, 4, .5, .25), (1, 80, 6, 2, .3, .5), (1, 2, 0, 3, .5, 0),
                                                            (2, 0, 5, 3, .5, 0), (0, 2, 5, 3, .5, 0), (1, 1, 20, 0, .5, 0), (1, 3, 20, 2**63 - 1, .5, -1),
                                                            (1, 1, 20, 1, 0, .5), (2, 2, 30, 30, 1, .75), (1, 1, 9, 9, 0, 2)):
            boxes, scores = some_boxes(batch, count, count), (np.random.default_rng(count).integers(0, 5, (batch, classes, count)) / 4).astype(np.float32)
            feeds.append({"b": boxes, "s": scores, "most": np.array([most]), "iou": np.array([iou], np.float32),
                          "threshold": np.array([threshold], np.float32)})
            rows = best_boxes(boxes, scores, most, iou, threshold, center)
            wanted.append({"y": rows, "n": np.array(rows.shape)})
        check(m, feeds, wanted)


def test_boxes_without_limits():
    """What is left out: no boxes by default, no overlap allowed, every score taken, below zero too."""
    boxes, scores = some_boxes(2, 10, 5), numbers(2, 2, 10)
    for given, limits in ((["b", "s"], {}), (["b", "s", "most"], {"most": 4}), (["b", "s", "most", "", "threshold"], {"most": 4, "threshold": .1}),
                          (["b", "s", "most", "iou"], {"most": 9, "iou": .6})):
        held = {name: np.array([value], np.int64 if name == "most" else np.float32) for name, value in limits.items()}
        m = model([node("NonMaxSuppression", given, ["y"])], [("b", F, ["N", "K", 4]), ("s", F, ["N", "C", "K"])], [("y", I)], weights(**held))
        check(m, [{"b": boxes, "s": scores}], [{"y": best_boxes(boxes, scores, **limits)}])


def test_yolo_ends_with_its_boxes():
    """As Ultralytics exports with nms: centres to corners, the best class of each place, what was picked gathered and put together; trimmed, none too."""
    m = model([node("Transpose", ["x"], ["t"], perm=[0, 2, 1]), node("Split", ["t", "sizes"], ["xy", "wh", "classes"], axis=2),
               node("Div", ["wh", "two"], ["half"]), node("Sub", ["xy", "half"], ["lt"]), node("Add", ["xy", "half"], ["rb"]),
               node("Concat", ["lt", "rb"], ["boxes"], axis=2), node("Transpose", ["classes"], ["scores"], perm=[0, 2, 1]),
               node("NonMaxSuppression", ["boxes", "scores", "most", "iou", "threshold"], ["picked"]),
               node("Split", ["picked", "ones"], ["batch", "cls", "at"], axis=1), node("Concat", ["batch", "at"], ["place"], axis=1),
               node("GatherND", ["boxes", "place"], ["rows"]), node("GatherND", ["scores", "picked"], ["conf"]), node("Unsqueeze", ["conf", "last"], ["conf1"]),
               node("Cast", ["cls"], ["clsf"], to=F), node("Cast", ["batch"], ["bf"], to=F), node("Concat", ["bf", "rows", "conf1", "clsf"], ["y"], axis=1)],
              [("x", F, ["N", 9, "P"])], [("y", F)], weights(sizes=np.array([2, 2, 5]), two=np.float32(2), ones=np.array([1, 1, 1]), last=np.array([-1]),
                                                             most=np.array([20]), iou=np.array([.45], np.float32), threshold=np.array([.25], np.float32)))
    feeds = []
    for n, count, level in ((1, 40, .4), (2, 25, .3), (1, 30, -1), (3, 1, .5), (1, 60, .1)):
        random = np.random.default_rng(count)
        feeds.append({"x": np.concatenate([random.uniform(0, 64, (n, 2, count)), random.uniform(4, 30, (n, 2, count)),
                                           random.uniform(0, .5, (n, 5, count)) + level], 1).astype(np.float32)})
    check(m, feeds)


# ---- what follows from what was found
LEVELS = 3


def test_levels_of_a_detector_put_together():
    """RetinaNet, DETA: places above a threshold on every level, at most 6 of each, gathered, put together, small ones removed, the best kept; levels may be
    empty.
    """
    nodes = [constant("zero", [0]), constant("axis1", [1]), constant("last", [-1]), constant("all", [-1])]
    for k in range(LEVELS):
        n = lambda name: f"{name}{k}"
        nodes += [node("Sigmoid", [n("s")], [n("p")]), node("Reshape", [n("p"), "all"], [n("flat")]), node("Greater", [n("flat"), "threshold"], [n("c")]),
                  node("NonZero", [n("c")], [n("nz")]), node("Squeeze", [n("nz"), "zero"], [n("at")]), node("Gather", [n("flat"), n("at")], [n("hit")]),
                  node("Shape", [n("hit")], [n("n")]), node("Min", [n("n"), "most"], [n("k")]), node("TopK", [n("hit"), n("k")], [n("best"), n("i")], axis=0),
                  node("Gather", [n("at"), n("i")], [n("place")]), node("Gather", [n("b"), n("place")], [n("rows")])]
    nodes += [node("Concat", [f"best{k}" for k in range(LEVELS)], ["scores"], axis=0), node("Concat", [f"rows{k}" for k in range(LEVELS)], ["boxes"], axis=0),
              node("Clip", ["boxes", "low", "high"], ["clipped"]), node("Slice", ["clipped", "zero", "two", "axis1"], ["lt"]),
              node("Slice", ["clipped", "two", "four", "axis1"], ["rb"]), node("Sub", ["rb", "lt"], ["size"]),
              node("ReduceMin", ["size", "axis1"], ["side"], keepdims=0), node("GreaterOrEqual", ["side", "least"], ["big"]), node("NonZero", ["big"], ["bnz"]),
              node("Reshape", ["bnz", "all"], ["keep"]), node("Gather", ["clipped", "keep"], ["big_b"]), node("Gather", ["scores", "keep"], ["big_s"]),
              node("Unsqueeze", ["big_b", "zero"], ["b3"]), node("Unsqueeze", ["big_s", "zero01"], ["s3"]),
              node("NonMaxSuppression", ["b3", "s3", "picks", "iou"], ["picked"]), node("Gather", ["picked", "two_s"], ["col"], axis=1),
              node("Gather", ["big_b", "col"], ["out"]), node("Gather", ["big_s", "col"], ["out_scores"]), node("Shape", ["out"], ["out_shape"]),
              node("ReduceSum", ["out"], ["sum"], keepdims=0)]
    inputs = [(f"s{k}", F, [1, 2, f"h{k}", f"w{k}"]) for k in range(LEVELS)] + [(f"b{k}", F, [f"p{k}", 4]) for k in range(LEVELS)]
    m = model(nodes, inputs, [("out", F), ("out_scores", F), ("out_shape", I), ("sum", F)],
              weights(threshold=np.float32(.6), most=np.array([6]), low=np.float32(0), high=np.float32(50), two=np.array([2]), four=np.array([4]),
                      least=np.float32(4), zero01=np.array([0, 1]), picks=np.array([5]), iou=np.array([.5], np.float32), two_s=np.array(2)))
    feeds = []
    for seed, side, shift in ((0, (6, 3, 2), 0), (1, (4, 2, 1), -9), (2, (5, 5, 1), (0, -9, 9)), (3, (1, 1, 1), 9), (4, (8, 4, 2), (-9, 0, 0)),
                              (5, (3, 0, 2), 1)):
        feed, shifts = {}, np.broadcast_to(shift, LEVELS)
        for k in range(LEVELS):
            feed[f"s{k}"] = numbers(1, 2, side[k], side[k], seed=seed) + np.float32(shifts[k])
            corner = np.random.default_rng([seed, k]).uniform(0, 50, (2 * side[k]**2, 2))
            feed[f"b{k}"] = np.concatenate([corner, corner + np.random.default_rng([k, seed]).uniform(0, 20, corner.shape)], 1).astype(np.float32)
        feeds.append(feed)
    check(m, feeds)


def test_heads_on_boxes_that_were_found():
    """Mask R-CNN: what is chosen is cut out of the features by RoiAlign, convolved, classified, and the mask of the best class gathered; no boxes, one,
    many. Levels are chosen by size, some without a box, and put back in order.
    """
    w = dict(c1=numbers(6, 4, 3, 3) / 6, b1=numbers(6), fc=numbers(6 * 16, 5) / 10, fb=numbers(5), up=numbers(6, 6, 2, 2) / 3, mask=numbers(5, 6, 1, 1) / 2,
             two=np.array(2), zero01=np.array([0, 1]), most=np.array([8]), iou=np.array([.5], np.float32), threshold=np.array([.3], np.float32),
             last=np.array([-1]), all=np.array([-1]), wide=np.float32(9), one=np.array([1]), four=np.array([4]), start=np.array([0]), zero=np.array(0))
    nodes = [node("NonMaxSuppression", ["boxes", "scores", "most", "iou", "threshold"], ["picked"]), node("Gather", ["picked", "two"], ["at"], axis=1),
             node("Squeeze", ["boxes", "start"], ["b2"]), node("Gather", ["b2", "at"], ["rows"]), node("Slice", ["rows", "two1", "four", "one"], ["rb"]),
             node("Slice", ["rows", "start", "two1", "one"], ["lt"]), node("Sub", ["rb", "lt"], ["size"]),
             node("ReduceMax", ["size", "one"], ["side"], keepdims=0), node("Less", ["side", "wide"], ["is_small"]), node("Not", ["is_small"], ["is_large"])]
    for k, level in enumerate(("small", "large")):
        nodes += [node("NonZero", [f"is_{level}"], [f"nz{k}"]), node("Reshape", [f"nz{k}", "all"], [f"of{k}"]),
                  node("Gather", ["rows", f"of{k}"], [f"rois{k}"]), node("Shape", [f"of{k}"], [f"n{k}"]), node("Expand", ["zero", f"n{k}"], [f"batch{k}"]),
                  node("RoiAlign", [f"f{k}", f"rois{k}", f"batch{k}"], [f"crop{k}"], output_height=4, output_width=4, sampling_ratio=2,
                       spatial_scale=.5 / (k + 1))]
    nodes += [node("Concat", ["crop0", "crop1"], ["crops"], axis=0), node("Concat", ["of0", "of1"], ["order"], axis=0), node("Shape", ["order"], ["n"]),
              node("TopK", ["order", "n"], ["sorted", "back"], axis=0, largest=0), node("Gather", ["crops", "back"], ["roi"]),
              node("Conv", ["roi", "c1", "b1"], ["h1"], pads=[1] * 4), node("Relu", ["h1"], ["h"]), node("Flatten", ["h"], ["flat"]),
              node("Gemm", ["flat", "fc", "fb"], ["logits"]), node("Softmax", ["logits"], ["classes"], axis=1),
              node("ArgMax", ["logits"], ["best"], axis=1, keepdims=0), node("ConvTranspose", ["h", "up"], ["u"], strides=[2, 2]),
              node("Conv", ["u", "mask"], ["m5"]), node("Sigmoid", ["m5"], ["ms"]), node("Squeeze", ["n"], ["ns"]),
              node("Range", ["zero", "ns", "step"], ["row"]), node("Unsqueeze", ["row", "last"], ["row1"]), node("Unsqueeze", ["best", "last"], ["best1"]),
              node("Concat", ["row1", "best1"], ["place"], axis=1), node("GatherND", ["ms", "place"], ["masks"])]
    m = model(nodes, [("boxes", F, [1, "K", 4]), ("scores", F, [1, 1, "K"]), ("f0", F, [1, 4, "H", "W"]), ("f1", F, [1, 4, "H1", "W1"])],
              [("classes", F), ("masks", F), ("best", I), ("rows", F)], weights(**w, two1=np.array([2]), step=np.array(1)))
    feeds = []
    for seed, k, high, size in ((0, 12, 1, 20), (1, 6, .2, 20), (2, 1, 1, 4), (3, 30, 1, 30), (4, 0, 1, 4), (5, 9, 1, 6)):
        corner = np.random.default_rng(seed).uniform(0, 20, (1, k, 2))
        feeds.append({"boxes": np.concatenate([corner, corner + np.random.default_rng(seed + 9).uniform(1, size, (1, k, 2))], 2).astype(np.float32),
                      "scores": np.random.default_rng(seed).uniform(0, high, (1, 1, k)).astype(np.float32), "f0": numbers(1, 4, 20, 24, seed=seed),
                      "f1": numbers(1, 4, 10 + seed, 12, seed=seed)})
    check(m, feeds)


def test_sequences_and_strings_are_refused_by_name():
    """What older exporters wrote around loops, and what tokenizers need: the error lists every operator that is missing, once for all."""
    m = model([node("SequenceEmpty", [], ["none"]), node("SequenceInsert", ["none", "x"], ["list"]), node("ConcatFromSequence", ["list"], ["y"], axis=0)],
              [("x", F, ["N", 4])], [("y", F)])
    refused(lambda: tenon.load(m.SerializeToString()), "TN302", "3 nodes", "SequenceEmpty", "SequenceInsert", "ConcatFromSequence")
    m = model([node("StringNormalizer", ["s"], ["y"])], [("s", TensorProto.STRING, ["N"])], [("y", TensorProto.STRING)])
    refused(lambda: tenon.load(m.SerializeToString()), "TN302", "StringNormalizer")
    m = model([node("Identity", ["s"], ["y"])], [("s", TensorProto.STRING, ["N"])], [("y", TensorProto.STRING)])
    refused(lambda: tenon.load(m.SerializeToString()), "TN303", "'s' holds strings")


def per_image(outputs):
    """For each image its hits, appended to what grew so far; of each round the number of them is stacked."""
    nodes = [node("Gather", ["x", "i"], ["row"]), node("Greater", ["row", "zero_f"], ["c"]), node("NonZero", ["c"], ["nz"]),
             node("Reshape", ["nz", "minus"], ["at"]), node("Gather", ["row", "at"], ["hit"]), node("Concat", ["grown", "hit"], ["grown_out"], axis=0),
             node("Shape", ["at"], ["n1"]), node("Squeeze", ["n1"], ["n"]), node("Identity", ["go"], ["go_out"])]
    return helper.make_graph(nodes, "body", [helper.make_tensor_value_info(*i) for i in (("i", I, []), ("go", B, []), ("grown", F, None))],
                             [helper.make_tensor_value_info(n, k, None) for n, k in outputs])


def test_loops_that_grow_by_what_they_find():
    """As many rounds as there are images, also of none that hits and of none at all; what grew decides what follows."""
    m = model([node("Shape", ["x"], ["s"]), node("Gather", ["s", "first"], ["rounds"]),
               node("Loop", ["rounds", "", "start"], ["hits", "counts"], body=per_image([("go_out", B), ("grown_out", F), ("n", I)])),
               node("Shape", ["hits"], ["many"]), node("Min", ["many", "three"], ["k"]), node("TopK", ["hits", "k"], ["best", "at"], axis=0),
               node("CumSum", ["counts", "first"], ["ends"])], [("x", F, ["N", "M"])], [("hits", F), ("counts", I), ("best", F), ("ends", I)],
              weights(first=np.array(0), start=np.zeros(0, np.float32), zero_f=np.float32(0), minus=np.array([-1]), three=np.array([3])))
    feeds = [{"x": numbers(n, k, seed=n) - shift} for n, k, shift in ((3, 4, 0), (1, 6, 9), (5, 2, 0), (2, 0, 0), (4, 7, -9))]
    check(m, feeds)
    nothing = tenon.load(m.SerializeToString())(np.zeros((0, 4), np.float32))               # ONNX Runtime stacks nothing into [0] of any rank, too
    assert {k: v.shape for k, v in nothing.items()} == {"hits": (0,), "counts": (0,), "best": (0,), "ends": (0,)}, nothing


def test_boxes_of_each_image_in_a_loop():
    """torchvision's batches: in each round an image's boxes are chosen, an If leaves an empty list where there are none, and rows with the image's number
    are appended.
    """
    info = helper.make_tensor_value_info
    none = helper.make_graph([constant("none", np.zeros((0, 5), np.float32)), node("Identity", ["none"], ["rows_t"])], "none", [], [info("rows_t", F, None)])
    some = helper.make_graph([node("Gather", ["kept", "two"], ["at"], axis=1), node("Gather", ["boxes", "at"], ["chosen"]), node("Cast", ["i"], ["fi"], to=F),
                              node("Shape", ["at"], ["count"]), node("Expand", ["fi", "count"], ["number"]), node("Unsqueeze", ["number", "last"], ["column"]),
                              node("Concat", ["column", "chosen"], ["rows_e"], axis=1)], "some", [], [info("rows_e", F, None)])
    body = helper.make_graph([node("Gather", ["b", "i"], ["boxes"]), node("Gather", ["s", "i"], ["scores"]), node("Unsqueeze", ["boxes", "first"], ["b3"]),
                              node("Unsqueeze", ["scores", "first2"], ["s3"]), node("NonMaxSuppression", ["b3", "s3", "most", "iou", "threshold"], ["kept"]),
                              node("Shape", ["kept"], ["ks"]), node("Gather", ["ks", "zero"], ["n"]), node("Equal", ["n", "zero"], ["nothing"]),
                              node("If", ["nothing"], ["rows"], then_branch=none, else_branch=some), node("Concat", ["all", "rows"], ["all_out"], axis=0),
                              node("Identity", ["go"], ["go_out"])], "body", [info("i", I, []), info("go", B, []), info("all", F, None)],
                             [info("go_out", B, None), info("all_out", F, None), info("n", I, None)])
    m = model([node("Shape", ["b"], ["bs"]), node("Gather", ["bs", "zero"], ["images"]), node("Loop", ["images", "", "start"], ["y", "counts"], body=body),
               node("Slice", ["y", "first", "one1", "one1"], ["of"]), node("ReduceSum", ["counts"], ["total"], keepdims=0)],
              [("b", F, ["N", "K", 4]), ("s", F, ["N", "K"])], [("y", F), ("counts", I), ("of", F), ("total", I)],
              weights(zero=np.array(0), two=np.array(2), last=np.array([-1]), first=np.array([0]), first2=np.array([0, 1]), most=np.array([3]),
                      iou=np.array([.5], np.float32), threshold=np.array([.6], np.float32), start=np.zeros((0, 5), np.float32), one1=np.array([1])))
    feeds = [{"b": some_boxes(n, k, n), "s": (np.random.default_rng([n, k]).uniform(0, high, (n, k))).astype(np.float32)} for n, k,
             high in ((3, 6, 1), (2, 5, .5), (4, 1, 1), (1, 20, 1), (2, 0, 1))]
    check(m, feeds)


def test_rounds_that_a_run_counts():
    """As many rounds as there are hits; each stacks a row, and a condition ends some of them early."""
    inside = helper.make_graph([node("Gather", ["at", "i"], ["p"]), node("Gather", ["table", "p"], ["row"]), node("Add", ["sum", "row"], ["sum_out"]),
                                node("ReduceMax", ["sum_out"], ["top"], keepdims=0), node("Less", ["top", "limit"], ["go_out"])], "body",
                               [helper.make_tensor_value_info(*i) for i in (("i", I, []), ("go", B, []), ("sum", F, [3]))],
                               [helper.make_tensor_value_info(n, k, None) for n, k in (("go_out", B), ("sum_out", F), ("row", F))])
    m = model([node("NonZero", ["mask"], ["nz"]), node("Reshape", ["nz", "minus"], ["at"]), node("Size", ["at"], ["n"]),
               node("Loop", ["n", "", "start"], ["last", "rows"], body=inside), node("MatMul", ["rows", "w"], ["y"])],
              [("mask", B, ["N"]), ("table", F, ["N", 3]), ("limit", F, [])], [("last", F), ("rows", F), ("y", F)],
              weights(minus=np.array([-1]), start=np.zeros(3, np.float32), w=numbers(3, 2)))
    masks = [np.array(bits, bool) for bits in ([1, 0, 1, 1, 0], [1], [1] * 8)]
    check(m, [{"mask": k, "table": np.abs(numbers(len(k), 3)), "limit": np.float32(limit)} for k in masks for limit in (1.5, 1e9)])
    none = tenon.load(m.SerializeToString())({"mask": np.zeros(4, bool), "table": numbers(4, 3), "limit": np.float32(1)})
    assert none["rows"].shape == (0, 3) and none["y"].shape == (0, 2) and (none["last"] == 0).all(), "of no rounds"    # ONNX Runtime's are [0]
