"""Whether what was computed is right: by our references, by doubles, by ONNX Runtime and ONNX's evaluator; meaning apart from rounding (docs/decisions/0011)."""
import re

import ml_dtypes
import numpy as np
import onnx
import onnxruntime

import disputes
import generate
import graphs
import naive
import tenon

NAIVE_FACTOR, ULPS = 4, 2                                   # the table of tolerances: random networks


def run(model, feed, wanted):
    answer = model(feed) if feed else model()
    return [answer[name] for name in wanted] if isinstance(answer, dict) else [answer]


def session(model):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads, options.log_severity_level = 1, 4
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def run_ort(model, feed):
    return session(model).run(None, feed)


def is_float(dtype):
    """Of those that compute: f32, f16, bf16, f64. The small ones only move, bit by bit."""
    return dtype.kind == "f" and dtype.itemsize > 1 or dtype == ml_dtypes.bfloat16


def as_plain(ort, plain):
    """It hands out 8-bit floats as bytes."""
    return ort.view(plain.dtype) if ort.dtype == np.uint8 and plain.dtype.itemsize == 1 and plain.dtype.kind not in "iub" else ort


def error_of(got, exact):
    """Largest difference from the arbiter; infinite where NaN or infinities lie elsewhere."""
    got = got.astype(np.float64)
    finite = np.isfinite(exact)
    if not np.array_equal(np.isfinite(got), finite):
        return np.inf
    return float(np.abs(got[finite] - exact[finite]).max(initial=0))


def limit(naive, exact, dtype):
    finite = exact[np.isfinite(exact)]
    return NAIVE_FACTOR * naive + ULPS * float(ml_dtypes.finfo(dtype).eps) * float(np.abs(finite).max(initial=0))


def rough(dtype, exact):
    """More than this is another meaning, not another rounding. Small results come of larger numbers: 1e-3 stands for those."""
    return {2: 3e-2, 4: 1e-3, 8: 1e-9}[dtype.itemsize] * (float(np.abs(exact[np.isfinite(exact)]).max(initial=0)) + 1e-3)


def same_numbers(a, b):
    if a.dtype.kind in "iub":
        return np.array_equal(a, b)
    return np.array_equal(a.astype(np.float64), b.astype(np.float64), equal_nan=True)


def moved(value, dtype, random, size=0):
    """By half a unit in the last place: its own, or that of `size` where it is larger."""
    value = value.astype(np.float64)
    size = np.fmax(np.abs(value), size)
    return value + random.choice([-.5, .5], value.shape) * float(ml_dtypes.finfo(dtype).eps) * np.where(np.isfinite(size), size, 0)


MOVES = {"Concat", "Expand", "Flatten", "Gather", "GatherElements", "GatherND", "Identity", "Pad", "Reshape", "ReverseSequence", "Slice", "Split", "Squeeze",
         "Tile", "Transpose", "Unsqueeze", "Where"}         # and the like: what rounds nothing


TRANSFORMS = {"DFT", "STFT"}
SUMS = {"AveragePool", "Conv", "ConvTranspose", "CumSum", "Einsum", "Gemm", "GlobalAveragePool", "MatMul", "Mean", "ReduceMean", "ReduceSum", "Sum"} | TRANSFORMS


def made_alone(wide, node, values):
    one = naive.one_node(wide, node, values)
    return run(tenon.load(one.SerializeToString(), threads=1, optimize=False), {g.name: values[g.name] for g in one.graph.input}, [o for o in node.output if o])


def magnitudes(wide, node, values):
    """Of the terms that a sum adds up: its partial sums are as large as that, however small it comes out itself."""
    made = made_alone(wide, node, values | {i: np.asarray(np.abs(values[i])) for i in node.input if i and is_float(values[i].dtype)})
    return [np.abs(m).max(initial=0) for m in made] if node.op_type in TRANSFORMS else made    # all bins have the terms of the first, turned


def stirred(network, feed, names, types, seed, exact, by_ort=False):
    """Exact results where inputs, weights and whatever a node computes are off by half a unit in the last place, of a sum's terms together: no kernel can be
    blamed for rounding of that size, be it of a scale that was multiplied into weights. Whole numbers that lead to whole numbers have none."""
    random = np.random.default_rng(seed)
    if any(name.startswith("whole") for name in feed) and all(np.array_equal(e, np.rint(e), equal_nan=True) for e in exact):
        return
    weights = {node.input[1] for node in graphs.all_nodes(network.graph) if node.op_type in ("Conv", "ConvTranspose", "Gemm", "MatMul")}
    wide, sums, outermost = generate.in_doubles(network), {}, {node.name for node in network.graph.node}
    given, known = graphs.constants(network.graph), graphs.constants(wide.graph)

    def made(node, values):
        sizes = sums.get(node.name)
        if node.op_type in SUMS and not sizes:
            sizes = [m * (disputes.angles(node, values) if by_ort else 1) for m in magnitudes(wide, node, values)]
            if node.name in outermost:                      # within a loop, each round has its own
                sums[node.name] = sizes
        answers = made_alone(wide, node, values)
        sizes = sizes or [disputes.at_one(node, values) if by_ort else 0] * len(answers)
        return [moved(y, WIDE[types[o]], random, size) if types.get(o) in WIDE and node.op_type not in MOVES else y
                for o, y, size in zip([o for o in node.output if o], answers, sizes)]
    for _ in range(16):
        values = known | {k: moved(given[k], given[k].dtype, random) for k in weights if k in given and is_float(given[k].dtype)}
        values |= {k: moved(v, v.dtype, random) if is_float(v.dtype) else v for k, v in feed.items()}
        yield graphs.run_graph(wide.graph, values, made)


def judge(got, plain, others, exact, computed):
    """What is wrong with one output, or None. `plain`: the reference kernels in the same type; `exact`: the same in doubles; `computed`: the type it was rounded to."""
    if got.shape != plain.shape or got.dtype != plain.dtype:
        return f"is {got.dtype}{got.shape}, by the references {plain.dtype}{plain.shape}"
    if not is_float(got.dtype):
        return None if same_numbers(got, plain) else f"{got.dtype}: differs from the references'"
    errors = [error_of(o, exact) for o in others if o is not None and o.shape == exact.shape]
    naive = max([error_of(plain, exact), *(e for e in errors if e <= rough(computed, exact))])     # beyond, it is no rounding
    error, allowed = error_of(got, exact), limit(naive, exact, computed)
    return None if error <= allowed else f"is off by {error:.3g}, allowed {allowed:.3g}, largest {np.abs(exact[np.isfinite(exact)]).max(initial=0):.3g}"


def judge_reference(plain, exact, ort, computed, noise=0, who="ONNX Runtime"):
    """The references against another implementation: meaning, not rounding, of which `noise` is a sample."""
    if plain.shape != ort.shape or plain.dtype != ort.dtype:
        return f"references: {plain.dtype}{plain.shape}, {who}: {ort.dtype}{ort.shape}"
    if not is_float(plain.dtype):
        return None if same_numbers(plain, ort) else f"references: {plain.dtype} differs from {who}'s"
    a, b, allowed = error_of(plain, exact), error_of(ort, exact), max(rough(computed, exact), NAIVE_FACTOR * noise)
    if b <= allowed < a:
        return f"references: off by {a:.3g}, {who} by {b:.3g}"
    if a <= allowed < b and plain.dtype == np.float32:
        return f"references agree with the arbiter, {who} is off by {b:.3g}: one of them reads the operator wrongly"
    return None


OPERATOR = re.compile(r"^(.*) = (\w+)\(.*\).* : (.*)$", re.M)      # of a line of the graph's text


def narrowest(network, types, output):
    """The narrowest type of float that the output was computed from: a float made of a half has a half's error."""
    inside = lambda node: [o for body in graphs.bodies(node) for n in graphs.all_nodes(body) for o in n.output]
    makers, todo, seen = {o: node for node in graphs.all_nodes(network.graph) for o in node.output}, [output], set()
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += [*graphs.operands(makers[name]), *inside(makers[name])] if name in makers else []
    dtypes = [WIDE[types[name]] for name in seen if types.get(name) in WIDE]
    return np.dtype(max(dtypes, key=lambda d: ml_dtypes.finfo(d).eps, default=np.float64))


WIDE = {"f64": np.float64, "f32": np.float32, "f16": np.float16, "bf16": ml_dtypes.bfloat16}


def named(node):
    return f"{node.domain}::{node.op_type}" if node.domain else node.op_type


def overflows(network, feed, types):
    """A half on the way is beyond what halves hold; ONNX Runtime keeps it as a float."""
    halves = [name for name, type in types.items() if type == "f16"]
    shown = with_all_values(generate.in_doubles(network), types)
    names = [o.name for o in shown.graph.output]
    if not any(name in halves for name in names):
        return False
    wide = {k: v.astype(np.float64) if is_float(v.dtype) else v for k, v in feed.items()}
    try:
        values = dict(zip(names, run(tenon.load(shown.SerializeToString(), threads=1, optimize=False), wide, names)))
    except tenon.Error:
        return False
    largest = float(np.finfo(np.float16).max)
    return any(np.abs(values[name][np.isfinite(values[name])]).max(initial=0) > largest for name in halves if name in values)


HALVES = (np.float16, ml_dtypes.bfloat16)
LACKS = {}                                                  # operator and types of a node: has ONNX Runtime no kernel for it?


def with_all_values(network, types):
    shown = onnx.ModelProto.FromString(network.SerializeToString())
    del shown.graph.output[:]
    shown.graph.output.extend(onnx.ValueInfoProto(name=o) for node in network.graph.node for o in node.output if o in types)
    return shown


def noise_alone(network, name, values, types):
    """How far the node that makes this value moves in doubles, its operands stirred."""
    wide, random = generate.in_doubles(network), np.random.default_rng(0)
    node = next((n for n in wide.graph.node if name in n.output), None)
    if any(i not in values for i in graphs.operands(node)): # casts stand around it
        return 0
    place, floats = [o for o in node.output if o].index(name), [i for i in graphs.operands(node) if is_float(values[i].dtype)]
    plain = lambda node, values: made_alone(wide, node, values)
    rounded = lambda o, y: moved(y, WIDE[types[o]], random) if types.get(o) in WIDE and is_float(y.dtype) else y
    off = lambda node, values: [rounded(o, y) for o, y in zip([o for o in node.output if o], plain(node, values))]
    exact = graphs.run_node(node, values | {i: values[i].astype(np.float64) for i in floats}, plain)[place]
    made = off if graphs.bodies(node) else plain            # whatever a body computes is rounded, too
    errors = [error_of(graphs.run_node(node, values | {i: moved(values[i], values[i].dtype, random) for i in floats}, made)[place], exact) for _ in range(16)]
    return max((e for e in errors if np.isfinite(e)), default=0)


def third_judge(network, feed, types, stats):
    """What ONNX's evaluator says of those nodes that ONNX Runtime lacks, each on our values; yields differences."""
    shown = with_all_values(network, types)
    names = [o.name for o in shown.graph.output]
    values = dict(feed) | {t.name: onnx.numpy_helper.to_array(t) for t in network.graph.initializer}
    if not names:                                           # what does nothing has left no value of its own
        return
    try:
        values |= dict(zip(names, run(tenon.load(shown.SerializeToString(), threads=1, optimize=False), feed, names)))
    except tenon.Error:                                     # the results of branches that are unlike in rank are no outputs
        return
    for node in network.graph.node:
        inside = [n for body in graphs.bodies(node) for n in graphs.all_nodes(body)]
        if any(n.op_type in disputes.EVALUATOR for n in [node, *inside]) or not all(i in values for i in [*graphs.operands(node), *node.output] if i):
            continue
        if any(node.op_type == op and which(node, values) for op, which, _ in disputes.EVALUATOR_NODES):
            continue
        one = naive.one_node(network, node, values)
        floats = {i: v.astype(np.float32) if v.dtype in HALVES else v for i, v in values.items()}
        key = named(node), tuple(str(values[i].dtype) for i in node.input if i), *([network.graph.name, node.name] if inside else [])
        try:
            if key not in LACKS:
                LACKS[key] = not takes(one)
            if not LACKS[key]:
                continue
            if inside:
                its = naive.in_doubles(one, values)
            else:                                           # halves added up one after another end where the next rounds away
                its = naive.evaluated(naive.one_node(network, node, floats), floats)
            its = [t.astype(values[o].dtype) if is_float(values[o].dtype) else t for o, t in zip([o for o in node.output if o], its)]
        except Exception:                                   # it lacks the operator too
            continue
        stats["evaluator judged"] = stats.get("evaluator judged", 0) + 1
        for name, theirs in zip([o for o in node.output if o], its):
            ours = values[name]
            scale = float(np.abs(ours.astype(np.float64)).max(initial=0, where=np.isfinite(ours.astype(np.float64)))) + 1e-3
            alike = ours.shape == theirs.shape and ours.dtype == theirs.dtype
            if alike and is_float(ours.dtype):
                error = error_of(theirs, ours.astype(np.float64))
                alike = error <= {2: .12}.get(ours.dtype.itemsize, 1e-3) * scale or error <= NAIVE_FACTOR * noise_alone(network, name, values, types)
            elif alike:
                alike = same_numbers(ours, theirs)
            if not alike:
                yield f"{node.op_type} {name}: ONNX's evaluator says something else, {theirs.dtype}{theirs.shape}"


def takes(one):
    try:
        session(one.SerializeToString())
        return True
    except Exception:
        return False


class Judge:
    """Of one network: our references of it, built once, and what else has an opinion."""

    def __init__(self, network, seed):
        self.network, self.seed, self.names = network, seed, [o.name for o in network.graph.output]
        self.model = network.SerializeToString()
        self.reference, self.arbiter = (tenon.load(m, threads=1, optimize=False) for m in (self.model, generate.in_doubles(network).SerializeToString()))
        self.by_ort = not disputes.disputed(network, disputes.ONNX_RUNTIME)
        self.stats = {f"onnx operator/{named(node)}": 1 for node in graphs.all_nodes(network.graph)}
        self.types = {}
        for name, op, of in OPERATOR.findall(self.reference.dump()):
            self.stats[f"operator/{op}"] = 1
            for one, type in zip(name.split(", "), re.findall(r"(\w+)\[", of)):
                self.types[one] = type
        self.stats |= {f"type/{t}": 1 for t in self.types.values()}
        self.computed = [narrowest(network, self.types, name) for name in self.names]

    def count(self, what, times=1):
        self.stats[what] = self.stats.get(what, 0) + times

    def examine(self, feed, ways, third=True):
        """What each of the ways, (name, model), makes of the feed; and all that is wrong with that, and with the references."""
        names, types, failures = self.names, self.types, []
        plain = run(self.reference, feed, names)
        exact = [a.astype(np.float64) for a in run(self.arbiter, {k: v.astype(np.float64) if is_float(v.dtype) else v for k, v in feed.items()}, names)]
        try:
            ort = [as_plain(o, p) for o, p in zip(run_ort(self.model, feed), plain)] if self.by_ort else [None] * len(names)
        except Exception:                                   # it lacks an operator in a type, or refuses the shape
            ort, self.stats["ort refused"] = [None] * len(names), 1
            if third and self.network.opset_import[-1].version >= generate.OPSET:
                failures += third_judge(self.network, feed, types, self.stats)
        made, noise = {}, []
        for name, m in ways:
            got = made[name] = run(m, feed, names)
            wrong = [o for o, g, p, x, t, c in zip(names, got, plain, exact, ort, self.computed) if judge(g, p, [t], x, c)]
            if wrong:                                       # our references and ONNX Runtime are better than naive
                noise = noise or list(stirred(self.network, feed, names, types, self.seed, exact))
                more = [ort, *naive.run(self.network, feed, names), *noise]
                failures += [f"{name}, output {o}: {why}" for o, g, p, x, c, *others in zip(names, got, plain, exact, self.computed, *more)
                             if (why := judge(g, p, others, x, c))]
        noise = []
        for i, (o, p, x, t, c) in enumerate(zip(names, plain, exact, ort, self.computed)):
            if t is None or not judge_reference(p, x, t, c) or overflows(self.network, feed, types):
                continue
            noise = noise or list(stirred(self.network, feed, names, types, self.seed, exact, by_ort=True))
            errors = [error_of(n[i], x) for n in noise if n[i].shape == x.shape]
            if why := judge_reference(p, x, t, c, max([e for e in errors if np.isfinite(e)], default=0)):
                failures.append(f"output {o}: {why}")
        return made, failures
