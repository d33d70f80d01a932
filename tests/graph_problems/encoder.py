"""BERT and RoBERTa as exporters of ten years wrote them: norms in eight nodes, masks of -1e9, of the least float or of infinity; floats and halves."""
import numpy as np

import tenon
from case import F, H, I, FLOATS, by_runtime, check, model, node, numbers, weights

WIDTH, HEADS, WORDS = 24, 3, 13


def norm(x, y, power="two"):
    return [node("ReduceMean", [x, "last"], [y + "m"], keepdims=1), node("Sub", [x, y + "m"], [y + "d"]), node("Pow", [y + "d", power], [y + "p"]),
            node("ReduceMean", [y + "p", "last"], [y + "v"], keepdims=1), node("Add", [y + "v", "eps"], [y + "e"]), node("Sqrt", [y + "e"], [y + "s"]),
            node("Div", [y + "d", y + "s"], [y + "q"]), node("Mul", [y + "q", "gamma"], [y + "g"]), node("Add", [y + "g", "beta"], [y])]


def encoder(kind, masked, mask_value, large=1.0, eps=1e-12):
    """masked: "times" (1 - mask) * value + scores, "where" scores or the value. `large` scales what enters the norms."""
    dtype = FLOATS[kind]
    w = {f"w{k}": (numbers(WIDTH, WIDTH, seed=ord(k)) / 5).astype(dtype) for k in "qkvof"}
    w.update(table=(numbers(WORDS, WIDTH) * large).astype(dtype), gamma=(1 + numbers(WIDTH, seed=1) / 8).astype(dtype),
             beta=numbers(WIDTH, seed=2, dtype=np.float32).astype(dtype))
    with np.errstate(over="ignore"):
        w.update({k: np.asarray(v, dtype) for k, v in dict(two=2, eps=eps, one=1, root=np.sqrt(WIDTH // HEADS), masked=mask_value, sqrt2=np.sqrt(2),
                                                           half=.5).items()})
    w.update(last=np.array([-1]), at12=np.array([1, 2]), heads=np.array([0, 0, HEADS, WIDTH // HEADS]), flat=np.array([0, 0, WIDTH]))
    def apart(k, y, order):
        return [node("MatMul", ["x", "w" + k], [y + "m"]), node("Reshape", [y + "m", "heads"], [y + "r"]), node("Transpose", [y + "r"], [y], perm=order)]
    mask = [node("Unsqueeze", ["mask", "at12"], ["mask4"])]
    if masked == "times":
        mask += [node("Cast", ["mask4"], ["mf"], to=kind), node("Sub", ["one", "mf"], ["inverse"]), node("Mul", ["inverse", "masked"], ["bias"]),
                 node("Add", ["scaled", "bias"], ["s"])]
    else:
        mask += [node("Cast", ["mask4"], ["mb"], to=9), node("Where", ["mb", "scaled", "masked"], ["s"])]
    nodes = [node("Gather", ["table", "ids"], ["e"]), *norm("e", "x"), *apart("q", "q", [0, 2, 1, 3]), *apart("k", "k", [0, 2, 3, 1]),
             *apart("v", "v", [0, 2, 1, 3]), node("MatMul", ["q", "k"], ["raw"]), node("Div", ["raw", "root"], ["scaled"]), *mask,
             node("Softmax", ["s"], ["p"], axis=-1), node("MatMul", ["p", "v"], ["c"]), node("Transpose", ["c"], ["ct"], perm=[0, 2, 1, 3]),
             node("Reshape", ["ct", "flat"], ["cf"]), node("MatMul", ["cf", "wo"], ["o"]), node("Add", ["o", "x"], ["r"]), *norm("r", "h"),
             node("MatMul", ["h", "wf"], ["f"]), node("Div", ["f", "sqrt2"], ["f1"]), node("Erf", ["f1"], ["f2"]), node("Add", ["f2", "one"], ["f3"]),
             node("Mul", ["f", "f3"], ["f4"]), node("Mul", ["f4", "half"], ["g"]), node("Add", ["g", "h"], ["r2"]), *norm("r2", "y")]
    return model(nodes, [("ids", I, ["B", "S"]), ("mask", I, ["B", "S"])], [("y", kind), ("p", kind)], weights(**w))


def sentences():
    """Of several lengths, padded at the end, at the front, within; one of which nothing is masked."""
    for lengths, width in (((5, 3), 5), ((1,), 1), ((4, 7, 2), 9), ((6,), 6)):
        ids = np.random.default_rng(width).integers(0, WORDS, (len(lengths), width))
        mask = (np.arange(width) < np.array(lengths)[:, None]).astype(np.int64)
        yield {"ids": ids, "mask": mask}
        yield {"ids": ids, "mask": mask[:, ::-1].copy()}


def test_masks_of_every_kind():
    for masked, value in (("times", -1e9), ("times", -10000), ("times", np.finfo(np.float32).min), ("where", -1e9), ("where", np.finfo(np.float32).min),
                          ("where", -np.inf)):
        check(encoder(F, masked, value), list(sentences()))


def test_a_sentence_that_is_masked_whole():
    """-1e9 for all is even; the least float, too, whatever is added to it; of infinity it is NaN, and the sentences beside it stay what they are."""
    feed = next(sentences())
    feed["mask"][1] = 0
    for masked, value in (("times", -1e9), ("times", np.finfo(np.float32).min), ("where", np.finfo(np.float32).min), ("where", -np.inf)):
        check(encoder(F, masked, value), [feed])


def wide(masked, value, kind, **options):
    """The same network in floats, of the halves' weights: what ONNX Runtime on a CPU says of halves is rounded at other places."""
    m = encoder(H, masked, value, **options)
    w = encoder(F, masked, value, **options)
    from onnx import numpy_helper
    halves = {t.name: numpy_helper.to_array(t) for t in m.graph.initializer}
    for t in w.graph.initializer:
        if kind == H and t.name not in ("eps", "masked"):
            t.CopyFrom(numpy_helper.from_array(halves[t.name].astype(np.float32) if halves[t.name].dtype == np.float16 else halves[t.name], t.name))
    answers = by_runtime(w, list(sentences()))
    return [{k: v.astype(FLOATS[kind]) for k, v in a.items()} for a in answers]


def test_masks_in_halves():
    """-65504 and -1e4 are halves; -1e9 as a half is minus infinity, which Where may choose but (1 - mask) may not be multiplied by."""
    for masked, value in (("times", -65504), ("times", -10000), ("where", -65504), ("where", -np.inf), ("where", -1e9)):
        check(encoder(H, masked, value, eps=1e-5), list(sentences()), wide(masked, value, H, eps=1e-5))


def test_what_is_no_number_in_halves_stays_none():
    """0 times the infinity that -1e9 is as a half: NaN, as the model says; a row without a mask is all NaN then, never a guess."""
    feed = next(sentences())
    built = tenon.load(encoder(H, "times", -1e9, eps=1e-5).SerializeToString(), threads=2)
    for optimize in (True, False):
        built = tenon.load(encoder(H, "times", -1e9, eps=1e-5).SerializeToString(), optimize=optimize, threads=2)
        assert np.isnan(built(feed)["p"]).all(), "a product of 0 and infinity is a number"


def test_masks_where_halves_are_permitted():
    """The file says floats: neither -1e9 nor the least float may become an infinity, nor a small epsilon nothing, nor a square of 300 too large."""
    for masked, value, large in (("times", -1e9, 1), ("times", np.finfo(np.float32).min, 1), ("where", -np.inf, 1), ("where", -1e9, 300), ("times", -1e9, 3e4),
                                 ("times", -1e9, 1e-4)):
        m, feeds = encoder(F, masked, value, large), list(sentences())
        wanted = by_runtime(m, feeds)
        for permit in (["f16"], ["bf16"], ["f16", "bf16"]):
            built = tenon.load(m.SerializeToString(), permit=permit, threads=2)
            bound = 5e-3 if permit == ["f16"] else 4e-2
            for feed, want in zip(feeds, wanted):
                for name, got in built(feed).items():
                    error = np.abs(got - want[name]).max() / np.abs(want[name]).max()
                    assert error <= bound, f"{masked} {value}, times {large}, {permit}: '{name}' is off by {error:.1e}"


def test_norms_of_large_and_small_numbers():
    """Squares of 3e4 sum beyond halves, not beyond floats; of numbers around 1e-4 epsilon counts; of equal numbers nothing but it is left."""
    for large in (3e4, 1e-4, 0.0):
        check(encoder(F, "times", -1e9, large), list(sentences()))
    for large in (100.0, 20.0, 1e-2):                         # node by node squares of 300 are no halves; in one they are
        check(encoder(H, "where", -np.inf, large, eps=1e-5), list(sentences()), wide("where", -np.inf, H, large=large, eps=1e-5), modes=("optimised", "saved")
              if large > 50 else ("optimised", "plain", "saved"))
