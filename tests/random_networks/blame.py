#!/usr/bin/env python3
"""Which node it begins at: blame.py SEED… runs each network with every value as an output and names the first one that ONNX Runtime disputes."""
import re
import sys

import numpy as np
import onnx

import generate
import tenon
import worker


def blame(seed):
    network = generate.network(seed)
    types = {name: type for name, type in re.findall(r"^(\S+) = .* : (\w+)\[", tenon.load(network.SerializeToString(), optimize=False).dump(), re.M)}
    shown = onnx.ModelProto.FromString(network.SerializeToString())
    del shown.graph.output[:]
    shown.graph.output.extend(onnx.ValueInfoProto(name=o) for node in network.graph.node for o in node.output if o and "fnuz" not in types.get(o, ""))
    names = [o.name for o in shown.graph.output]
    feed = generate.feeds(network, seed, 1)
    wide = {k: v.astype(np.float64) if worker.is_float(v.dtype) else v for k, v in feed.items()}
    plain = worker.run(tenon.load(shown.SerializeToString(), threads=1, optimize=False), feed, names)
    exact = [a.astype(np.float64) for a in worker.run(tenon.load(generate.in_doubles(shown).SerializeToString(), threads=1, optimize=False), wide, names)]
    try:
        other, who = worker.run_ort(shown.SerializeToString(), feed), "ONNX Runtime"
    except Exception as e:
        print(f"ONNX Runtime: {str(e)[:300]}")
        other, who = onnx.reference.ReferenceEvaluator(shown).run(names, feed), "ONNX's evaluator"
    for name, p, x, o in zip(names, plain, exact, other):
        o = worker.as_plain(np.asarray(o), p)
        why = worker.judge_reference(p, x, np.asarray(o), who)
        if why:
            node = next(n for n in shown.graph.node if name in n.output)
            print(f"seed {seed}: {why}\n{onnx.printer.to_text(node)}")
            p, o = np.asarray(p).astype(np.float64), np.asarray(o).astype(np.float64)
            if p.shape == o.shape:
                at = np.argwhere(~np.isclose(p, o, 1e-3, 1e-5, equal_nan=True))[:3].tolist()
                print([(i, p[tuple(i)], o[tuple(i)]) for i in at], plain[names.index(name)].dtype, [t.name + str(t.dims) for t in shown.graph.initializer if t.name in node.input])
                print([(i, str(plain[names.index(i)].dtype) + str(plain[names.index(i)].shape)) for i in node.input if i in names] + [(i, str(feed[i].dtype) + str(feed[i].shape)) for i in node.input if i in feed])
            return
    print(f"seed {seed}: no value differs from {who}'s")


if __name__ == "__main__":
    for s in sys.argv[1:]:
        blame(int(s))
