"""A decoder like GPT-2 as an ONNX model: random weights, keys and values in caches that TensorScatter writes."""
import numpy as np
from onnx import TensorProto, helper, numpy_helper


def decoder(layers=12, width=768, heads=12, vocabulary=50257, room=1024, length="T", kind=np.float32, seed=0):
    """tokens [1,T], place [1], and for each layer keys and values [1,heads,room,width/heads]
    -> logits of the last token [1,vocabulary], and the caches with this call's keys and values from `place` on."""
    random, each, element = np.random.default_rng(seed), width // heads, helper.np_dtype_to_tensor_dtype(np.dtype(kind))
    nodes, weights, names = [], [], iter(range(1 << 30))
    I = TensorProto.INT64

    def constant(value, dtype=np.int64):
        weights.append(numpy_helper.from_array(np.asarray(value, dtype), f"c{next(names)}"))
        return weights[-1].name

    def weight(*shape):
        return constant(random.standard_normal(shape) * 0.6 / np.sqrt(shape[0]), kind)

    def add(op, *inputs, outputs=1, **attributes):
        made = [f"v{next(names)}" for _ in range(outputs)]
        nodes.append(helper.make_node(op, inputs, made, **attributes))
        return made[0] if outputs == 1 else made

    def dense(x, m, n):
        return add("Add", add("MatMul", x, weight(m, n)), constant(random.standard_normal(n) * 0.1, kind))

    def norm(x):
        return add("LayerNormalization", x, constant(np.ones(width), kind), constant(np.zeros(width), kind), epsilon=1e-5)

    tokens, place = "tokens", "place"
    count = add("Shape", tokens, start=1, end=2)
    rows = add("Add", add("Range", constant(0), add("Squeeze", count), constant(1)), place)    # [T]: where each token lies
    x = add("Add", add("Gather", weight(vocabulary, width), tokens), add("Gather", weight(room, width), rows))
    seen = add("LessOrEqual", constant(np.arange(room)), add("Unsqueeze", rows, constant([1])))    # [T,room]
    bias = add("Where", seen, constant(0, kind), constant(-1e4 if kind == np.float16 else -1e9, kind))
    caches = []
    for layer in range(layers):
        parts = add("Split", dense(norm(x), width, 3 * width), outputs=3, axis=-1, num_outputs=3)
        q, k, v = (add("Transpose", add("Reshape", p, constant([1, -1, heads, each])), perm=[0, 2, 1, 3]) for p in parts)
        for name, fresh in (("keys", k), ("values", v)):
            nodes.append(helper.make_node("TensorScatter", [f"{name}_{layer}", fresh, place], [f"new_{name}_{layer}"], axis=2))
            caches.append(f"{name}_{layer}")
        turned = add("Transpose", f"new_keys_{layer}", perm=[0, 1, 3, 2])
        scores = add("Add", add("Mul", add("MatMul", q, turned), constant(1 / np.sqrt(each), kind)), bias)
        mixed = add("MatMul", add("Softmax", scores, axis=-1), f"new_values_{layer}")
        mixed = add("Reshape", add("Transpose", mixed, perm=[0, 2, 1, 3]), constant([1, -1, width]))
        x = add("Add", x, dense(mixed, width, width))
        x = add("Add", x, dense(add("Gelu", dense(norm(x), width, 4 * width), approximate="tanh"), 4 * width, width))
    last = add("Squeeze", add("Slice", norm(x), constant([-1]), constant([2**63 - 1]), constant([1])), constant([1]))
    nodes.append(helper.make_node("MatMul", [last, weight(width, vocabulary)], ["logits"]))
    cache = [1, heads, room, each]
    inputs = [helper.make_tensor_value_info(tokens, I, [1, length]), helper.make_tensor_value_info(place, I, [1])]
    inputs += [helper.make_tensor_value_info(c, element, cache) for c in caches]
    outputs = [helper.make_tensor_value_info("logits", element, [1, vocabulary])]
    outputs += [helper.make_tensor_value_info(f"new_{c}", element, cache) for c in caches]
    graph = helper.make_graph(nodes, "decoder", inputs, outputs, weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 24)], ir_version=11)
