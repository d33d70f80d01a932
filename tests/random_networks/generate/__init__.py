"""Random valid networks: `network(seed)` is an ONNX model, and `feeds(model, seed, n)` inputs for it with n as open batch."""
import os

import numpy as np
from onnx import helper

import graphs

from . import arithmetic, control, images, late, legacy, moves, norms, places, products, quantised, signals, sizes, tails, windows
from .doubles import in_doubles  # noqa: F401
from .net import BATCH, INTEGERS, OPSET, TYPES, Net  # noqa: F401

STRAIGHT = "TENON_STRAIGHT_NETWORKS" in os.environ           # operators one after the other: --straight
THEMES = [arithmetic, windows, tails, moves, norms, products, places, quantised, images, signals, late] + ([] if STRAIGHT else [sizes, control])
STEPS = [step for theme in THEMES for step in theme.STEPS]


def first_inputs(n):
    batch = BATCH if n.open_batch else n.pick([1, 1, 1, 2, 3])
    kind = n.pick(["map"] * 6 + ["line", "volume", "rows", "rows", "tokens", "tokens", "cube", "edge"])
    side = lambda: n.pick([1, 2, 5, 7, 8, 9, 12, 14, 17])
    shape = {"map": [batch, n.channels(), side(), side()], "line": [batch, n.channels(), side() * 3], "volume": [batch, n.channels(), 3, 4, 5],
             "rows": [batch, n.pick([1, 7, 9, 16, 33, 64, 100])], "tokens": [batch, n.pick([1, 2, 4]), n.pick([3, 8, 17]), n.pick([4, 16, 33])],
             "cube": [batch, *[n.pick([3, 4])] * 3],         # axes that are alike: what confuses them keeps the shape
             "edge": [batch, n.pick([0, 1, 1, 3]), n.pick([1, 2]), n.pick([0, 1, 5])]}[kind]
    n.input(shape, n.base)
    if n.chance(.3):
        n.input(shape, n.base)
    if n.chance(.3):
        n.input([batch, n.number(1, 6)], n.pick([np.bool_, *INTEGERS]))
    if n.chance(.12):                                       # bytes, of images too
        n.input(shape, n.pick([np.int8, np.uint8]), "bytes")


def network(seed):
    n = Net(seed)
    n.steps = STEPS
    if n.chance(.05) and n.base in (np.float32, np.float64):
        n.opset = legacy.OPSET
        n.steps = legacy.STEPS
    first_inputs(n)
    n.grow(n.number(1, 14))
    if not n.nodes:
        n.move("Identity", [n.inputs[0]], n.inputs[0].shape, n.inputs[0])
    return model_of(n, f"random_{seed}")


def model_of(n, name):
    made_here = {o for node in n.nodes for o in node.output}
    used = {i for node in n.nodes for i in graphs.operands(node)}
    made = [v for v in n.values if v.name in made_here]
    ends = [v for v in made if v.name not in used] + n.ends or made[-1:]
    outputs = [v for v in ends if n.chance(.85)] or ends[-1:]
    if n.chance(.2) and made:
        outputs = list(dict.fromkeys(outputs + [n.pick(made)]))
    if not outputs:                                         # whatever its maker thought of it, something has to come out
        outputs = [n.move("Identity", [n.inputs[0]], n.inputs[0].shape, n.inputs[0])]

    def info(v, open_batch):
        shape = list(v.shape)
        if open_batch and shape and not v.name.startswith("is"):
            shape[0] = "N"
        return helper.make_tensor_value_info(v.name, TYPES[v.dtype], shape if v in n.inputs else None)
    graph = helper.make_graph(n.nodes, name, [info(v, n.open_batch) for v in n.inputs], [info(v, False) for v in outputs], n.constants)
    domains = {d: 1 for node in graphs.all_nodes(graph) if (d := node.domain)} | {"": n.opset}
    return helper.make_model(graph, opset_imports=[helper.make_opsetid(d, v) for d, v in domains.items()], ir_version=12 if n.opset > 22 else 10)


def numbers(random, kind, dtype, shape):
    if kind.startswith("is"):
        return np.array([int(e) for e in kind[2:].split("x")]).reshape(shape)
    if kind.startswith("below"):
        return random.integers(0, int(kind[5:]), shape)
    if kind == "whole":
        return random.integers(-4, 5, shape)
    if kind == "unit":
        return random.uniform(-1.1, 1.1, shape)
    if kind == "bytes":
        return random.integers(np.iinfo(dtype).min, np.iinfo(dtype).max + 1, shape)
    if dtype.kind not in "iub":
        return random.standard_normal(shape)
    return random.integers(-9 if dtype.kind == "i" else 0, 2 if dtype.kind == "b" else 9, shape)


def feeds(model, seed, batch):
    random = np.random.default_rng(seed + 1_000_003)
    values = {}
    for info in model.graph.input:
        dtype = np.dtype(helper.tensor_dtype_to_np_dtype(info.type.tensor_type.elem_type))
        shape = [batch if d.HasField("dim_param") else d.dim_value for d in info.type.tensor_type.shape.dim]
        values[info.name] = numbers(random, info.name.split("_")[0], dtype, shape).astype(dtype)
    return values
