"""Decoders of masks from points (SAM and its kin): repeats that OneHot makes, image sizes as numbers of either kind, bilinear growth to a size that a run
reads.
"""
import numpy as np

from case import F, I, check, model, node, numbers, weights


def repeated_by_onehot(x, tokens, y):
    """torch.repeat_interleave(x, tokens.shape[0], 0): the extent stands among ones, put there by a one-hot, and is what Tile repeats."""
    return [node("Shape", [tokens], ["shape_t"]), node("Gather", ["shape_t", "zero"], ["batch"]), node("Unsqueeze", [x, "axis1"], ["x_row"]),
            node("Concat", ["ones1", "batch"], ["off_on"], axis=0), node("OneHot", ["axis1", "rank5", "off_on"], ["hot"], axis=-1),
            node("Reshape", ["hot", "all"], ["repeats"]), node("Tile", ["x_row", "repeats"], ["tiled"]), node("Reshape", ["tiled", "merged"], [y])]


CONSTANTS = dict(zero=np.array([0]), axis1=np.array([1]), ones1=np.array([1]), rank5=np.array([5]), all=np.array([-1]), merged=np.array([-1, 3, 4, 6]))


def test_a_onehot_feeds_tile():
    m = model(repeated_by_onehot("x", "tokens", "r") + [node("ReduceMean", ["tokens", "axis1"], ["t"], keepdims=0), node("Reshape", ["t", "t_shape"], ["t4"]),
                                                         node("Add", ["r", "t4"], ["y"])],
              [("x", F, [1, 3, 4, 6]), ("tokens", F, ["B", "T", 1])], [("r", F), ("y", F)], weights(**CONSTANTS, t_shape=np.array([-1, 1, 1, 1])))
    check(m, [{"x": numbers(1, 3, 4, 6), "tokens": numbers(*s)} for s in ((1, 2, 1), (4, 3, 1), (0, 3, 1), (1, 1, 1))])


def test_a_onehot_of_numbers_feeds_tile():
    """The same where the repeats come from the contents of an input, and of a value that the run computes."""
    start = [node("Concat", ["ones1", "n"], ["off_on"], axis=0), node("OneHot", ["axis1", "depth", "off_on"], ["hot"], axis=-1),
             node("Reshape", ["hot", "all"], ["repeats"])]
    constants = dict(axis1=np.array([1]), ones1=np.array([1]), depth=np.array([2]), all=np.array([-1]))
    given = model(start + [node("Tile", ["x", "repeats"], ["y"])], [("x", F, ["N", 3]), ("n", I, [1])], [("y", F)], weights(**constants))
    check(given, [{"x": numbers(k, 3), "n": np.array([n])} for n in (1, 3, 0, 2) for k in (2, 0)], exact=True)
    computed = model([node("ReduceMax", ["k"], ["n"], keepdims=1)] + start + [node("Tile", ["x", "repeats"], ["y"])], [("x", F, ["N", 3]), ("k", I, ["K"])],
                     [("y", F)], weights(**constants))
    check(computed, [{"x": numbers(k, 3), "k": np.array(n)} for n in ([1, 0], [3, 1, 2], [0]) for k in (2, 1)], exact=True)


def mask_decoder(size_type):
    """Points and an embedded image to masks of the image's own size, as SAM's export ends: grow to 64, cut what was padding, grow to the size."""
    cast = [node("Cast", ["orig_im_size"], ["sf"], to=F)] if size_type != F else [node("Identity", ["orig_im_size"], ["sf"])]
    nodes = repeated_by_onehot("image", "points", "src") + [node("Sin", ["points"], ["wave"]), node("MatMul", ["wave", "wp"], ["token"]),
                                                            node("Unsqueeze", ["labels", "last"], ["l1"]), node("Equal", ["l1", "minus1"], ["pad"]),
                                                            node("Where", ["pad", "no_point", "token"], ["token2"]),
                                                            node("Transpose", ["src4"], ["srct"], perm=[0, 2, 1]),
                                                            node("MatMul", ["token2", "src4"], ["score"]), node("Softmax", ["score"], ["p"], axis=-1),
                                                            node("MatMul", ["p", "srct"], ["ctx"]), node("ReduceMean", ["ctx", "axis1"], ["hyper"], keepdims=1),
                                                            node("MatMul", ["hyper", "src4"], ["mflat"]), node("Reshape", ["mflat", "mask_shape"], ["low"]),
                                                            node("Shape", ["low"], ["nc"], end=2), node("Concat", ["nc", "side64"], ["to64"], axis=0),
                                                            node("Resize", ["low", "", "", "to64"], ["m64"], mode="linear",
                                                                 coordinate_transformation_mode="pytorch_half_pixel"),
                                                            node("ReduceMax", ["sf"], ["longest"], keepdims=0), node("Div", ["side", "longest"], ["ratio"]),
                                                            node("Mul", ["sf", "ratio"], ["scaled"]), node("Add", ["scaled", "half"], ["scaled5"]),
                                                            node("Floor", ["scaled5"], ["fl"]), node("Cast", ["fl"], ["cut"], to=I),
                                                            node("Slice", ["m64", "starts", "cut", "axes23"], ["mcut"]), node("Cast", ["sf"], ["si"], to=I),
                                                            node("Shape", ["mcut"], ["mshape"]), node("Slice", ["mshape", "zero", "two1"], ["nc2"]),
                                                            node("Concat", ["nc2", "si"], ["full"], axis=0),
                                                            node("Resize", ["mcut", "", "", "full"], ["masks"], mode="linear",
                                                                 coordinate_transformation_mode="pytorch_half_pixel"),
                                                            node("Greater", ["masks", "zerof"], ["is_mask"])]
    at = next(i for i, n in enumerate(nodes) if n.output[0] == "src") + 1
    nodes.insert(at, node("Reshape", ["src", "pixels"], ["src4"]))
    return model(cast + nodes, [("image", F, [1, 3, 4, 6]), ("points", F, ["B", "P", 2]), ("labels", F, ["B", "P"]), ("orig_im_size", size_type, [2])],
                 [("masks", F), ("low", F), ("is_mask", 9)],
                 weights(**CONSTANTS, wp=numbers(2, 3), last=np.array([-1]), minus1=np.float32(-1), no_point=numbers(3), pixels=np.array([0, 3, 24]),
                         mask_shape=np.array([-1, 1, 4, 6]), side64=np.array([64, 64]), side=np.float32(64), half=np.float32(.5),
                         starts=np.array([0, 0]), axes23=np.array([2, 3]), two1=np.array([2]), zerof=np.float32(0)))


def test_masks_of_the_images_own_size():
    """The size is an input of floats or of int64; images wide, high, square, smaller and larger than the grid; one to three prompts of several points."""
    for size_type, dtype in ((F, np.float32), (I, np.int64)):
        m = mask_decoder(size_type)
        feeds = [{"image": numbers(1, 3, 4, 6), "points": numbers(b, p, 2, seed=p), "labels": np.array([[1, 0, -1, 2, 3][:p]] * b, np.float32),
                  "orig_im_size": np.array(size, dtype)} for b, p, size in ((1, 2, (48, 72)), (2, 5, (75, 50)), (1, 1, (64, 64)), (3, 3, (13, 7)),
            (1, 2, (48, 72)))]
        check(m, feeds)
