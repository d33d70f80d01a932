"""Products of matrices, and what is made of them: recurrent layers, attention, Einstein's sums."""
import numpy as np
from onnx import numpy_helper

from .arithmetic import activation
from .net import float_value


def matmul(n):
    x = n.find(lambda v: float_value(v) and v.rank >= 2 and v.size)
    if not x:
        return
    k = x.shape[-1]
    y = n.find(lambda v: v.dtype == x.dtype and v.rank == x.rank >= 3 and v.shape[:-2] == x.shape[:-2] and v.shape[-1] == k and v.size and v.shape[-2] < 80)
    if y and n.chance(.7):                                  # as attention does
        order = [*range(y.rank - 2), y.rank - 1, y.rank - 2]
        t = n.node("Transpose", [y], [y.shape[i] for i in order], y.dtype, exact=y.exact, perm=order)
        s = n.node("MatMul", [x, t], [*x.shape[:-1], y.shape[-2]], x.dtype)
        s = n.node("Mul", [s, n.constant(x.dtype(1 / np.sqrt(k)))], s.shape, s.dtype)
        return n.node("MatMul", [n.node("Softmax", [s], s.shape, s.dtype, axis=-1), y], [*s.shape[:-1], y.shape[-1]], x.dtype)
    m = n.pick([1, 3, 16, 33, 64])
    if x.rank == 2 and n.chance(.4):
        transposed = n.number(0, 1)
        w = n.weights([m, k] if transposed else [k, m], x.dtype, 1 / np.sqrt(k))
        scaled = {"alpha": .5, "beta": 2.} if n.chance(.2) and not n.whole else {}
        return n.sum("Gemm", [x, w] + [n.weights([m], x.dtype)] * n.number(0, 1), [x.shape[0], m], x, k, transB=transposed, **scaled)
    y = n.sum("MatMul", [x, n.weights([k, m], x.dtype, 1 / np.sqrt(k))], [*x.shape[:-1], m], x, k)
    if n.chance(.6):
        y = n.sum("Add", [y, n.weights([m], x.dtype)], y.shape, y, 1)
    if n.chance(.5):
        activation(n, y)


def recurrent(n):                                            # time is axis 1, as batches stand first; ONNX Runtime knows none of layout 1
    x = n.find(lambda v: float_value(v) and v.rank == 3 and v.size and v.shape[1] <= 24)
    if not x:
        return
    (batch, steps, inputs), by_batch = x.shape, n.chance(.2)
    op, hidden, ways = n.pick(["LSTM", "LSTM", "GRU", "GRU", "RNN"]), n.pick([1, 4, 16, 19, 40]), n.pick([1, 1, 2])
    gates = {"LSTM": 4, "GRU": 3, "RNN": 1}[op]
    attributes = {"hidden_size": hidden, "direction": "bidirectional" if ways == 2 else n.pick(["forward", "reverse"])}
    if by_batch:
        attributes["layout"] = 1
    if n.chance(.15):
        attributes["clip"] = 1.5
    if n.chance(.2):
        x = n.same("Tanh", [x], x)                          # of large sums 1 - sigmoid is nothing but rounding, and Relu lets it through
        n.forget(x)
        attributes["activations"] = {"LSTM": ["HardSigmoid", "Softsign", "Tanh"], "GRU": ["Sigmoid", "Relu"], "RNN": ["Relu"]}[op] * ways
        attributes |= {"activation_alpha": [.25] * ways, "activation_beta": [.5] * ways} if op == "LSTM" else {}
    if op == "GRU" and n.chance(.5):
        attributes["linear_before_reset"] = 1
    part = lambda *shape: n.weights(shape, x.dtype, 1 / np.sqrt(shape[-1]))
    optional = lambda p, made: made() if n.chance(p) else ""
    states = lambda: part(*([batch, ways] if by_batch else [ways, batch]), hidden)
    fixed = 0 if n.open_batch else .4
    operands = [part(ways, gates * hidden, inputs), part(ways, gates * hidden, hidden), optional(.8, lambda: part(ways, 2 * gates * hidden)),
                optional(fixed, lambda: n.constant(n.random.integers(1, steps + 1, batch).astype(np.int32))), optional(fixed, states)]
    if op == "LSTM":
        operands += [optional(fixed, states), optional(.3, lambda: part(ways, 3 * hidden))]
    if not by_batch:
        x = n.node("Transpose", [x], [steps, batch, inputs], x.dtype, exact=x.exact, perm=[1, 0, 2])
        n.forget(x)                                         # their first axis is not the batch
    y_shape, state = ([batch, steps, ways, hidden], [batch, ways, hidden]) if by_batch else ([steps, ways, batch, hidden], [ways, batch, hidden])
    shapes = [y_shape, state] + [state] * (op == "LSTM")
    y, *last = n.node(op, [x, *operands], shapes, x.dtype, outputs=len(shapes), **attributes)
    if not by_batch:
        for v, order in ((y, [2, 0, 1, 3]), (last[0], [1, 0, 2])):
            n.node("Transpose", [v], [v.shape[i] for i in order], v.dtype, perm=order)
        n.forget(y, *last)




def whole_products(n):                                       # of integers
    x = n.find(lambda v: v.exact and v.rank >= 2 and v.size and v.dtype in (np.int32, np.int64, np.uint32, np.uint64))
    if x:
        m, k = n.number(1, 5), x.shape[-1]
        n.node("MatMul", [x, n.constant(n.random.integers(0, 5, [k, m]), x.dtype)], [*x.shape[:-1], m], x.dtype, exact=True)


def einstein(n):
    x = n.find(lambda v: v.float and 2 <= v.rank <= 4 and v.size < 5000 and v.size)
    if not x:
        return
    letters, m = "abcd"[:x.rank], n.number(1, 6)
    kind = n.pick(["product", "outer", "sum", "transposed", "ellipsis", "diagonal"])
    if kind == "product":                                   # the last axis goes, another comes
        w = n.weights([x.shape[-1], m], x.dtype, 1 / np.sqrt(x.shape[-1]))
        return n.sum("Einsum", [x, w], [*x.shape[:-1], m], x, x.shape[-1], equation=f"{letters},{letters[-1]}z->{letters[:-1]}z")
    if kind == "outer" and x.rank < 4:
        return n.sum("Einsum", [x, n.weights([m], x.dtype)], [*x.shape, m], x, 1, equation=f"{letters},z->{letters}z")
    if kind == "sum":
        return n.sum("Einsum", [x], x.shape[:-1], x, x.shape[-1], equation=f"{letters}->{letters[:-1]}")
    if kind == "transposed":
        order = [0, *[int(i) + 1 for i in n.random.permutation(x.rank - 1)]]
        return n.move("Einsum", [x], [x.shape[i] for i in order], x, equation=f"{letters}->{''.join(letters[i] for i in order)}")
    if kind == "ellipsis":
        w = n.weights([x.shape[-1], m], x.dtype, 1 / np.sqrt(x.shape[-1]))
        return n.sum("Einsum", [x, w], [*x.shape[:-1], m], x, x.shape[-1], equation="...i,ij->...j")
    if kind == "diagonal" and x.shape[-1] == x.shape[-2] and x.rank > 2:
        n.move("Einsum", [x], x.shape[:-1], x, equation="...ii->...i")


def determinant(n):
    x = n.find(lambda v: v.dtype in (np.float32, np.float64) and v.rank >= 2 and v.size and min(v.shape[-2:]) <= 6)
    if x:
        e = min(*x.shape[-2:], 4)
        if n.open_batch and x.rank < 3:
            return
        cut = n.move("Slice", [x, n.i64(0, 0), n.i64(e, e), n.i64(-2, -1)], [*x.shape[:-2], e, e], x)
        near = n.same("Add", [n.same("Tanh", [cut], cut), n.constant(3 * np.eye(e), x.dtype)], cut)
        n.node("Det", [near], x.shape[:-2], x.dtype)


def heads_of(n):
    """A value of four axes [B,H,S,D], as attention takes."""
    return n.find(lambda v: v.float and v.rank == 4 and v.size and v.size < 6000 and v.shape[2] > 0 and v.shape[3] % 2 == 0)


def attention(n):
    x = heads_of(n)
    if not x:
        return
    (b, h, s, d), total, kv = x.shape, n.number(1, 9), n.pick([1, x.shape[1]])
    if n.open_batch:
        k = v = x
        kv, total = h, s
    else:
        k, v = (n.weights([b, kv, total, d], x.dtype) for _ in range(2))
    if n.chance(.25):
        scale = {"scale": .5} if n.chance(.3) else {}
        return n.same("FlexAttention", [x, k, v], x, domain="ai.onnx.preview", **scale)
    more = {"is_causal": 1} if n.chance(.4) and total >= s else {}
    if n.chance(.2):
        more["softcap"] = 2.
    if n.chance(.2):
        more["scale"] = .3
    mask = []
    if n.chance(.4):
        mask = [n.constant(n.random.random([s, total]) < .7 if n.chance(.5) else n.random.standard_normal([s, total]))]
        as_type = numpy_helper.to_array(n.constants[-1])
        if as_type.dtype == np.bool_:
            as_type = as_type.copy()
            as_type[:, 0] = True                            # none sees nothing
        n.constants[-1] = numpy_helper.from_array(as_type if as_type.dtype == np.bool_ else as_type.astype(x.dtype), mask[0])
    n.same("Attention", [x, k, v, *mask], x, opset=23, **more)


def rotated(n):
    x = heads_of(n)
    if not x:
        return
    (b, h, s, d), more = x.shape, {"interleaved": n.number(0, 1)}
    turned = d if n.chance(.7) else n.number(1, d // 2) * 2
    if turned != d:
        more["rotary_embedding_dim"] = turned
    angles = n.random.uniform(0, 6, [s, turned // 2])
    if n.open_batch or n.chance(.5):                        # tables by place
        places = n.hidden_input([b, s], np.int64, f"below{s}")
        tables = [n.constant(f(angles), x.dtype) for f in (np.cos, np.sin)] + [places]
    else:
        tables = [n.constant(np.broadcast_to(f(angles), [b, s, turned // 2]), x.dtype) for f in (np.cos, np.sin)]
    n.same("RotaryEmbedding", [x, *tables], x, opset=23, **more)


def linear_attention(n):
    x = n.find(lambda v: v.dtype == np.float32 and v.rank == 3 and v.size and v.shape[2] <= 40 and v.shape[1] <= 20)
    if not x or n.open_batch:
        return
    (b, t, d), heads = x.shape, 2 if x.shape[2] % 2 == 0 and n.chance(.6) else 1
    dv, rule = n.number(1, 5), n.pick(["linear", "gated", "delta", "gated_delta"])
    part = lambda *shape: n.weights(shape, x.dtype, .3)
    q = n.same("Mul", [n.same("Tanh", [x], x), n.constant(.5, x.dtype)], x)
    operands = [q, n.constant(n.random.standard_normal([b, t, d]) * .3, x.dtype), part(b, t, heads * dv), part(b, heads, d // heads, dv) if n.chance(.4) else ""]
    operands.append(n.constant(-n.random.random([b, t, heads]), x.dtype) if "gated" in rule else "")
    operands += [n.constant(n.random.random([b, t, heads]), x.dtype)] if "delta" in rule else []
    while operands[-1] == "":
        operands.pop()
    y, state = n.node("LinearAttention", operands, [[b, t, heads * dv], [b, heads, d // heads, dv]], x.dtype, outputs=2, opset=27, q_num_heads=heads, kv_num_heads=heads,
                      update_rule=rule)


def causal_conv(n):
    x = n.find(lambda v: v.float and v.rank == 3 and v.size)
    if not x:
        return
    (b, c, t), k = x.shape, n.number(1, 4)
    more = {"activation": n.pick(["silu", "swish", "none"])} if n.chance(.6) else {}
    bias = [n.weights([c], x.dtype)] if n.chance(.5) else []
    state = [] if n.open_batch or n.chance(.5) else [n.weights([b, c, k - 1], x.dtype)]
    operands = [x, n.weights([c, 1, k], x.dtype, .5), *(bias or ([""] if state else [])), *state]
    n.node("CausalConvWithState", operands, [x.shape, [b, c, k - 1]], x.dtype, outputs=2, opset=27, **more)


STEPS = [(matmul, 5), (recurrent, 4), (whole_products, .7), (einstein, 1.5), (determinant, .7), (attention, 2), (rotated, .8), (linear_attention, .8), (causal_conv, .7)]
