"""ONNX's own evaluator with every sum taken one term after another in the operands' type: what the tolerance calls naive.

The error of one order is a sample, and may be 0 by chance: forwards, backwards and some shuffled ones are more.
"""
import itertools
import math

import ml_dtypes
import numpy as np
import onnx
import onnx.reference
from onnx.reference.op_run import OpRun

import disputes
import generate
import graphs
import tenon

NOT_NAIVE = disputes.IMPRECISE | disputes.EVALUATOR.keys()


SHUFFLES = 4
order = range                                               # of every sum: the positions of so many terms


def summed(terms):
    """Along axis 0, in order."""
    terms = terms[list(order(len(terms)))]
    return np.add.accumulate(terms, axis=0, dtype=terms.dtype)[-1] if len(terms) else np.zeros(terms.shape[1:], terms.dtype)


def matmul(a, b):
    if a.ndim == 1 or b.ndim == 1:
        return np.matmul(a, b)
    total = np.zeros(np.broadcast_shapes(a.shape[:-2], b.shape[:-2]) + (a.shape[-2], b.shape[-1]), a.dtype)
    for k in order(a.shape[-1]):
        total = total + a[..., k:k + 1] * b[..., k:k + 1, :]
    return total


class MatMul(OpRun):
    def _run(self, a, b):
        return (matmul(a, b),)


class Gemm(OpRun):
    def _run(self, a, b, c=None, alpha=1, beta=1, transA=0, transB=0):
        y = matmul(a.T if transA else a, b.T if transB else b) * a.dtype.type(alpha)
        return ((y if c is None else y + c * a.dtype.type(beta)).astype(a.dtype),)


class Conv(OpRun):
    def _run(self, x, w, b=None, auto_pad="NOTSET", dilations=None, group=1, kernel_shape=None, pads=None, strides=None):
        axes, out = x.ndim - 2, w.shape[0]
        taps, d, s = w.shape[2:], dilations or [1] * axes, strides or [1] * axes
        if auto_pad in ("SAME_UPPER", "SAME_LOWER"):
            total = [max(0, (-(-e // st) - 1) * st + (k - 1) * dd + 1 - e) for e, st, k, dd in zip(x.shape[2:], s, taps, d)]
            less = [t // 2 for t in total] if auto_pad == "SAME_UPPER" else [t - t // 2 for t in total]
            pads = less + [t - p for t, p in zip(total, less)]
        pads = pads or [0] * 2 * axes
        x = np.pad(x, [(0, 0), (0, 0)] + list(zip(pads[:axes], pads[axes:])))
        y_shape = [(e - (dd * (k - 1) + 1)) // st + 1 for e, dd, k, st in zip(x.shape[2:], d, taps, s)]
        y = np.zeros([x.shape[0], out, *y_shape], x.dtype)
        if b is not None:
            y += b.reshape([1, -1] + [1] * axes)
        outs, ins = out // group, w.shape[1]
        terms = list(itertools.product(range(group), range(ins), itertools.product(*map(range, taps))))
        for g, c, at in (terms[i] for i in order(len(terms))):
            window = tuple(slice(k * dd, k * dd + (e - 1) * st + 1, st) for k, dd, e, st in zip(at, d, y_shape, s))
            part = x[(slice(None), slice(g * ins + c, g * ins + c + 1)) + window]
            y[:, g * outs:(g + 1) * outs] += part * w[(slice(g * outs, (g + 1) * outs), c) + at].reshape([1, -1] + [1] * axes)
        return (y,)


class GlobalMaxPool(OpRun):                                 # ONNX's own loses axes of what is no image
    def _run(self, x):
        return (x.max(axis=tuple(range(2, x.ndim)), keepdims=True),)


FUNCTIONS = {"Sigmoid": lambda v: 1 / (1 + np.exp(-v)), "Tanh": np.tanh, "Relu": lambda v: np.maximum(v, 0), "Softsign": lambda v: v / (1 + np.abs(v)),
             "HardSigmoid": lambda v: np.clip(v * np.asarray(.25, v.dtype) + np.asarray(.5, v.dtype), 0, 1)}     # with the numbers that generate gives
STANDARD = {"LSTM": ["Sigmoid", "Tanh", "Tanh"], "GRU": ["Sigmoid", "Tanh"], "RNN": ["Tanh"]}


class LpNormalization(OpRun):                               # ONNX's own forgets the magnitudes
    def _run(self, x, axis=-1, p=2):
        terms = np.moveaxis(np.abs(x) if p == 1 else np.square(x), axis, 0)
        norm = np.expand_dims(summed(terms) if p == 1 else np.sqrt(summed(terms)), axis)
        return (np.where(norm == 0, x.dtype.type(0), x / norm).astype(x.dtype),)


class Softmax(OpRun):
    def _run(self, x, axis=-1):
        e = np.moveaxis(np.exp(x - x.max(axis=axis, keepdims=True)), axis, 0)
        return (np.moveaxis(e / summed(e), 0, axis).astype(x.dtype),)


class LogSoftmax(OpRun):
    def _run(self, x, axis=-1):
        shifted = x - x.max(axis=axis, keepdims=True)
        return ((shifted - np.expand_dims(np.log(summed(np.moveaxis(np.exp(shifted), axis, 0))), axis)).astype(x.dtype),)


class Erf(OpRun):                                           # ONNX's own goes by way of floats
    def _run(self, x):
        return (np.array([math.erf(v) for v in x.ravel().astype(np.float64)]).astype(x.dtype).reshape(x.shape),)


def recurrence(name, gates):
    def _run(self, x, w, r, b=None, lengths=None, h=None, c=None, p=None, direction="forward", layout=0, linear_before_reset=0, activations=None, clip=None, **rest):
        names = (activations or STANDARD[name])[:len(STANDARD[name])]
        bound = lambda v: v if clip is None else np.clip(v, -x.dtype.type(clip), x.dtype.type(clip))
        f, g, last_function = [lambda v, call=FUNCTIONS[n]: call(bound(v)).astype(x.dtype) for n in (names if gates > 1 else names * 2)] + [None] * (3 - max(2, len(names)))
        x = x.transpose(1, 0, 2) if layout else x
        steps, batch, hidden, ways, one = *x.shape[:2], r.shape[2], len(w), x.dtype.type(1)
        lengths = np.full(batch, steps) if lengths is None else lengths
        state = lambda s: np.zeros([ways, batch, hidden], x.dtype) if s is None else s.transpose(1, 0, 2).copy() if layout else s.copy()
        y, h, c = np.zeros([steps, ways, batch, hidden], x.dtype), state(h), state(c)
        for d, i in itertools.product(range(ways), range(batch)):
            back = d == 1 or direction == "reverse"
            wb, rb = np.zeros([2, gates, hidden], x.dtype) if b is None else b[d].reshape(2, gates, hidden)
            pi, po, pf = np.zeros([3, hidden], x.dtype) if p is None else p[d].reshape(3, hidden)
            product = lambda v, m: matmul(v[None], m.T)[0].reshape(-1, hidden)
            for s in range(lengths[i]):
                t, before = lengths[i] - 1 - s if back else s, h[d, i].copy()
                a, q = product(x[t, i], w[d]) + wb, product(before, r[d]) + rb
                if gates == 1:
                    h[d, i] = g(a + q)[0]
                elif gates == 3:
                    z, reset = f((a + q)[:2])
                    n = reset * q[2] if linear_before_reset else (product(reset * before, r[d][2 * hidden:]) + rb[2])[0]
                    h[d, i] = (one - z) * g(a[2] + n) + z * before
                else:
                    sums, last = a + q, c[d, i].copy()
                    c[d, i] = f(sums[2] + pf * last) * last + f(sums[0] + pi * last) * g(sums[3])
                    h[d, i] = f(sums[1] + po * c[d, i]) * last_function(c[d, i])
                y[t, d, i] = h[d, i]
        made = [y.transpose(2, 0, 1, 3), h.transpose(1, 0, 2), c.transpose(1, 0, 2)] if layout else [y, h, c]
        return tuple(made[:len(self.onnx_node.output)])
    return type(name, (OpRun,), {"op_domain": "", "_run": _run})


def reduction(name, before, after):
    def _run(self, x, axes=None, keepdims=1, noop_with_empty_axes=0):
        axes = tuple(range(x.ndim)) if axes is None or not len(axes) else tuple(int(a) % x.ndim for a in axes)
        rest = [i for i in range(x.ndim) if i not in axes]
        terms = before(x).transpose(*axes, *rest).reshape(-1, *[x.shape[i] for i in rest])
        y = np.asarray(after(summed(terms), len(terms)), x.dtype)
        return (y.reshape([1 if i in axes else e for i, e in enumerate(x.shape)]) if keepdims else y,)
    return type(name, (OpRun,), {"op_domain": "", "_run": _run})


for cls in (MatMul, Gemm, Conv, GlobalMaxPool, LpNormalization, Softmax, LogSoftmax, Erf):
    cls.op_domain = ""
OPERATORS = [MatMul, Gemm, Conv, GlobalMaxPool, LpNormalization, Softmax, LogSoftmax, Erf, recurrence("LSTM", 4), recurrence("GRU", 3), recurrence("RNN", 1), reduction("ReduceSum", lambda x: x, lambda s, n: s), reduction("ReduceMean", lambda x: x, lambda s, n: s / n),
             reduction("ReduceL1", np.abs, lambda s, n: s), reduction("ReduceSumSquare", np.square, lambda s, n: s), reduction("ReduceL2", np.square, lambda s, n: np.sqrt(s))]

IN_ORDER = {op.__name__ for op in OPERATORS}


def one_node(model, node, values):
    """A model of this node alone. What is constant in the whole stays so, and short lists become it: axes and the like have to be known."""
    known, operands = {t.name for g in graphs.all_graphs(model.graph) for t in g.initializer}, graphs.operands(node)
    constants = {i: onnx.numpy_helper.from_array(values[i], i) for i in operands if i in known}
    for i in node.input:
        if i and i not in constants and values[i].dtype in (np.int32, np.int64) and values[i].ndim < 2 and values[i].size < 9:
            constants[i] = onnx.numpy_helper.from_array(values[i], i)
    info = lambda name, *shape: onnx.helper.make_tensor_value_info(name, onnx.helper.np_dtype_to_tensor_dtype(values[name].dtype), *shape)
    given = [info(i, values[i].shape) for i in operands if i not in constants]
    graph = onnx.helper.make_graph([node], "one", given, [onnx.ValueInfoProto(name=o) for o in node.output if o], list(constants.values()))
    return onnx.helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)


def evaluated(one, values):
    """The results of a model of one node by ONNX's evaluator; raises what it raises."""
    with np.errstate(all="ignore"):
        made = onnx.reference.ReferenceEvaluator(one, new_ops=OPERATORS).run(None, {i.name: values[i.name] for i in one.graph.input})
    return [np.asarray(v) for v in made]


def in_doubles(model, values):
    """A node with graphs within, by what the evaluator says of those within: its own loops stop where no condition is given."""
    wide = generate.in_doubles(model)
    values = {i: v.astype(np.float64) if v.dtype.kind == "f" or v.dtype == ml_dtypes.bfloat16 else v for i, v in values.items()}
    return graphs.run_node(wide.graph.node[0], values, lambda node, values: evaluated(one_node(wide, node, values), values))


def by_nodes(model, feed, names):
    """Node by node, those within nodes, too; what the evaluator lacks or fails at by our reference kernels."""
    def made(node, values):
        one = one_node(model, node, values)
        try:
            if node.op_type in NOT_NAIVE:
                raise NotImplementedError(node.op_type)
            return evaluated(one, values)
        except Exception:
            loaded = tenon.load(one.SerializeToString(), threads=1, optimize=False)
            answer = loaded({i.name: values[i.name] for i in one.graph.input})
            return list(answer.values()) if isinstance(answer, dict) else [answer]
    return graphs.run_graph(model.graph, dict(feed), made)


def run(model, feed, names):
    """A list of outputs for each order; None for each output where that is not to be had."""
    global order
    answers, shuffle = [], np.random.default_rng(len(names)).permutation
    for order in (range, lambda n: range(n)[::-1], *[shuffle] * SHUFFLES):
        try:
            with np.errstate(all="ignore"):
                try:
                    if any(node.op_type in NOT_NAIVE or graphs.bodies(node) for node in graphs.all_nodes(model.graph)):
                        raise NotImplementedError
                    answers.append(onnx.reference.ReferenceEvaluator(model, new_ops=OPERATORS).run(names, feed))
                except Exception:
                    answers.append(by_nodes(model, feed, names))
        except Exception:
            answers.append([None] * len(names))
    order = range
    return answers
