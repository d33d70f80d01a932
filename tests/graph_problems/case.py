"""What the problems share: how small models are made, and the judge. Each model, optimised, as it stands, and saved and loaded, meets all feeds in turn."""
import pathlib
import sys
import tempfile

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

import tenon

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "onnx_node"))
import compare

F, H, D, BF = TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE, TensorProto.BFLOAT16
I, I32, I8, U8, B = TensorProto.INT64, TensorProto.INT32, TensorProto.INT8, TensorProto.UINT8, TensorProto.BOOL
FLOATS = {F: np.float32, H: np.float16, D: np.float64}
node, info = helper.make_node, helper.make_tensor_value_info


def constant(name, value, dtype=None):
    return node("Constant", [], [name], value=numpy_helper.from_array(np.asarray(value, dtype)))


def weights(**arrays):
    return [numpy_helper.from_array(np.asarray(a), name) for name, a in arrays.items()]


def graph(nodes, inputs, outputs, initializers=()):
    """Inputs are (name, type, shape), outputs (name, type) or (name, type, shape)."""
    return helper.make_graph(nodes, "g", [info(*i) for i in inputs], [info(*o, *[None] * (3 - len(o))) for o in outputs], list(initializers))


def model(nodes, inputs, outputs, initializers=(), opset=18, domains=()):
    opsets = [helper.make_opsetid("", opset), *(helper.make_opsetid(d, 1) for d in domains)]
    return helper.make_model(graph(nodes, inputs, outputs, initializers), opset_imports=opsets, ir_version=10)


def numbers(*shape, seed=0, dtype=np.float32):
    return np.random.default_rng([seed, *shape]).standard_normal(shape).astype(dtype)


def by_runtime(m, feeds):
    options = ort.SessionOptions()
    options.log_severity_level = 4
    session = ort.InferenceSession(m if isinstance(m, str) else m.SerializeToString(), options, providers=["CPUExecutionProvider"])
    names = [o.name for o in session.get_outputs()]
    return [dict(zip(names, session.run(None, {k: np.asarray(v) for k, v in feed.items()}))) for feed in feeds]


def by_evaluator(m, feeds):
    names = [o.name for o in m.graph.output]
    evaluator = ReferenceEvaluator(m)
    return [dict(zip(names, map(np.asarray, evaluator.run(None, feed)))) for feed in feeds]


def expect_same(got, want, what, exact=False):
    problem = compare.difference(got, want, compare.MODEL)
    assert not problem, f"{what}: {problem}"
    if exact:
        np.testing.assert_array_equal(got, want, what)


def answers_of(built, feed):
    answer = built(feed)
    return answer if isinstance(answer, dict) else {built.outputs[0].name: answer}


def check(m, feeds, oracle=by_runtime, exact=False, modes=("optimised", "plain", "saved"), **options):
    """The oracle gives the answers to all feeds: a function of (model, feeds), or their list. Exact: floats bit by bit, for what only moves them."""
    wanted = oracle(m, feeds) if callable(oracle) else oracle
    assert len(wanted) == len(feeds) and all(wanted), "an oracle without answers"
    source = m if isinstance(m, str) else m.SerializeToString()
    for mode in modes:
        load = dict(options, optimize=mode != "plain", threads=2)
        built = tenon.load(source, **load)
        if mode == "saved":
            with tempfile.TemporaryDirectory() as folder:
                built.save(f"{folder}/a.engine")
                built = tenon.load(f"{folder}/a.engine", **load)
        for k, (feed, want) in enumerate(zip(feeds, wanted)):
            found = answers_of(built, feed)
            assert list(found) == list(want), f"outputs {list(found)}, expected {list(want)}"
            for name in want:
                expect_same(found[name], np.asarray(want[name]), f"{mode}, feed {k}, '{name}'", exact)


def refused(act, id, *words):
    """The action ends with this error, whose message holds these words."""
    try:
        act()
    except tenon.Error as e:
        assert e.id == id and all(word in str(e) for word in words), f"{e.id}: {e}, expected {id} with {words}"
    else:
        raise AssertionError(f"was done, expected {id}")
