"""Empty tensors everywhere: no images, no places, no terms of a sum, no rounds. By numpy and the definitions; ONNX Runtime refuses or misses some."""
import numpy as np
from onnx import helper

import tenon
from case import B, F, I, I32, by_runtime, check, graph, model, node, numbers, refused, weights


def none(*shape, dtype=np.float32):
    return np.zeros(shape, dtype)


def one(op, inputs, want, opset=18, held=None, open_axes=None, **attributes):
    """One node, the first half of whose inputs' extents are open, but for lists; `want` holds its outputs, in order."""
    kinds = {k: helper.np_dtype_to_tensor_dtype(v.dtype) for k, v in inputs.items()}
    wants = want if isinstance(want, list) else [want]
    names = [f"y{k}" for k in range(len(wants))]
    def extents(name, v):
        count = (v.ndim > 1) * (v.ndim + 1) // 2 if open_axes is None else open_axes
        return [f"{name}{d}" for d in range(count)] + list(v.shape[count:])
    m = model([node(op, [*inputs, *(held or {})], names, **attributes)], [(k, kinds[k], extents(k, v)) for k, v in inputs.items()],
              [(n, helper.np_dtype_to_tensor_dtype(w.dtype)) for n, w in zip(names, wants)], weights(**(held or {})), opset)
    check(m, [inputs], [dict(zip(names, wants))])


def test_networks_without_images():
    """A batch of none through all that a classifier has, before and behind batches of some."""
    nodes = [node("Conv", ["x", "w", "b"], ["c"], pads=[1, 1, 1, 1]), node("BatchNormalization", ["c", "s", "b", "m", "v"], ["n"]), node("Relu", ["n"], ["r"]),
             node("MaxPool", ["r"], ["p"], kernel_shape=[2, 2], strides=[2, 2]), node("Conv", ["p", "dw"], ["d"], group=4, kernel_shape=[3, 3],
        pads=[1, 1, 1, 1]), node("AveragePool", ["d"], ["a"], kernel_shape=[2, 2], strides=[1, 1]), node("ConvTranspose", ["a", "wt"], ["t"], strides=[2, 2]),
             node("Resize", ["t", "", "", "sizes"], ["z"], mode="linear"), node("GlobalAveragePool", ["t"], ["g"]), node("Flatten", ["g"], ["f"]),
             node("Gemm", ["f", "gw", "gb"], ["l"]), node("LayerNormalization", ["l", "gs"], ["ln"]), node("Softmax", ["ln"], ["y"]),
             node("ArgMax", ["y"], ["best"], axis=1)]
    nodes = [n for n in nodes if n.op_type != "Resize"]
    m = model(nodes, [("x", F, ["N", 3, "H", "W"])], [("y", F), ("best", I), ("t", F)],
              weights(w=numbers(4, 3, 3, 3), b=numbers(4), s=numbers(4, seed=1), m=numbers(4, seed=2), v=np.abs(numbers(4, seed=3)) + 1, dw=numbers(4, 1, 3, 3),
                      wt=numbers(4, 2, 2, 2), gw=numbers(2, 5), gb=numbers(5), gs=np.ones(5, np.float32)))
    feeds = [{"x": numbers(*s)} for s in ((2, 3, 8, 8), (0, 3, 8, 8), (1, 3, 7, 9), (0, 3, 6, 10))]
    wanted = by_runtime(m, feeds[::2])
    nothing = lambda h, w: {"y": none(0, 5), "best": none(0, 1, dtype=np.int64), "t": none(0, 2, (h // 2 - 1) * 2, (w // 2 - 1) * 2)}
    check(m, feeds, [wanted[0], nothing(8, 8), wanted[1], nothing(6, 10)])


def test_sums_of_nothing():
    """0 for sums and norms, 1 for products, the ends of the type for extremes, NaN for means of floats: the definition since opset 20, numpy's where both
    agree.
    """
    x = none(3, 0, 2)
    axes = {"axes": np.array([1])}
    for op, value in (("ReduceSum", 0), ("ReduceSumSquare", 0), ("ReduceL1", 0), ("ReduceL2", 0), ("ReduceProd", 1), ("ReduceMax", -np.inf),
                      ("ReduceMin", np.inf), ("ReduceLogSum", -np.inf), ("ReduceLogSumExp", -np.inf), ("ReduceMean", np.nan)):
        for keep in (0, 1):
            one(op, {"x": x}, np.full((3, 1, 2) if keep else (3, 2), value, np.float32), opset=20, held=axes, keepdims=keep)
        one(op, {"x": x}, np.full((1, 1, 1), value, np.float32), opset=20)
        one(op, {"x": none(0, 4, 2)}, none(0, 1, 2), opset=20, held=axes)
    i = none(2, 0, dtype=np.int64)
    for op, value in (("ReduceSum", 0), ("ReduceProd", 1), ("ReduceMax", np.iinfo(np.int64).min), ("ReduceMin", np.iinfo(np.int64).max)):
        one(op, {"x": i}, np.full((2, 1), value, np.int64), opset=20, held=axes)


def test_products_of_nothing():
    """Zeros where the inner extent is 0, and the bias stays; nothing where an outer one is."""
    for a, b, y in (((2, 0), (0, 3), (2, 3)), ((0, 4), (4, 3), (0, 3)), ((2, 4), (4, 0), (2, 0)), ((5, 2, 0), (5, 0, 3), (5, 2, 3)),
                    ((0, 2, 3), (0, 3, 4), (0, 2, 4)), ((0,), (0,), ()), ((3, 2, 0), (0, 4), (3, 2, 4))):
        one("MatMul", {"a": numbers(*a), "b": numbers(*b)}, none(*y))
    c = numbers(2, 3)
    one("Gemm", {"a": none(2, 0), "b": none(0, 3), "c": c}, c * np.float32(.5), beta=.5)
    one("Gemm", {"a": none(0, 2), "b": none(3, 0), "c": c}, c, transA=1, transB=1)
    one("Gemm", {"a": none(0, 4), "b": numbers(4, 3), "c": numbers(3)}, none(0, 3))
    one("Einsum", {"a": none(2, 0, 3), "b": none(2, 3, 4)}, none(2, 0, 4), equation="bij,bjk->bik")
    one("Einsum", {"a": none(2, 0), "b": none(0, 3)}, none(2, 3), equation="ij,jk->ik")
    one("MatMulInteger", {"a": none(2, 0, dtype=np.uint8), "b": none(0, 3, dtype=np.uint8)}, none(2, 3, dtype=np.int32))


def test_constant_weights_and_nothing():
    """Weights of no rows are packed, too: a product with them is zeros, a bias goes on."""
    m = model([node("MatMul", ["x", "w"], ["a"]), node("Add", ["a", "b"], ["c"]), node("Relu", ["c"], ["y"])], [("x", F, ["N", 0])], [("y", F)],
              weights(w=none(0, 3), b=np.array([1, -1, 2], np.float32)))
    check(m, [{"x": none(n, 0)} for n in (2, 0, 5)], [{"y": np.tile(np.array([1, 0, 2], np.float32), (n, 1))} for n in (2, 0, 5)])
    m = model([node("MatMul", ["x", "w"], ["a"]), node("Softmax", ["a"], ["y"])], [("x", F, ["N", 4])], [("y", F)], weights(w=none(4, 0)))
    check(m, [{"x": numbers(n, 4)} for n in (2, 0)], [{"y": none(n, 0)} for n in (2, 0)])
    m = model([node("Conv", ["x", "w"], ["a"]), node("Sigmoid", ["a"], ["y"])], [("x", F, ["N", 2, "H", 5])], [("y", F)], weights(w=numbers(3, 2, 1, 1)))
    check(m, [{"x": numbers(n, 2, h, 5)} for n, h in ((1, 4), (0, 4), (2, 3))], lambda m, feeds: [by_runtime(m, [f])[0] for f in feeds])
    refused(lambda: tenon.load(m.SerializeToString())(none(1, 2, 0, 5)), "TN101", "the padded input is only 0")         # as PyTorch does


def test_moves_of_nothing():
    x = numbers(2, 3, 4)
    at = lambda *v: np.array(v, np.int64)
    one("Slice", {"x": x}, none(2, 0, 4), held=dict(s=at(2), e=at(1), a=at(1)))
    one("Slice", {"x": x}, none(0, 3, 4), held=dict(s=at(9), e=at(2**63 - 1), a=at(0)))
    one("Slice", {"x": x}, none(2, 3, 0), held=dict(s=at(0), e=at(3), a=at(-1), t=at(-1)))
    one("Slice", {"x": none(0, 3)}, none(0, 2), held=dict(s=at(0, 1), e=at(5, 3)))
    one("Gather", {"x": x, "i": none(0, dtype=np.int64)}, none(2, 0, 4), axis=1)
    one("Gather", {"x": x, "i": none(2, 0, dtype=np.int32)}, none(2, 0, 3, 4), axis=0)
    one("Gather", {"x": none(0, 3), "i": at(2, 0)}, none(0, 2), axis=1)
    one("GatherElements", {"x": x, "i": none(2, 0, 4, dtype=np.int64)}, none(2, 0, 4), axis=1)
    one("GatherND", {"x": x, "i": none(0, 2, dtype=np.int64)}, none(0, 4))
    one("Concat", {"a": none(2, 0), "b": numbers(2, 3), "c": none(2, 0)}, numbers(2, 3), axis=1)
    one("Concat", {"a": none(2, 0), "b": none(2, 0)}, none(2, 0), axis=1)
    one("Concat", {"a": none(0, 3), "b": none(0, 2)}, none(0, 5), axis=1)
    one("Reshape", {"x": none(0, 6)}, none(0, 2, 3), held=dict(s=at(0, 2, 3)))
    one("Reshape", {"x": none(2, 0)}, none(3, 0), held=dict(s=at(3, 0)), allowzero=1)
    one("Reshape", {"x": none(2, 0, 3)}, none(0, 3), held=dict(s=at(-1, 3)))
    one("Transpose", {"x": none(2, 0, 3)}, none(3, 2, 0), perm=[2, 0, 1])
    one("Split", {"x": x}, [none(2, 0, 4), x[:, :3], none(2, 0, 4)], held=dict(s=at(0, 3, 0)), axis=1)
    one("Split", {"x": none(0, 4)}, [none(0, 2), none(0, 2)], axis=1, num_outputs=2)
    one("Expand", {"x": numbers(1, 3)}, none(0, 3), held=dict(s=at(0, 3)))
    one("Expand", {"x": none(0, 1)}, none(2, 0, 5), held=dict(s=at(2, 1, 5)))
    one("Tile", {"x": x}, none(2, 0, 8), held=dict(r=at(1, 0, 2)))
    one("Pad", {"x": none(2, 0)}, np.full((2, 3), 7, np.float32), held=dict(p=at(0, 1, 0, 2), v=np.float32(7)))
    one("Squeeze", {"x": none(1, 0, 1)}, none(0), held=dict(a=at(0, 2)))
    one("Unsqueeze", {"x": none(0)}, none(1, 0, 1), held=dict(a=at(0, 2)))
    one("Where", {"c": none(0, 1, dtype=bool), "a": numbers(1, 3), "b": np.float32(1)}, none(0, 3))
    one("Flatten", {"x": none(0, 2, 3)}, none(0, 6))
    one("Flatten", {"x": none(2, 0, 3)}, none(2, 0), axis=1)
    one("DepthToSpace", {"x": none(0, 4, 2, 2)}, none(0, 1, 4, 4), blocksize=2)


def test_operators_on_nothing():
    at = lambda *v: np.array(v, np.int64)
    for op in ("Relu", "Exp", "Neg", "Sqrt", "Erf", "Identity", "Sigmoid"):
        one(op, {"x": none(3, 0)}, none(3, 0))
    for op in ("Add", "Mul", "Div", "Pow", "PRelu"):
        one(op, {"a": none(2, 0), "b": numbers(1) if op != "PRelu" else numbers(2, 1)}, none(2, 0))
    one("Equal", {"a": none(0, 1, dtype=np.int64), "b": none(5, dtype=np.int64)}, none(0, 5, dtype=bool))
    one("Cast", {"x": none(0, 2)}, none(0, 2, dtype=np.int32), to=I32)
    one("Softmax", {"x": none(3, 0)}, none(3, 0), axis=1)
    one("Softmax", {"x": none(0, 3)}, none(0, 3), axis=1)
    one("LogSoftmax", {"x": none(2, 0, 3)}, none(2, 0, 3), axis=1)
    one("LayerNormalization", {"x": none(0, 4)}, none(0, 4), held=dict(s=np.ones(4, np.float32)))
    one("CumSum", {"x": none(2, 0)}, none(2, 0), held=dict(a=np.array(1)))
    one("TopK", {"x": numbers(2, 4)}, [none(2, 0), none(2, 0, dtype=np.int64)], held=dict(k=at(0)))
    one("TopK", {"x": none(2, 0)}, [none(2, 0), none(2, 0, dtype=np.int64)], held=dict(k=at(0)))
    one("ArgMax", {"x": none(0, 4)}, none(0, 1, dtype=np.int64), axis=1)
    one("NonZero", {"x": none(2, 0)}, none(2, 0, dtype=np.int64))
    one("OneHot", {"i": none(0, dtype=np.int64)}, none(0, 4), held=dict(d=np.array(4), v=np.array([0, 1], np.float32)))
    one("OneHot", {"i": at(1, 2)}, none(2, 0), held=dict(d=np.array(0), v=np.array([0, 1], np.float32)))
    one("ScatterElements", {"x": numbers(2, 3), "i": none(2, 0, dtype=np.int64), "u": none(2, 0)}, numbers(2, 3), axis=1)
    one("ScatterElements", {"x": none(0, 3), "i": none(0, 3, dtype=np.int64), "u": none(0, 3)}, none(0, 3), axis=0)
    one("ScatterND", {"x": numbers(2, 3), "i": none(0, 1, dtype=np.int64), "u": none(0, 3)}, numbers(2, 3))
    one("Range", {"a": np.array(3), "b": np.array(3), "c": np.array(1)}, none(0, dtype=np.int64))
    one("Range", {"a": np.float32(3), "b": np.float32(5), "c": np.float32(-1)}, none(0))
    one("ConstantOfShape", {"s": at(2, 0, 3)}, none(2, 0, 3))
    one("Shape", {"x": none(2, 0)}, at(2, 0))
    one("Size", {"x": none(2, 0)}, np.array(0))
    one("Compress", {"x": numbers(3, 2)}, none(0, 2), held=dict(c=np.zeros(3, bool)), axis=0)
    one("Unique", {"x": none(0)}, [none(0), none(0, dtype=np.int64), none(0, dtype=np.int64), none(0, dtype=np.int64)])
    one("QuantizeLinear", {"x": none(0, 3)}, none(0, 3, dtype=np.uint8), held=dict(s=np.float32(.1), z=np.uint8(3)))
    one("DequantizeLinear", {"x": none(0, 3, dtype=np.uint8)}, none(0, 3), held=dict(s=np.float32(.1), z=np.uint8(3)))
    one("Trilu", {"x": none(0, 3, 3)}, none(0, 3, 3))
    one("Einsum", {"a": none(0, 3)}, none(3, 0), equation="ij->ji")
    one("ReverseSequence", {"x": none(0, 3, 2), "l": none(3, dtype=np.int64)}, none(0, 3, 2))
    one("InstanceNormalization", {"x": none(0, 3, 4)}, none(0, 3, 4), held=dict(s=np.ones(3, np.float32), b=np.zeros(3, np.float32)))
    one("RoiAlign", {"x": numbers(1, 2, 4, 4), "r": none(0, 4), "b": none(0, dtype=np.int64)}, none(0, 2, 3, 3), output_height=3, output_width=3)


def test_attention_to_nothing():
    """No queries, or no sentences: nothing. ONNX Runtime's Attention is another's affair."""
    for q, kv in (((2, 3, 0, 4), (2, 3, 5, 4)), ((0, 3, 2, 4), (0, 3, 5, 4))):
        one("Attention", {"q": numbers(*q), "k": numbers(*kv), "v": numbers(*kv)}, none(*q), opset=23, open_axes=1)


def body_of(nodes, inputs, outputs):
    return graph(nodes, inputs, outputs)


def test_loops_of_no_rounds_and_of_nothing():
    """No rounds: states as they were, stacks of none with the rows' extents; rounds over rows of nothing; a condition that is false at once."""
    inside = body_of([node("Add", ["v", "x"], ["v_out"]), node("Identity", ["go"], ["go_out"]), node("Neg", ["v_out"], ["k"])],
                     [("i", I, []), ("go", B, []), ("v", F, None)], [("go_out", B), ("v_out", F), ("k", F)])
    m = model([node("Loop", ["n", "c", "x"], ["last", "rows"], body=inside), node("ReduceSum", ["rows"], ["sum"], keepdims=0),
               node("Concat", ["rows", "rows"], ["twice"], axis=0)], [("n", I, []), ("c", B, []), ("x", F, ["N", 2])],
              [("last", F), ("rows", F), ("sum", F), ("twice", F)])
    feeds, wanted = [], []
    for n, c, size in ((2, True, 3), (0, True, 3), (3, True, 0), (5, False, 2), (0, False, 0), (1, True, 1)):
        rounds = n if c else 0
        x = numbers(size, 2)
        rows = -np.stack([x * (k + 2) for k in range(rounds)]) if rounds else none(0, size, 2)
        feeds.append({"n": np.array(n), "c": np.array(c), "x": x})
        wanted.append({"last": x * (rounds + 1), "rows": rows, "sum": rows.sum(dtype=np.float32), "twice": np.concatenate([rows, rows])})
    check(m, feeds, wanted)
    inside = body_of([node("Add", ["s", "a"], ["s_out"]), node("Identity", ["s_out"], ["k"])], [("s", F, [2]), ("a", F, [2])], [("s_out", F), ("k", F)])
    m = model([node("Scan", ["s0", "x"], ["last", "kept"], body=inside, num_scan_inputs=1)], [("s0", F, [2]), ("x", F, ["N", 2])], [("last", F), ("kept", F)])
    check(m, [{"s0": numbers(2), "x": x} for x in (numbers(3, 2), none(0, 2))], lambda m,
          feeds: [by_runtime(m, feeds[:1])[0], {"last": numbers(2), "kept": none(0, 2)}])
