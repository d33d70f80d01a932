"""LSTM, GRU and RNN: both directions, lengths of each sequence (also 0 and all), both layouts, open lengths and batches, extras of each. ONNX Runtime where
it has the layout.
"""
import itertools

import numpy as np

from case import F, I32, by_runtime, check, model, node, numbers, weights

HIDDEN, WIDTH = 5, 3
GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}


def parts(kind, directions, bias=True, peepholes=False):
    g = GATES[kind]
    held = dict(w=numbers(directions, g * HIDDEN, WIDTH) / 2, r=numbers(directions, g * HIDDEN, HIDDEN, seed=1) / 2)
    if bias:
        held["b"] = numbers(directions, 2 * g * HIDDEN, seed=2) / 2
    if peepholes:
        held["p"] = numbers(directions, 3 * HIDDEN, seed=3) / 2
    return held


def network(kind, direction, layout, lengths=True, start=True, held=None, **attributes):
    """All of x and what it starts from are inputs, of open length and batch; y is also summed (without signs), so that its extents count."""
    directions = 2 if direction == "bidirectional" else 1
    held = held or parts(kind, directions)
    x = ["N", "T", WIDTH] if layout else ["T", "N", WIDTH]
    s = ["N", directions, HIDDEN] if layout else [directions, "N", HIDDEN]
    states = {"h": s} | ({"c": s} if kind == "LSTM" else {}) if start else {}
    operands = ["x", "w", "r", "b" if "b" in held else "", "lens" if lengths else "", "h" if start else "", "c" if start and kind == "LSTM" else "", "p"
                if "p" in held else ""]
    while not operands[-1]:
        operands.pop()
    outputs = ["y", "yh", "yc"] if kind == "LSTM" else ["y", "yh"]
    more = {"layout": 1} if layout else {}
    nodes = [node(kind, operands, outputs, hidden_size=HIDDEN, direction=direction, **more, **attributes), node("ReduceL1", ["y"], ["sum"], keepdims=0)]
    inputs = [("x", F, x)] + ([("lens", I32, ["N"])] if lengths else []) + [(k, F, v) for k, v in states.items()]
    return model(nodes, inputs, [(name, F) for name in (*outputs, "sum")], weights(**held), opset=14)


def feeds_of(kind, direction, lengths=True, start=True, sizes=((4, 3), (1, 1), (7, 2), (4, 3), (1, 4))):
    directions, feeds = 2 if direction == "bidirectional" else 1, []
    for t, n in sizes:
        feed = {"x": numbers(t, n, WIDTH, seed=t)}
        if lengths:
            feed["lens"] = np.array([t, (t + 1) // 2, 1, t][:n], np.int32)
        if start:
            feed.update({k: numbers(directions, n, HIDDEN, seed=k == "c") for k in (("h", "c") if kind == "LSTM" else ("h",))})
        feeds.append(feed)
    return feeds


def batch_first(feed):
    return {k: v if k == "lens" else np.ascontiguousarray(v.transpose(1, 0, 2)) for k, v in feed.items()}


def batch_first_answer(answer):
    """Layout 1 is layout 0 with the batch in front: [T,D,N,H] to [N,T,D,H], [D,N,H] to [N,D,H]. ONNX Runtime lacks it."""
    turn = lambda v: v.transpose(2, 0, 1, 3) if v.ndim == 4 else v.transpose(1, 0, 2) if v.ndim == 3 else v
    return {k: turn(v) for k, v in answer.items()}


def compare(kind, direction, **options):
    feeds = feeds_of(kind, direction, **{k: v for k, v in options.items() if k in ("lengths", "start")})
    plain = network(kind, direction, 0, **options)
    wanted = by_runtime(plain, feeds)
    check(plain, feeds, wanted)
    check(network(kind, direction, 1, **options), [batch_first(f) for f in feeds], [batch_first_answer(a) for a in wanted])


def test_directions_lengths_and_layouts():
    for kind, direction, lengths, start in itertools.product(GATES, ("forward", "reverse", "bidirectional"), (True, False), (True, False)):
        compare(kind, direction, lengths=lengths, start=start)


def test_extras():
    compare("LSTM", "bidirectional", held=parts("LSTM", 2, peepholes=True))
    compare("LSTM", "reverse", held=parts("LSTM", 1, bias=False))
    compare("LSTM", "bidirectional", activations=["HardSigmoid", "Softsign", "Tanh", "Sigmoid", "Tanh", "Relu"])
    compare("GRU", "bidirectional", linear_before_reset=1)
    compare("GRU", "forward", linear_before_reset=1, clip=.3, held=parts("GRU", 1, bias=False))
    compare("GRU", "bidirectional", activations=["Sigmoid", "Tanh", "HardSigmoid", "Relu"])
    compare("RNN", "bidirectional", activations=["Relu", "Tanh"])


# ---- by the definition
def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def one_direction(kind, x, w, r, b, lens, h, c, backwards):
    """Of each sequence only its own steps count: behind them y is 0, and the state stays what it was at the last one."""
    steps, batch, _ = x.shape
    y = np.zeros((steps, batch, HIDDEN))
    h, c = h.astype(np.float64).copy(), c.astype(np.float64).copy()
    wb, rb = np.split(b.astype(np.float64), 2)
    for n in range(batch):
        order = range(lens[n])
        for t in reversed(order) if backwards else order:
            a, u = x[t, n].astype(np.float64) @ w.T + wb, h[n] @ r.T + rb
            if kind == "LSTM":
                i, o, f, g = np.split(a + u, 4)
                c[n] = sigmoid(f) * c[n] + sigmoid(i) * np.tanh(g)
                h[n] = sigmoid(o) * np.tanh(c[n])
            elif kind == "GRU":
                (az, ar, ah), (uz, ur, _) = np.split(a, 3), np.split(u, 3)
                z, reset = sigmoid(az + uz), sigmoid(ar + ur)
                new = np.tanh(ah + (reset * h[n]) @ r[2 * HIDDEN:].T + rb[2 * HIDDEN:])
                h[n] = (1 - z) * new + z * h[n]
            else:
                h[n] = np.tanh(a + u)
            y[t, n] = h[n]
    return y, h, c


def defined(kind, held, feed):
    directions = held["w"].shape[0]
    steps, batch, _ = feed["x"].shape
    lens = feed.get("lens", np.full(batch, steps))
    zero = np.zeros((directions, batch, HIDDEN))
    each = [one_direction(kind, feed["x"], held["w"][d], held["r"][d], held["b"][d], lens, feed.get("h", zero)[d], feed.get("c", zero)[d], d == 1)
            for d in range(directions)]
    y, h, c = (np.stack([e[k] for e in each], 1 if k == 0 else 0).astype(np.float32) for k in range(3))
    return {"y": y, "yh": h} | ({"yc": c} if kind == "LSTM" else {}) | {"sum": np.float32(np.abs(y.astype(np.float64)).sum())}


def test_sequences_of_no_length():
    """A length of 0 beside others leaves zeros and the state it started from; no steps at all, and no sequences, leave that alone. ONNX Runtime's last
    states are 0 then.
    """
    for kind, start in itertools.product(GATES, (True, False)):
        held, feeds = parts(kind, 2), feeds_of(kind, "bidirectional", True, start, ((4, 4), (3, 2), (0, 2), (2, 0), (5, 1)))
        for feed, lens in zip(feeds, ([0, 4, 2, 0], [0, 0], [0, 0], [], [5])):
            feed["lens"] = np.array(lens, np.int32)
        wanted = [defined(kind, held, f) for f in feeds]
        check(network(kind, "bidirectional", 0, True, start, held), feeds, wanted)
        check(network(kind, "bidirectional", 1, True, start, held), [batch_first(f) for f in feeds], [batch_first_answer(a) for a in wanted])


def test_the_definition_agrees_with_onnx_runtime():
    for kind in GATES:
        feeds, held = feeds_of(kind, "bidirectional"), parts(kind, 2)
        for ours, theirs in zip([defined(kind, held, f) for f in feeds], by_runtime(network(kind, "bidirectional", 0, held=held), feeds)):
            for name in theirs:
                np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-4, atol=1e-5, err_msg=f"{kind} {name}")


def test_two_layers_as_pytorch_writes_them():
    """[T,D,N,H] to [T,N,D·H] between the layers by Transpose and Reshape, states sliced from inputs of all layers, at 12 lengths."""
    first, second = parts("LSTM", 2), {"w": numbers(2, 4 * HIDDEN, 2 * HIDDEN, seed=7) / 2, "r": numbers(2, 4 * HIDDEN, HIDDEN, seed=8) / 2,
                                       "b": numbers(2, 8 * HIDDEN, seed=9)}
    nodes = [node("Transpose", ["x"], ["xt"], perm=[1, 0, 2])]
    for k, source in ((0, "xt"), (1, "f0")):
        nodes += [node("Slice", ["h0", f"from{k}", f"to{k}", "axis0"], [f"h{k}s"]), node("Slice", ["c0", f"from{k}", f"to{k}", "axis0"], [f"c{k}s"]),
                  node("LSTM", [source, f"w{k}", f"r{k}", f"b{k}", "", f"h{k}s", f"c{k}s"], [f"y{k}", f"hn{k}", f"cn{k}"], hidden_size=HIDDEN,
                       direction="bidirectional"), node("Transpose", [f"y{k}"], [f"t{k}"], perm=[0, 2, 1, 3]), node("Reshape", [f"t{k}", "merge"], [f"f{k}"])]
    nodes += [node("Concat", ["hn0", "hn1"], ["hn"], axis=0), node("Concat", ["cn0", "cn1"], ["cn"], axis=0), node("Transpose", ["f1"], ["y"], perm=[1, 0, 2])]
    held = {f"{k}{n}": v for n, layer in enumerate((first, second)) for k, v in layer.items()}
    held.update(merge=np.array([0, 0, -1]), axis0=np.array([0]), from0=np.array([0]), to0=np.array([2]), from1=np.array([2]), to1=np.array([2**63 - 1]))
    m = model(nodes, [("x", F, ["N", "T", WIDTH]), ("h0", F, [4, "N", HIDDEN]), ("c0", F, [4, "N", HIDDEN])], [("y", F), ("hn", F), ("cn", F)], weights(**held),
              opset=14)
    check(m, [{"x": numbers(n, t, WIDTH), "h0": numbers(4, n, HIDDEN), "c0": numbers(4, n, HIDDEN, seed=1)} for t in (1, 2, 5, 30, 3, 64) for n in (1, 3)])
