"""Resize: every mode at every meaning of coordinates, smoothed or not, some axes alone, odd ratios, sizes that a run reads."""
import itertools

import numpy as np

import tenon
from case import F, I, H, U8, by_evaluator, check, model, node, numbers, refused, weights

COORDINATES = ("half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric")
CASES = [("nearest", {"nearest_mode": mode}) for mode in ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")] + [
    ("linear", {}), ("cubic", {}), ("cubic", {"cubic_coeff_a": -.5}), ("cubic", {"exclude_outside": 1}), ("linear", {"antialias": 1}),
    ("cubic", {"antialias": 1}), ("cubic", {"antialias": 1, "exclude_outside": 1}), ("linear", {"antialias": 1, "exclude_outside": 1})]
RATIOS = ((7, 5), (3, 9)), ((4, 6), (8, 3)), ((5, 7), (13, 4)), ((1, 4), (3, 1)), ((6, 3), (6, 3)), ((9, 11), (2, 3))


def resize(sizes, opset=19, initializers=None, inputs=(), shape=("N", "C", "H", "W"), kind=F, **attributes):
    operands = ["x", "", "", "sizes"] if initializers is None else ["x", "", "scales"]
    held = initializers if initializers is not None else ({} if sizes is None else {"sizes": np.array(sizes)})
    return model([node("Resize", operands, ["y"], **attributes)], [("x", kind, list(shape)), *inputs], [("y", kind)], weights(**held), opset=opset)


def of_axes(mode, coordinates, **attributes):
    """Axes resized one after the other give the same: each by a matrix of the definition's weights, from the ONNX text."""
    def weights_of(n, out):
        scale, w = out / n, np.zeros((out, n))
        for o in range(out):
            x = {"half_pixel": (o + .5) / scale - .5, "half_pixel_symmetric": n / 2 * (1 - out / (scale * n)) + (o + .5) / scale - .5,
                 "pytorch_half_pixel": (o + .5) / scale - .5 if out > 1 else 0, "align_corners": o * (n - 1) / (out - 1) if out > 1 else 0,
                 "asymmetric": o / scale}[coordinates]
            if mode == "nearest":
                rounding = {"round_prefer_floor": lambda v: np.ceil(v - .5), "round_prefer_ceil": lambda v: np.floor(v + .5), "floor": np.floor,
                            "ceil": np.ceil}
                w[o, int(np.clip(rounding[attributes["nearest_mode"]](x), 0, n - 1))] = 1
                continue
            a, stretch = attributes.get("cubic_coeff_a", -.75), min(scale, 1) if attributes.get("antialias") else 1
            linear = lambda d: max(0, 1 - d)
            cubic = lambda d: ((a + 2) * d - (a + 3)) * d * d + 1 if d <= 1 else ((a * d - 5 * a) * d + 8 * a) * d - 4 * a if d < 2 else 0
            reach, kernel = (1, linear) if mode == "linear" else (2, cubic)
            first = int(np.floor(x - reach / stretch)) + 1 if attributes.get("antialias") else int(np.floor(x)) - reach + 1
            last = int(np.ceil(x + reach / stretch)) - 1 if attributes.get("antialias") else int(np.floor(x)) + reach
            places = np.arange(first, last + 1)
            k = np.array([kernel(abs(x - p) * stretch) for p in places])
            if attributes.get("exclude_outside"):
                k[(places < 0) | (places >= n)] = 0
            np.add.at(w[o], np.clip(places, 0, n - 1), k / k.sum())
        return w
    return weights_of


def by_matrices(mode, coordinates, sizes, axes, **attributes):
    def answer(m, feeds):
        answers = []
        for feed in feeds:
            y = feed["x"].astype(np.float64)
            for axis, out in zip(axes, sizes):
                w = of_axes(mode, coordinates, **attributes)(y.shape[axis], out)
                y = np.moveaxis(np.tensordot(w, y, (1, axis)), 0, axis)
            answers.append({"y": y.astype(feed["x"].dtype)})
        return answers
    return answer


def test_every_mode_at_every_coordinate():
    """By the definition's weights in doubles; ONNX Runtime lacks half_pixel_symmetric smoothed, and its smoothed weights leave out what lies outside."""
    for (mode, attributes), coordinates in itertools.product(CASES, COORDINATES):
        for spatial, out in RATIOS:
            m = resize([2, 2, *out], mode=mode, coordinate_transformation_mode=coordinates, **attributes)
            x = numbers(2, 2, *spatial)
            check(m, [{"x": x}], by_matrices(mode, coordinates, out, (2, 3), **attributes), modes=("optimised",) if mode != "nearest"
                  else ("optimised", "plain"))


def test_the_definition_agrees_with_the_evaluator():
    """What the matrices say is what ONNX's evaluator says, where ratios are exact in its arithmetic: else a test of ours would judge by itself alone."""
    for (mode, attributes), coordinates in itertools.product(CASES, COORDINATES):
        m, feeds = resize([1, 1, 8, 2], mode=mode, coordinate_transformation_mode=coordinates, **attributes), [{"x": numbers(1, 1, 4, 8)}]
        if attributes.get("antialias") and attributes.get("exclude_outside"):
            continue                                        # it excludes what a window without smoothing would reach
        ours, theirs = by_matrices(mode, coordinates, (8, 2), (2, 3), **attributes)(m, feeds), by_evaluator(m, feeds)
        np.testing.assert_allclose(ours[0]["y"], theirs[0]["y"], rtol=1e-4, atol=1e-5, err_msg=f"{mode} {coordinates} {attributes}")


def test_axes_alone():
    """In any order, from the end, one of them, of other ranks: what is not named keeps its extent, open or not."""
    for axes, sizes, shape in (((2, 3), (5, 9), (2, 3, 7, 4)), ((3, 2), (9, 5), (2, 3, 7, 4)), ((-1,), (3,), (2, 3, 7, 4)), ((-2, -1), (4, 4), (6, 7)),
                               ((1,), (6,), (2, 4, 3)), ((2,), (11,), (1, 2, 7, 3, 2)), ((0,), (5,), (3,))):
        for mode, attributes in (("linear", {}), ("nearest", {"nearest_mode": "floor"}), ("cubic", {}), ("linear", {"antialias": 1})):
            m = resize(sizes, shape=[f"d{k}" for k in range(len(shape))], mode=mode, axes=list(axes), coordinate_transformation_mode="half_pixel", **attributes)
            check(m, [{"x": numbers(*shape)}], by_matrices(mode, "half_pixel", sizes, axes, **attributes))


def test_sizes_are_read_by_the_run():
    """An input, twice the extent of another map (feature pyramids), extents halved in float and back; up and down, one plan after the other."""
    given = resize(None, inputs=[("sizes", I, [4])], mode="linear", coordinate_transformation_mode="align_corners")
    feeds = [{"x": numbers(1, 2, 5, 7), "sizes": np.array([1, 2, *s])} for s in ((10, 3), (5, 7), (1, 1), (2, 20))]
    check(given, feeds, [by_matrices("linear", "align_corners", f["sizes"][2:], (2, 3))(None, [f])[0] for f in feeds])
    for mode, coordinates, attributes in (("nearest", "asymmetric", {"nearest_mode": "floor"}), ("linear", "half_pixel", {}), ("cubic", "half_pixel", {})):
        m = model([node("Shape", ["other"], ["s"], start=2), node("Shape", ["x"], ["n"], end=2), node("Concat", ["n", "s"], ["sizes"], axis=0),
                   node("Resize", ["x", "", "", "sizes"], ["y"], mode=mode, coordinate_transformation_mode=coordinates, **attributes),
                   node("Add", ["y", "other"], ["z"])], [("x", F, ["N", "C", "H", "W"]), ("other", F, ["N", "C", "H2", "W2"])], [("z", F)])
        feeds = [{"x": numbers(1, 2, *a), "other": numbers(1, 2, *b)} for a, b in (((4, 5), (8, 10)), ((7, 3), (13, 6)), ((3, 3), (2, 5)), ((1, 1), (4, 4)))]
        wanted = [{"z": by_matrices(mode, coordinates, f["other"].shape[2:], (2, 3), **attributes)(None, [f])[0]["y"] + f["other"]} for f in feeds]
        check(m, feeds, wanted)


def test_scales_and_what_is_left_of_them():
    """Extents are rounded down; a scale counts as it is, not the ratio of extents: 7 x 0.6 is 4 places 1 / 0.6 apart. ONNX Runtime's answers."""
    for scales in ((1, 1, .6, 2.5), (1, 1, 1.3, .3), (1, 1, 2, 2), (1, 1, .51, 1)):
        for mode, coordinates in itertools.product(("nearest", "linear"), ("asymmetric", "half_pixel", "pytorch_half_pixel")):
            m = resize(None, initializers={"scales": np.array(scales, np.float32)}, mode=mode, coordinate_transformation_mode=coordinates)
            check(m, [{"x": numbers(1, 2, 7, 5)}, {"x": numbers(2, 1, 4, 10)}])


def test_sizes_beside_a_region_and_scales_that_are_empty():
    """As opset 11 wanted the operands that nobody needs."""
    m = model([node("Resize", ["x", "none", "none", "sizes"], ["y"], mode="linear", coordinate_transformation_mode="align_corners")],
              [("x", F, ["N", 2, 4, 5])], [("y", F)], weights(none=np.zeros(0, np.float32), sizes=np.array([1, 2, 7, 3])), opset=11)
    check(m, [{"x": numbers(1, 2, 4, 5)}], by_matrices("linear", "align_corners", (7, 3), (2, 3)))


def test_scales_that_a_run_computes():
    """As PyTorch wrote sizes until opset 10: extents wanted over extents had, in floats, which has to give back the extents wanted; as an input;
    and from numbers.
    """
    def nodes(op, **attributes):
        return [node("Shape", ["other"], ["so"]), node("Shape", ["x"], ["sx"]), node("Gather", ["so", "map"], ["so2"]), node("Gather", ["sx", "map"], ["sx2"]),
                node("Cast", ["so2"], ["fo"], to=F), node("Cast", ["sx2"], ["fx"], to=F),
                node("Div", ["fo", "fx"], ["r"]), node("Concat", ["ones", "r"], ["scales"], axis=0),
                node(op, ["x", *(["", "scales"] if attributes.pop("roi", False) else ["scales"])], ["y"], **attributes), node("Add", ["y", "other"], ["z"])]
    held = weights(map=np.array([2, 3]), ones=np.ones(2, np.float32))
    inputs = [("x", F, ["N", "C", "H", "W"]), ("other", F, ["N", "C", "H2", "W2"])]
    feeds = [{"x": numbers(1, 2, *a), "other": numbers(1, 2, *b)} for a, b in (((4, 5), (8, 10)), ((7, 3), (13, 6)), ((3, 3), (2, 5)), ((1, 1), (4, 4)),
        ((10, 9), (7, 41)))]
    for opset, how, attributes in ((9, dict(mode="nearest"), dict(nearest_mode="floor")), (9, dict(mode="linear"), {}),
                                   (18, dict(roi=True, mode="cubic", coordinate_transformation_mode="half_pixel"), {})):
        coordinates = how.get("coordinate_transformation_mode", "asymmetric")
        wanted = [{"z": by_matrices(how["mode"], coordinates, f["other"].shape[2:], (2, 3), **attributes)(None, [f])[0]["y"] + f["other"]} for f in feeds]
        check(model(nodes("Upsample" if opset == 9 else "Resize", **how), inputs, [("z", F)], held, opset), feeds, wanted)
    m = model([node("Resize", ["x", "", "s"], ["y"], mode="nearest")], [("x", F, ["N", "C", "H", "W"]), ("s", F, [4])], [("y", F)])
    check(m, [{"x": numbers(1, 2, 5, 6), "s": np.array([1, 1, *s], np.float32)} for s in ((2, 2), (.5, 3), (1.3, .7), (1, 1))])
    m = model([node("ReduceMax", ["k"], ["s"], keepdims=1), node("Resize", ["x", "", "s"], ["y"], mode="linear", axes=[1])],
              [("x", F, ["N", "L"]), ("k", F, ["K"])], [("y", F)])
    feeds = [{"x": numbers(2, 6), "k": np.array(k, np.float32)} for k in ([2, 1], [.5], [1.5, -9])]
    check(m, feeds, [by_matrices("linear", "half_pixel", (int(6 * f["k"].max()),), (1,))(None, [f])[0] for f in feeds])
    built = tenon.load(m.SerializeToString())
    for wrong in (0, -2, np.nan, np.inf):
        refused(lambda: built({"x": numbers(2, 6), "k": np.array([wrong], np.float32)}), "TN101", "a scale is")


def test_regions_cropped_and_policies():
    """tf_crop_and_resize takes its region as an input and fills what lies outside; the policies keep a ratio. ONNX's evaluator."""
    for mode in ("linear", "nearest", "cubic"):
        m = model([node("Resize", ["x", "roi", "", "sizes"], ["y"], mode=mode, coordinate_transformation_mode="tf_crop_and_resize", extrapolation_value=7.5)],
                  [("x", F, [1, 1, 6, 5])], [("y", F)], weights(roi=np.array([0, 0, .2, -.1, 1, 1, 1.3, .7], np.float32), sizes=np.array([1, 1, 4, 7])),
                  opset=19)
        check(m, [{"x": numbers(1, 1, 6, 5)}], by_evaluator)
    for policy in ("not_larger", "not_smaller"):
        m = resize((9, 4), mode="linear", axes=[2, 3], keep_aspect_ratio_policy=policy, shape=(1, 2, 7, 5))
        check(m, [{"x": numbers(1, 2, 7, 5)}], by_evaluator)


def test_halves_and_bytes():
    x = (numbers(1, 2, 5, 6) * 50 + 100).clip(0, 255)
    for mode, attributes in (("linear", {}), ("cubic", {}), ("linear", {"antialias": 1})):
        half = x.astype(np.float16)
        check(resize([1, 2, 7, 4], kind=H, mode=mode, **attributes), [{"x": half}], by_matrices(mode, "half_pixel", (7, 4), (2, 3), **attributes))
    check(resize([1, 2, 7, 4], kind=U8, mode="nearest", nearest_mode="floor"), [{"x": x.astype(np.uint8)}],
          by_matrices("nearest", "half_pixel", (7, 4), (2, 3), nearest_mode="floor"), exact=True)


def test_nothing_stays_nothing():
    for shape, sizes in (((0, 3, 4, 4), (0, 3, 8, 2)), ((2, 0, 4, 4), (2, 0, 3, 3))):
        m = resize(sizes, mode="linear")
        check(m, [{"x": numbers(*shape)}], [{"y": np.zeros(sizes, np.float32)}])
