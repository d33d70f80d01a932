"""A decoder of language in bfloat16 as exported for opset 24: RMSNormalization, RotaryEmbedding, a cache written in place by TensorScatter, Attention over
it; weights behind 2 and 4 GiB of a file.
"""
import pathlib
import tempfile

import ml_dtypes
import numpy as np
from onnx import TensorProto, helper, numpy_helper

import tenon
from case import BF, F, H, I, answers_of, check, compare, model, node, numbers, refused, weights

HEADS, SHARED, SIZE, WIDTH, WORDS, ROOM = 4, 2, 8, 32, 17, 12
TYPES = {F: np.float32, BF: ml_dtypes.bfloat16, H: np.float16}


def layer(kind, grouped=True):
    """Two norms, rotated queries and keys, keys and values into the cache from each sentence's own place on, a gated product; logits in floats."""
    dtype, kv = TYPES[kind], SHARED if grouped else HEADS
    w = {name: (numbers(*shape, seed=k) / np.sqrt(shape[0])).astype(ml_dtypes.bfloat16).astype(dtype) for k,
         (name, shape) in enumerate(dict(wq=(WIDTH, HEADS * SIZE), wk=(WIDTH, kv * SIZE), wv=(WIDTH, kv * SIZE), wo=(HEADS * SIZE, WIDTH), wg=(WIDTH, 48),
                                         wu=(WIDTH, 48), wd=(48, WIDTH)).items())}
    w["table"] = numbers(WORDS, WIDTH).astype(ml_dtypes.bfloat16).astype(dtype)
    w["gamma"] = (1 + numbers(WIDTH, seed=9) / 8).astype(ml_dtypes.bfloat16).astype(dtype)
    angle = np.arange(ROOM)[:, None] / 10000 ** (np.arange(SIZE // 2) / (SIZE // 2))
    w.update(cos=np.cos(angle).astype(ml_dtypes.bfloat16).astype(dtype), sin=np.sin(angle).astype(ml_dtypes.bfloat16).astype(dtype),
             heads=np.array([0, 0, HEADS, SIZE]), kv_heads=np.array([0, 0, kv, SIZE]), flat=np.array([0, 0, HEADS * SIZE]), last=np.array([-1]),
             zero=np.array(0), one=np.array(1))
    norm = lambda x, y: node("RMSNormalization", [x, "gamma"], [y], axis=-1, epsilon=1e-5)
    def apart(x, weight, shape, y):
        return [node("MatMul", [x, weight], [y + "_m"]), node("Reshape", [y + "_m", shape], [y + "_r"]), node("Transpose", [y + "_r"], [y], perm=[0, 2, 1, 3])]
    nodes = [node("Gather", ["table", "ids"], ["x"]), norm("x", "n"), *apart("n", "wq", "heads", "q"), *apart("n", "wk", "kv_heads", "k"),
             *apart("n", "wv", "kv_heads", "v"), node("Shape", ["ids"], ["s"], start=1, end=2), node("Squeeze", ["s"], ["length"]),
             node("Range", ["zero", "length", "one"], ["steps"]), node("Unsqueeze", ["past", "last"], ["past1"]), node("Add", ["past1", "steps"], ["places"]),
             node("RotaryEmbedding", ["q", "cos", "sin", "places"], ["qr"]), node("RotaryEmbedding", ["k", "cos", "sin", "places"], ["kr"]),
             node("TensorScatter", ["k_cache", "kr", "past"], ["k_new"]), node("TensorScatter", ["v_cache", "v", "past"], ["v_new"]),
             node("Add", ["past", "s"], ["filled"]), node("Attention", ["qr", "k_new", "v_new", "mask", "", "", "filled"], ["c"]),
             node("Transpose", ["c"], ["ct"], perm=[0, 2, 1, 3]), node("Reshape", ["ct", "flat"], ["cf"]), node("MatMul", ["cf", "wo"], ["o"]),
             node("Add", ["x", "o"], ["h"]), norm("h", "hn"), node("MatMul", ["hn", "wg"], ["g"]), node("Sigmoid", ["g"], ["gs"]),
             node("Mul", ["g", "gs"], ["silu"]), node("MatMul", ["hn", "wu"], ["u"]), node("Mul", ["silu", "u"], ["gu"]), node("MatMul", ["gu", "wd"], ["d"]),
             node("Add", ["h", "d"], ["e"]), norm("e", "en"), node("Transpose", ["table"], ["tt"]), node("MatMul", ["en", "tt"], ["lg"]),
             node("Cast", ["lg"], ["logits"], to=F)]
    cache = ["B", kv, ROOM, SIZE]
    return model(nodes, [("ids", I, ["B", "S"]), ("past", I, ["B"]), ("k_cache", kind, cache), ("v_cache", kind, cache), ("mask", kind, ["B", 1, "S", ROOM])],
                 [("logits", F), ("k_new", kind), ("v_new", kind)], weights(**w), opset=24)


def mask_of(past, length, dtype):
    """A query sees the keys up to its own place."""
    place = np.asarray(past)[:, None] + np.arange(length)
    seen = np.arange(ROOM) <= place[..., None]
    return np.where(seen, 0, -np.inf).astype(dtype)[:, None]


def in_doubles(feed, w, kv):
    """The layer by its definition, in doubles, of the given weights and caches."""
    w, f = {k: v.astype(np.float64) if v.dtype != np.int64 else v for k, v in w.items()}, {k: v.astype(np.float64) if v.dtype not in (np.int64,) else v for k,
        v in feed.items()}
    norm = lambda x: x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-5) * w["gamma"]
    b, s = f["ids"].shape
    x = w["table"][f["ids"]]
    apart = lambda y, n: y.reshape(b, s, n, SIZE).transpose(0, 2, 1, 3)
    q, k, v = apart(norm(x) @ w["wq"], HEADS), apart(norm(x) @ w["wk"], kv), apart(norm(x) @ w["wv"], kv)
    places = f["past"][:, None] + np.arange(s)
    cos, sin = w["cos"][places][:, None], w["sin"][places][:, None]
    turn = lambda y: np.concatenate([cos * y[..., :SIZE // 2] - sin * y[..., SIZE // 2:], sin * y[..., :SIZE // 2] + cos * y[..., SIZE // 2:]], -1)
    q, k = turn(q), turn(k)
    caches = [f["k_cache"].copy(), f["v_cache"].copy()]
    for n in range(b):
        caches[0][n, :, f["past"][n]:f["past"][n] + s], caches[1][n, :, f["past"][n]:f["past"][n] + s] = k[n], v[n]
    keys, values = (np.repeat(c, HEADS // kv, 1) for c in caches)
    scores = q @ keys.transpose(0, 1, 3, 2) / np.sqrt(SIZE) + f["mask"]
    scores = np.where((np.arange(ROOM) < (f["past"] + s)[:, None])[:, None, None], scores, -np.inf)
    p = np.exp(scores - scores.max(-1, keepdims=True))
    c = (p / p.sum(-1, keepdims=True)) @ values
    h = x + c.transpose(0, 2, 1, 3).reshape(b, s, -1) @ w["wo"]
    g = norm(h) @ w["wg"]
    e = h + (g / (1 + np.exp(-g)) * (norm(h) @ w["wu"])) @ w["wd"]
    return {"logits": norm(e) @ w["table"].T, "k_new": caches[0], "v_new": caches[1]}


def decode(kind, grouped, permit=()):
    """Two sentences from places of their own: a prompt of three, then token after token, each fed the caches of ours."""
    dtype, kv, m = TYPES[kind], SHARED if grouped else HEADS, layer(kind, grouped)
    held = {t.name: numpy_helper.to_array(t) for t in m.graph.initializer}
    of_largest = compare.MODEL["of_largest" if kind == F and not permit else "of_largest_half"]
    with tempfile.TemporaryDirectory() as folder:
        for mode in ("optimised", "plain", "saved"):
            built = tenon.load(m.SerializeToString(), optimize=mode != "plain", threads=2, permit=list(permit))
            if mode == "saved":
                built.save(f"{folder}/a.engine")
                built = tenon.load(f"{folder}/a.engine", threads=2, permit=list(permit))
            past, cache = np.array([0, 2]), {name: np.zeros((2, kv, ROOM, SIZE), dtype) for name in ("k_cache", "v_cache")}
            cache["k_cache"][1, :, :2], cache["v_cache"][1, :, :2] = numbers(kv, 2, SIZE), numbers(kv, 2, SIZE, seed=1)
            cache["k_cache"][:, :, ROOM - 1], cache["v_cache"][:, :, ROOM - 1] = 99, -77     # what nobody has written yet is not read
            for step in range(7):
                length = 3 if step == 0 else 1
                ids = np.random.default_rng(step).integers(0, WORDS, (2, length))
                feed = {"ids": ids, "past": past, **cache, "mask": mask_of(past, length, dtype)}
                got, want = answers_of(built, feed), in_doubles(feed, held, kv)
                for name, exact in want.items():
                    error, most = np.abs(got[name].astype(np.float64) - exact).max(), np.abs(exact[..., :ROOM - 1, :]).max()
                    bound = 2 * 2.0**(np.floor(np.log2(most)) - 7) if kind == BF else of_largest * most   # of bfloat16: two units in the last place
                    off = f"{mode}, step {step}, '{name}' is off by {error:.2e}, at most {bound:.2e} is allowed"
                    assert got[name].shape == exact.shape and error <= bound, off
                assert (got["k_new"][:, :, ROOM - 1] == 99).all(), "the cache's end was written"
                cache, past = {"k_cache": got["k_new"], "v_cache": got["v_new"]}, past + length


def test_decoder_in_floats():
    decode(F, True)
    decode(F, False)


def test_decoder_in_bfloat16():
    decode(BF, True)
    decode(BF, False)


def test_decoder_in_halves_and_where_narrow_types_are_permitted():
    decode(H, True)
    for permit in (("f16",), ("bf16",)):
        decode(F, True, permit)


def test_a_cache_that_goes_round():
    """Circular: places count on behind the end from the start. Against numpy."""
    for kind in (F, BF):
        m = model([node("TensorScatter", ["c", "u", "p"], ["y"], mode="circular"), node("Identity", ["c"], ["before"])],
                  [("c", kind, ["B", 2, "L", 3]), ("u", kind, ["B", 2, "S", 3]), ("p", I, ["B"])], [("y", kind), ("before", kind)], opset=24)
        feeds, wanted = [], []
        for length, new, at in ((5, 2, (4, 0)), (5, 5, (3, 1)), (4, 1, (7, 3)), (5, 2, (2, 4)), (3, 0, (1, 2))):
            c, u = numbers(2, 2, length, 3).astype(TYPES[kind]), numbers(2, 2, new, 3, seed=1).astype(TYPES[kind])
            y = c.copy()
            for b in range(2):
                for k in range(new):
                    y[b, :, (at[b] + k) % length] = u[b, :, k]
            feeds.append({"c": c, "u": u, "p": np.array(at)})
            wanted.append({"y": y, "before": c})
        check(m, feeds, wanted, exact=True)


def test_a_cache_that_is_full_is_refused():
    m = model([node("TensorScatter", ["c", "u", "p"], ["y"])], [("c", F, ["B", 2, "L", 3]), ("u", F, ["B", 2, "S", 3]), ("p", I, ["B"])], [("y", F)], opset=24)
    for optimize in (True, False):
        built = tenon.load(m.SerializeToString(), optimize=optimize)
        feed = lambda at: {"c": numbers(1, 2, 4, 3), "u": numbers(1, 2, 2, 3), "p": np.array([at])}
        for at in (3, -1, 2**62, 2**63 - 1):
            refused(lambda: built(feed(at)), "TN101")
        assert built(feed(2)).shape == (1, 2, 4, 3)


# ---- files beyond 2 GiB
def external(name, array, place, offset, length=None):
    t = TensorProto(name=name, data_type=helper.np_dtype_to_tensor_dtype(array.dtype), dims=array.shape, data_location=TensorProto.EXTERNAL)
    for key, value in (("location", place), ("offset", str(offset)), ("length", str(array.nbytes if length is None else length))):
        t.external_data.add(key=key, value=value)
    return t


def test_weights_behind_two_and_four_gibibytes():
    """A sparse file takes no room on the disk; offsets of 32 bits, signed or not, would read zeros. What lies behind its end, or beyond 64 bits, is refused."""
    w, b = numbers(6, 4), numbers(4, seed=1).astype(ml_dtypes.bfloat16)
    places = 2**31 + 4096, 2**32 + 8192
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/weights.bin", "wb") as file:
            file.truncate(places[1] + 4096)
            for place, array in zip(places, (w, b)):
                file.seek(place)
                file.write(array.tobytes())
        assert pathlib.Path(f"{folder}/weights.bin").stat().st_blocks < 2**15, "the file takes room"

        def saved(tensors):
            m = model([node("MatMul", ["x", "w"], ["p"]), node("Cast", ["b"], ["bf"], to=F), node("Add", ["p", "bf"], ["y"])], [("x", F, ["N", 6])], [("y", F)],
                      tensors)
            pathlib.Path(f"{folder}/m.onnx").write_bytes(m.SerializeToString())
            return f"{folder}/m.onnx"
        x = numbers(3, 6)
        check(saved([external("w", w, "weights.bin", places[0]), external("b", b, "weights.bin", places[1])]), [{"x": x}],
              [{"y": x @ w + b.astype(np.float32)}])
        for offset, length in ((places[1] + 4096, None), (places[1] + 4090, None), (2**63, None), (2**64 + places[0], None), (-1, None), (places[0], 95)):
            path = saved([external("w", w, "weights.bin", offset, length), external("b", b, "weights.bin", places[1])])
            refused(lambda: tenon.load(path), "TN203")
        for place, id in (("../weights.bin", "TN203"), ("/etc/hostname", "TN203"), ("none.bin", "TN701")):
            path = saved([external("w", w, place, 0), external("b", b, "weights.bin", places[1])])
            refused(lambda: tenon.load(path), id)
