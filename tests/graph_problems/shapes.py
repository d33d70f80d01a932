"""Chains from Shape to Reshape and Tile, zeros that copy and zeros that count, pads, splits, ranges and repeats that only a run knows."""

import numpy as np
from onnx import helper

import tenon
from case import F, I, check, model, node, numbers, refused, weights


def test_chains_of_extents():
    """Shape, Gather, arithmetic in int64 and int32 and float, Concat, Reshape; a -1 that stands among computed extents."""
    m = model([node("Shape", ["x"], ["s"]), node("Gather", ["s", "at0"], ["n"]), node("Gather", ["s", "at1"], ["c"]), node("Gather", ["s", "at2"], ["l"]),
               node("Div", ["c", "two"], ["half"]), node("Cast", ["l"], ["lf"], to=F), node("Div", ["lf", "twof"], ["l2"]), node("Ceil", ["l2"], ["l3"]),
               node("Cast", ["l3"], ["l4"], to=I), node("Unsqueeze", ["n", "axis"], ["n1"]), node("Unsqueeze", ["half", "axis"], ["h1"]),
               node("Unsqueeze", ["l4", "axis"], ["l1"]), node("Concat", ["n1", "minus", "h1", "l_all"], ["target"], axis=0),
               node("Unsqueeze", ["l", "axis"], ["l_all"]), node("Reshape", ["x", "target"], ["y"]),
               node("Concat", ["one1", "h1", "one1", "one1"], ["reps"], axis=0), node("Tile", ["y", "reps"], ["tiled"]),
               node("Concat", ["n1", "l1"], ["cs"], axis=0), node("ConstantOfShape", ["cs"], ["filled"]), node("Expand", ["ones", "cs"], ["e"])],
              [("x", F, ["N", "C", "L"])], [("y", F), ("tiled", F), ("filled", F), ("e", F)],
              weights(at0=np.array(0), at1=np.array(1), at2=np.array(2), two=np.array(2), twof=np.float32(2), axis=np.array([0]), minus=np.array([-1]),
                      one1=np.array([1]), ones=np.ones((1, 1), np.float32)))
    check(m, [{"x": numbers(*s)} for s in ((2, 4, 3), (1, 6, 5), (3, 2, 1), (1, 4, 8))], exact=True)


def test_zeros_that_copy_and_zeros_that_count():
    for allow, target, shape, want in ((0, [0, -1], (2, 3, 4), (2, 12)), (0, [0, 0, 2, 2], (2, 3, 4), (2, 3, 2, 2)), (1, [0, 5], (2, 0), (0, 5)),
                                       (1, [3, 0, 2], (0, 4), (3, 0, 2)), (0, [0, 3], (0, 3), (0, 3)), (0, [-1, 3], (0, 6), (0, 3)),
                                       (1, [2, 6], (3, 4), (2, 6)), (0, [0, -1], (0, 4), None), (1, [], (1,), ())):
        x = numbers(*shape)
        m = model([node("Reshape", ["x", "t"], ["y"], allowzero=allow)], [("x", F, [f"d{k}" for k in range(len(shape))])], [("y", F)],
                  weights(t=np.array(target, np.int64)))
        late = model([node("Reshape", ["x", "t"], ["y"], allowzero=allow)], [("x", F, [f"d{k}" for k in range(len(shape))]), ("t", I, [len(target)])],
                     [("y", F, [f"o{k}" for k in range(len(target))])])
        for source, feed in ((m, {"x": x}), (late, {"x": x, "t": np.array(target, np.int64)})):
            if want is None:                                    # 0 copies an extent of 0: what -1 is then no product tells
                built = lambda: tenon.load(source.SerializeToString())(feed)
                try:
                    got = built()
                    assert got.shape[0] == 0 and got.size == 0
                except tenon.Error as e:
                    assert e.id == "TN101", e.id
            else:
                check(source, [feed], [{"y": x.reshape(want)}], exact=True)


def test_shapes_that_do_not_fit_are_refused():
    m = model([node("Reshape", ["x", "t"], ["y"])], [("x", F, ["N"]), ("t", I, [2])], [("y", F, ["a", "b"])])
    built = tenon.load(m.SerializeToString())
    for target in ([2, 4], [-1, 4], [-1, -1], [-2, 3], [2**62, 4], [0, 0]):
        refused(lambda: built({"x": numbers(6), "t": np.array(target)}), "TN101") if target != [2**62, 4] else None
        try:
            built({"x": numbers(6), "t": np.array(target)})
        except tenon.Error as e:
            assert e.code == "invalid_argument", e.code
        else:
            raise AssertionError(f"{target} was done")
    assert built({"x": numbers(6), "t": np.array([3, -1])}).shape == (3, 2)


def test_a_shape_that_a_run_computes():
    """Extents from the largest of numbers; with a -1 among constants."""
    m = model([node("ReduceMax", ["ids"], ["m"], keepdims=1), node("Add", ["m", "one"], ["n"]), node("Concat", ["n", "minus"], ["t"], axis=0),
               node("Reshape", ["x", "t"], ["y"]), node("Transpose", ["y"], ["z"])], [("x", F, ["N"]), ("ids", I, ["K"])], [("y", F), ("z", F)],
              weights(one=np.array([1]), minus=np.array([-1])))
    check(m, [{"x": numbers(n), "ids": np.array(k)} for n, k in ((12, [0, 2]), (12, [3]), (5, [4, 1, 0]), (12, [0]))], exact=True)


def padded(x, pads, mode, value=0.0, axes=None):
    """Negative pads cut first; reflect and wrap then go by what is left."""
    axes = list(range(x.ndim)) if axes is None else [a % x.ndim for a in axes]
    before, after = pads[:len(axes)], pads[len(axes):]
    for a, b, e in zip(axes, before, after):
        x = np.take(x, np.arange(max(0, -b), x.shape[a] - max(0, -e)), a)
    widths = [(0, 0)] * x.ndim
    for a, b, e in zip(axes, before, after):
        widths[a] = (max(0, b), max(0, e))
    return np.pad(x, widths, mode={"constant": "constant", "edge": "edge", "reflect": "reflect", "wrap": "wrap"}[mode],
                  **({"constant_values": value} if mode == "constant" else {}))


def test_pads_that_a_run_reads():
    """Inputs, of every mode; negative ones cut; some axes alone, and the axes read by the run, too; the value an input."""
    x = numbers(2, 3, 5)
    for mode in ("constant", "edge", "reflect", "wrap"):
        m = model([node("Pad", ["x", "p"], ["y"], mode=mode), node("Neg", ["y"], ["z"])], [("x", F, ["N", "C", "L"]), ("p", I, [6])], [("y", F), ("z", F)],
                  opset=19)
        feeds = [{"x": x, "p": np.array(p)} for p in ([0, 0, 2, 0, 0, 1], [0, 1, 0, 0, 2, 4], [0, 0, 0, 0, 0, 0], [0, 0, -1, 0, 0, 3], [-1, 0, -2, 0, -1, -1])]
        check(m, feeds, [{"y": padded(x, f["p"], mode), "z": -padded(x, f["p"], mode)} for f in feeds], exact=True)
    m = model([node("Pad", ["x", "p", "v", "a"], ["y"])], [("x", F, ["N", "C", "L"]), ("p", I, [4]), ("v", F, []), ("a", I, [2])],
              [("y", F, ["N2", "C2", "L2"])])
    feeds = [{"x": x, "p": np.array(p), "v": np.float32(v), "a": np.array(a)} for p, v,
             a in (([1, 2, 0, 1], 7, [1, 2]), ([0, 1, 2, -1], -np.inf, [-1, 0]), ([3, 0, 0, 0], 0, [2, 1]))]
    check(m, feeds, [{"y": padded(x, f["p"], "constant", f["v"], f["a"])} for f in feeds], exact=True)


def test_pads_that_a_run_computes():
    """To a multiple of 8, as detectors do; to a length that numbers decide; cutting where the numbers are too many."""
    m = model([node("Shape", ["x"], ["s"], start=1), node("Mod", ["s", "eight"], ["r"]), node("Sub", ["eight", "r"], ["q"]),
               node("Mod", ["q", "eight"], ["end"]), node("Concat", ["zeros3", "end"], ["p"], axis=0), node("Pad", ["x", "p", "v"], ["y"])],
              [("x", F, ["N", "L"])], [("y", F)], weights(eight=np.array([8]), zeros3=np.array([0, 0, 0]), v=np.float32(-1)))
    check(m, [{"x": numbers(2, n)} for n in (1, 8, 9, 15, 16)], exact=True)
    m = model([node("ReduceMax", ["lens"], ["m"], keepdims=1), node("Shape", ["x"], ["s"]), node("Sub", ["m", "s"], ["end"]),
               node("Concat", ["zero", "end"], ["p"], axis=0), node("Pad", ["x", "p"], ["y"])], [("x", F, ["L"]), ("lens", I, ["K"])], [("y", F)],
              weights(zero=np.array([0])))
    check(m, [{"x": numbers(n), "lens": np.array(k)} for n, k in ((3, [5, 1]), (4, [4]), (5, [2, 3]), (2, [9]), (3, [0]))], exact=True)


def test_splits():
    """Uneven by count, by sizes that are an input or computed, of none; sums that do not fit are refused."""
    for count, n in ((3, 7), (4, 9), (2, 5), (3, 3), (5, 1)):
        if count > n and n == 1:
            continue
        m = model([node("Split", ["x"], [f"y{k}" for k in range(count)], axis=1, num_outputs=count)], [("x", F, ["N", n])],
                  [(f"y{k}", F) for k in range(count)])
        check(m, [{"x": numbers(2, n)}], exact=True)
    open_count = model([node("Split", ["x"], ["a", "b", "c"], axis=0, num_outputs=3), node("Neg", ["c"], ["d"])], [("x", F, ["N", 2])],
                       [("a", F), ("b", F), ("d", F)])
    feeds = [{"x": numbers(n, 2)} for n in (6, 7, 8, 3, 5)]
    chunk = lambda n: -(-n // 3)
    check(open_count, feeds, [{"a": f["x"][:chunk(len(f["x"]))], "b": f["x"][chunk(len(f["x"])):2 * chunk(len(f["x"]))], "d": -f["x"][2 * chunk(len(f["x"])):]}
                              for f in feeds], exact=True)
    m = model([node("Split", ["x", "s"], ["a", "b", "c"], axis=0), node("Add", ["a", "one"], ["d"])], [("x", F, ["N", 2]), ("s", I, [3])],
              [("d", F), ("b", F), ("c", F)], weights(one=np.float32(1)))
    feeds = [{"x": numbers(sum(s), 2), "s": np.array(s)} for s in ([1, 2, 3], [0, 4, 0], [5, 0, 1], [0, 0, 0], [2, 2, 2])]
    cuts = lambda f: np.split(f["x"], np.cumsum(f["s"])[:2])
    check(m, feeds, [dict(zip(("d", "b", "c"), (cuts(f)[0] + 1, *cuts(f)[1:]))) for f in feeds], exact=True)
    built = tenon.load(m.SerializeToString())
    # the last sum turns over to 6
    for wrong, id in (([1, 1, 1], "TN108"), ([7, -1, 0], "TN104"), ([2**62, 2**62, 6], "TN102"), ([2**63 - 1, 2**63 - 1, 8], "TN102")):
        refused(lambda: built({"x": numbers(6, 2), "s": np.array(wrong)}), id)
    half = model([node("Shape", ["x"], ["n"], end=1), node("Div", ["n", "two"], ["h"]), node("Sub", ["n", "h"], ["r"]),
                  node("Concat", ["h", "r"], ["s"], axis=0), node("Split", ["x", "s"], ["a", "b"], axis=0)], [("x", F, ["N", 2])], [("a", F), ("b", F)],
                 weights(two=np.array([2])))
    check(half, [{"x": numbers(n, 2)} for n in (1, 4, 5, 0)], exact=True)
    late = model([node("ReduceMax", ["k"], ["h"], keepdims=1), node("Shape", ["x"], ["n"], end=1), node("Sub", ["n", "h"], ["r"]),
                  node("Concat", ["h", "r"], ["s"], axis=0), node("Split", ["x", "s"], ["a", "b"], axis=0)], [("x", F, ["N", 2]), ("k", I, ["K"])],
                 [("a", F), ("b", F)])
    check(late, [{"x": numbers(n, 2), "k": np.array(k)} for n, k in ((5, [1, 2]), (4, [0]), (3, [3, 1]), (5, [5]))], exact=True)


def test_ranges():
    """Of every type, down, of none, of uneven ends; limits that are inputs, extents, or computed numbers."""
    for dtype in (np.int64, np.int32, np.float32, np.float64):
        kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        m = model([node("Range", ["a", "b", "c"], ["r"]), node("Mul", ["r", "r"], ["y"])], [(k, kind, []) for k in "abc"], [("y", kind), ("r", kind)])
        feeds = [dict(zip("abc", map(dtype, v))) for v in ((0, 5, 1), (10, 1, -3), (3, 3, 1), (5, 1, 1), (-4, 6, 4), (0, 1000, 7))]
        if np.dtype(dtype).kind == "f":
            feeds += [dict(zip("abc", map(dtype, v))) for v in ((0, 1, .1), (1, -1, -.25), (.5, 3.5, .75))]
        lengths = [max(0, int(np.ceil((float(f["b"]) - float(f["a"])) / float(f["c"])))) for f in feeds]
        rows = [(f["a"] + np.arange(n) * f["c"]).astype(dtype) for f, n in zip(feeds, lengths)]
        check(m, feeds, [{"y": r * r, "r": r} for r in rows])
        refused(lambda: tenon.load(m.SerializeToString())(dict(zip("abc", map(dtype, (0, 5, 0))))), "TN101")
    m = model([node("Size", ["x"], ["n"]), node("Range", ["zero", "n", "two"], ["r"]), node("Gather", ["x", "r"], ["y"])], [("x", F, ["N"])], [("y", F)],
              weights(zero=np.array(0), two=np.array(2)))
    check(m, [{"x": numbers(n)} for n in (5, 0, 1, 8)], exact=True)
    m = model([node("ReduceSum", ["k"], ["n"], keepdims=0), node("Range", ["zero", "n", "one"], ["r"]), node("Cast", ["r"], ["f"], to=F),
               node("Softmax", ["f"], ["y"], axis=0)], [("k", I, ["K"])], [("y", F), ("r", I)], weights(zero=np.array(0), one=np.array(1)))
    check(m, [{"k": np.array(k, np.int64)} for k in ([1, 2], [3, 4, 5], [1], [])])


def test_ranges_of_floats_that_a_run_counts():
    """Anchors' places: by an extent cast to float, by half steps, by what numbers say; start and step computed, too. What is made has an extent that nobody
    knew, and goes on.
    """
    m = model([node("Shape", ["x"], ["s"], start=1), node("Squeeze", ["s"], ["n"]), node("Cast", ["n"], ["nf"], to=F),
               node("Range", ["half", "nf", "one"], ["at"]), node("Div", ["at", "nf"], ["y"]), node("Unsqueeze", ["y", "axis"], ["col"]),
               node("Mul", ["col", "y"], ["grid"]), node("Add", ["x", "y"], ["z"])], [("x", F, ["N", "W"])], [("y", F), ("grid", F), ("z", F)],
              weights(half=np.float32(.5), one=np.float32(1), axis=np.array([1])))
    check(m, [{"x": numbers(2, n)} for n in (1, 7, 0, 16)])
    m = model([node("ReduceMin", ["k"], ["a"], keepdims=0), node("ReduceMax", ["k"], ["b"], keepdims=0), node("ReduceMean", ["k"], ["c"], keepdims=0),
               node("Range", ["a", "b", "c"], ["r"]), node("Exp", ["r"], ["y"])], [("k", F, ["K"])], [("r", F), ("y", F)])
    check(m, [{"k": np.array(k, np.float32)} for k in ([0, 2, 1], [1, 1], [-3, 1, 4], [-3, -1])])
    m = model([node("ReduceMin", ["k"], ["a"], keepdims=0), node("ReduceMax", ["k"], ["b"], keepdims=0), node("Gather", ["k", "zero"], ["c"]),
               node("Range", ["a", "b", "c"], ["r"]), node("Neg", ["r"], ["y"])], [("k", I, ["K"])], [("r", I), ("y", I)], weights(zero=np.array(0)))
    feeds = [{"k": np.array(k)} for k in ([2, -5, 9], [1, 1], [-1, 3, 4], [3, -7])]
    check(m, feeds, [{"r": r, "y": -r} for r in (np.arange(f["k"].min(), f["k"].max(), f["k"][0]) for f in feeds)])


def test_repeats():
    """An input, with zeros and ones; a list as long as a rank that is not the data's is refused; computed by numbers."""
    m = model([node("Tile", ["x", "r"], ["y"]), node("Add", ["y", "y"], ["z"])], [("x", F, ["N", "M"]), ("r", I, [2])], [("y", F), ("z", F)])
    feeds = [{"x": numbers(n, 3), "r": np.array(r)} for n, r in ((2, [1, 1]), (2, [3, 2]), (1, [0, 2]), (0, [2, 2]), (2, [1, 4]))]
    check(m, feeds, [{"y": np.tile(f["x"], f["r"]), "z": 2 * np.tile(f["x"], f["r"])} for f in feeds], exact=True)
    built = tenon.load(m.SerializeToString())
    for wrong in ([-1, 2], [2**40, 2**40]):
        refused(lambda: built({"x": numbers(2, 3), "r": np.array(wrong)}), "TN102" if wrong[0] > 0 else "TN104")
    m = model([node("ReduceMax", ["k"], ["n"], keepdims=1), node("Concat", ["one", "n"], ["r"], axis=0), node("Tile", ["x", "r"], ["y"])],
              [("x", F, ["N", "M"]), ("k", I, ["K"])], [("y", F)], weights(one=np.array([1])))
    check(m, [{"x": numbers(2, 3), "k": np.array(k)} for k in ([1], [0], [2, 5], [3])], exact=True)


def test_axes_that_a_run_reads():
    """Squeeze, Unsqueeze and reductions by axes that are inputs."""
    x = numbers(1, 3, 1, 4)
    for op, axes in (("Squeeze", ([0], [2], [-2])), ("Unsqueeze", ([0], [4], [-1])), ("ReduceSum", ([0], [1], [-1])), ("ReduceMax", ([3], [0], [1]))):
        m = model([node(op, ["x", "a"], ["y"])], [("x", F, ["A", "B", "C", "D"]), ("a", I, [1])],
                  [("y", F, [f"o{k}" for k in range({"Squeeze": 3, "Unsqueeze": 5}.get(op, 4))])])
        check(m, [{"x": x, "a": np.array(a)} for a in axes])


def test_squeezing_whatever_is_one():
    """Without a list of axes: known ones go, open ones stay; a run in which such a one is 1 would have another rank, and says so."""
    m = model([node("Squeeze", ["x"], ["y"]), node("Neg", ["y"], ["z"])], [("x", F, [1, 3, 1, "N"])], [("y", F), ("z", F)])
    check(m, [{"x": numbers(1, 3, 1, n)} for n in (4, 2, 0)], exact=True)
    built = tenon.load(m.SerializeToString())
    refused(lambda: built(numbers(1, 3, 1, 1)), "TN108", "list them")
    assert built(numbers(1, 3, 1, 5))["y"].shape == (3, 5)
    check(model([node("Squeeze", ["x"], ["y"])], [("x", F, ["N", 3])], [("y", F)]), [{"x": numbers(n, 3)} for n in (4, 0)], exact=True)
    check(model([node("Squeeze", ["x"], ["y"])], [("x", F, [1, 1, 1])], [("y", F)]), [{"x": numbers(1, 1, 1)}], exact=True)


def test_slices_from_the_end_that_a_run_computes():
    """The last k by a negated number, all but the last k, backwards from a place that may count from the end."""
    m = model([node("ReduceMax", ["k"], ["n"], keepdims=1), node("Neg", ["n"], ["m"]), node("Slice", ["x", "m", "most", "zero"], ["tail"]),
               node("Slice", ["x", "zero", "m", "zero"], ["head"]), node("Slice", ["x", "n", "least", "zero", "back"], ["turned"]),
               node("ReduceMin", ["k"], ["p"], keepdims=1), node("Slice", ["x", "p", "most", "zero"], ["from"])], [("x", F, ["L", 2]), ("k", I, ["K"])],
              [("tail", F), ("head", F), ("turned", F), ("from", F)], weights(most=np.array([2**63 - 1]), least=np.array([-2**63]), zero=np.array([0]),
        back=np.array([-1])))
    check(m, [{"x": numbers(n, 2), "k": np.array(k)} for n, k in ((6, [2, 1]), (6, [0, -3]), (3, [9, 4]), (6, [-2, -4]), (5, [-9, -9]), (1, [1, 0]))],
          exact=True)


def test_slices_by_extents_less_a_constant():
    """x[n - c:] and x[:n - c]: where n is smaller than c the place counts from the end. Of the axis' own extent, of another's; backwards."""
    most, zero = np.array([2**63 - 1]), np.array([0])
    for c in (1, 2, 3, 5):
        nodes = [node("Shape", ["z"], ["s"]), node("Sub", ["s", "c"], ["e"]), node("Slice", ["x", "e", "most", "zero"], ["tail"]),
                 node("Slice", ["x", "zero", "e", "zero"], ["head"]), node("Slice", ["x", "e", "least", "zero", "back"], ["turned"]),
                 node("Slice", ["x", "most", "e", "zero", "back"], ["rest"])]
        held = weights(c=np.array([c]), most=most, zero=zero, least=np.array([-2**63]), back=np.array([-1]))
        outputs = [(name, F) for name in ("tail", "head", "turned", "rest")]
        def own(n):
            n.input[:] = ["x" if name == "z" else name for name in n.input]
            return n
        check(model(nodes, [("x", F, ["N"]), ("z", F, ["M"])], outputs, held), [{"x": numbers(n), "z": numbers(k)} for n in (6, 3, 1, 0) for k in (7, 2, 1, 0)],
              exact=True)
        check(model([own(n) for n in nodes], [("x", F, ["N"])], outputs, held), [{"x": numbers(n)} for n in (6, 5, 4, 3, 2, 1, 0)], exact=True)


def test_slices_that_a_run_computes():
    """From where a mask says; the end behind the start is none; a sequence's last step by its length."""
    m = model([node("ReduceSum", ["mask"], ["n"], keepdims=1), node("Sub", ["n", "one"], ["from"]), node("Slice", ["x", "from", "n", "zero"], ["last"]),
               node("Slice", ["x", "zero", "n", "zero"], ["kept"]), node("Slice", ["x", "n", "from", "zero"], ["none"])],
              [("x", F, ["L", 3]), ("mask", I, ["L"])], [("last", F), ("kept", F), ("none", F)], weights(one=np.array([1]), zero=np.array([0])))
    feeds = [{"x": numbers(len(k), 3), "mask": np.array(k)} for k in ([1, 1, 0], [1, 0, 0, 0], [1, 1], [1])]
    check(m, feeds, [{"last": f["x"][f["mask"].sum() - 1:f["mask"].sum()], "kept": f["x"][:f["mask"].sum()], "none": f["x"][:0]} for f in feeds], exact=True)
