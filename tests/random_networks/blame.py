#!/usr/bin/env python3
"""Which node it begins at: blame.py SEED… shows every value of each network and names the first one that ONNX Runtime, or else ONNX's evaluator, disputes."""
import re
import sys

import numpy as np
import onnx

import generate
import naive
import tenon
import judge


def blame(seed):
    network = generate.network(seed)
    feed = generate.feeds(network, seed, 1)
    text = tenon.load(network.SerializeToString(), optimize=False).dump()
    types = {name: type for names, _, of in judge.OPERATOR.findall(text) for name, type in zip(names.split(", "), re.findall(r"(\w+)\[", of)) if "fnuz" not in type}
    shown = judge.with_all_values(network, types)
    names = [o.name for o in shown.graph.output]
    wide = {k: v.astype(np.float64) if judge.is_float(v.dtype) else v for k, v in feed.items()}
    plain = judge.run(tenon.load(shown.SerializeToString(), threads=1, optimize=False), feed, names)
    exact = [a.astype(np.float64) for a in judge.run(tenon.load(generate.in_doubles(shown).SerializeToString(), threads=1, optimize=False), wide, names)]
    try:
        other, who = judge.run_ort(shown.SerializeToString(), feed), "ONNX Runtime"
    except Exception as e:
        print(f"seed {seed}: ONNX Runtime: {str(e)[:200]}")
        other, who = naive.run(shown, feed, names)[0], "ONNX's evaluator"
    for name, p, x, o in zip(names, plain, exact, other):
        o = judge.as_plain(np.asarray(o), p)
        if why := judge.judge_reference(p, x, o, judge.narrowest(network, types, name), who=who):
            node = next(n for n in shown.graph.node if name in n.output)
            given = {n: (a.dtype.name, a.shape) for n, a in [*zip(names, plain), *feed.items(), *((t.name, onnx.numpy_helper.to_array(t)) for t in shown.graph.initializer)]}
            print(f"seed {seed}, {name}: {why}\n{onnx.printer.to_text(node)}of {[given.get(i) for i in node.input]}")
            if p.shape == o.shape:
                p, o = p.astype(np.float64), o.astype(np.float64)
                places = np.argwhere(~np.isclose(p, o, 1e-3, 1e-5, equal_nan=True))
                print(f"{len(places)} of {p.size} differ:", *(f"{at.tolist()}: {p[tuple(at)]}, by {who} {o[tuple(at)]};" for at in places[:3]))
            return
    print(f"seed {seed}: no value differs from {who}'s")


if __name__ == "__main__":
    for s in sys.argv[1:]:
        blame(int(s))
