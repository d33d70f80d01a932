"""One engine with open extents, run at several in turn and again, against engines built for exactly those."""
import re

import numpy as np

import generate
import graphs
import tenon
from disputes import EVALUATOR
from generate import opened
from judge import Judge, run

SHARE, BINDINGS, TRIED = .6, 4, 8                           # of the networks; of each, of which one may be refused; how many are tried

# Refused at build where extents are known, while a run does not come to it, or has nothing to do, or finds what symbols tell.
MAY_RUN = ["If '", "Loop '", "Scan '", "the window covers", "would have 0 elements", "cannot tell what -1 stands for"]
MAY_RUN_EMPTY = ["element counts differ"]                   # of a reshape: what is computed as 0 reads as "the same"
LACKS = ("TN103", "TN301", "TN304")                         # an engine that wants to know more of extents, and says so


def open_extents(network):
    return any(d.HasField("dim_param") for i in network.graph.input for d in i.type.tensor_type.shape.dim)


def differ(some, others):
    return any(a.shape != b.shape or a.tobytes() != b.tobytes() for a, b in zip(some, others))


def loads(network):
    try:
        tenon.load(network.SerializeToString(), threads=1, optimize=False)
        return True
    except tenon.Error:
        return False


def steps(model):
    """By which kernels which nodes run; bodies are not shown."""
    return re.findall(r"^    from +(.*)\n +chosen +\S+ ms \w+ +(.*)$", model.explain(), re.M)


def keeps_rounds(network):
    """Of no rounds at all, ONNX Runtime knows the extents of what a loop keeps only where the body states them."""
    return any(n.op_type == "Loop" and len(n.output) > len(n.input) - 2 for n in graphs.all_nodes(network.graph))


class Fixed:
    """The network of one binding: its feed, what is right, and an engine of just these extents, or why there is none."""

    def __init__(self, network, sizes, seed):
        fixed = opened.at(network, sizes)
        self.has_bodies = any(graphs.bodies(node) for node in fixed.graph.node)
        self.sizes, self.feed, self.first, self.refused = sizes, generate.feeds(fixed, seed, 0), None, None
        try:
            self.judge, self.engine = Judge(fixed, seed), tenon.load(fixed.SerializeToString(), threads=1)
            self.judge.by_ort = self.judge.by_ort and all(sizes.values()) and not keeps_rounds(fixed)      # of no elements it may crash
            run(self.judge.reference, self.feed, self.judge.names)
        except tenon.Error as e:
            self.refused = str(e).splitlines()[0]

    def examine(self, engine):
        if self.refused:
            try:
                run(engine, self.feed, [p.name for p in engine.outputs])
            except tenon.Error:
                return []
            if any(reason in self.refused for reason in MAY_RUN + (MAY_RUN_EMPTY if 0 in self.sizes.values() else [])):
                return []
            return [f"it runs where an engine of just these extents is refused: {self.refused}"]
        if self.first is not None:                          # seen before
            again = run(engine, self.feed, self.judge.names)
            return ["other bits than the first time"] if differ(again, self.first) else []
        made, wrong = self.judge.examine(self.feed, [("dynamic", engine), ("static", self.engine)], third=False)
        self.first = made["dynamic"]
        if not self.has_bodies and steps(engine) == steps(self.engine) and differ(made["dynamic"], made["static"]):
            wrong.append("other bits than those of an engine built for this, by the same kernels")
        return wrong


def test(network, seed, count):
    random = np.random.default_rng(seed + 2_000_003)
    if random.random() > SHARE or any(EVALUATOR.get(n.op_type) == "draws" for n in graphs.all_nodes(network.graph)):
        return []                                           # what decides draws may be another with other extents
    network, typical = opened.opened(graphs.without_dead_nodes(network), random, loads)
    if not typical:
        return []
    fixed = [Fixed(network, typical, seed)]
    for sizes in opened.sizes_to_try(typical, random, TRIED):
        if len(fixed) < BINDINGS:
            one = Fixed(network, sizes, seed)
            if not one.refused or not any(x.refused for x in fixed):
                fixed.append(one)
    profile = {name: [f(x.sizes[name] for x in fixed) for f in (min, max)] for name in typical}
    profile = {name: (low, int(random.integers(low, high + 1)), high) for name, (low, high) in profile.items()}
    try:
        engine = tenon.load(network.SerializeToString(), threads=1, profile=profile if random.random() < .6 else None)
    except tenon.Error as e:
        if e.id in LACKS:
            count("open extents refused")
            return []
        return [f"with open extents {typical}: {str(e).splitlines()[0]}"]
    count("with open extents")
    failures = []
    for x in [fixed[i] for i in random.permutation([*range(len(fixed))] * 2)]:
        try:
            failures += [f"at {x.sizes}, {why}" for why in x.examine(engine)]
        except tenon.Error as e:
            failures.append(f"at {x.sizes}, {str(e).splitlines()[0]}")
        count("bindings refused" if x.refused else "bindings")
    return failures
