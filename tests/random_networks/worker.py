"""Takes seeds as lines of JSON on stdin; builds, runs and judges the network of each in every way there is; answers with a line of JSON."""
import json
import os
import pathlib
import sys
import tempfile

import dynamic
import generate
import graphs
import tenon
from judge import Judge

# Ways to run one network: a name, options of load, whether it goes through an engine file.
WAYS = [("optimised", {}, False), ("saved", {}, True), ("two threads", {"threads": 2}, True), ("node", {"providers": ["node"]}, False),
        ("depthwise", {"providers": ["depthwise"]}, False), ("panels", {"providers": ["panels"]}, False),
        ("attention", {"providers": ["attention"]}, False), ("integer", {"providers": ["integer"]}, False), ("onednn", {"providers": ["onednn"]}, False), ("pointwise", {"providers": ["pointwise"]}, False)]
DEVICE = os.environ.get("TENON_TEST_DEVICE", "cpu")
if DEVICE != "cpu":
    WAYS += [(f"on {DEVICE}", {"device": DEVICE}, False), (f"saved, on {DEVICE}", {"device": DEVICE}, True)]


def load(model, way):
    _, options, saved = way
    if not saved:
        return tenon.load(model, **{"threads": 1, **options})
    loaded = tenon.load(model, threads=1)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "random.engine")
        loaded.save(path)
        return tenon.load(path, **{"threads": 1, **options})


def late_extents(network):
    return any(i.name.startswith("is") for i in network.graph.input) or any(graphs.bodies(node) for node in network.graph.node)


def test(seed):
    network = generate.network(seed)
    model = network.SerializeToString()
    try:
        judge = Judge(network, seed)
    except tenon.Error as e:                                # a refusal fails, too: mostly what is supported is generated
        if e.id in dynamic.LACKS and late_extents(network):
            return {"verdict": "passed", "reason": str(e), "stats": {"late extents refused": 1}}
        raise
    ways = [(way[0], load(model, way)) for way in WAYS]
    for _, m in ways:
        for key, count in m.stats.items():
            if key.startswith(("kernel/", "rule/")):
                judge.count(key, count)
    failures = []
    for batch in [1, 3] if dynamic.open_extents(network) else [1]:
        bits, wrong = judge.examine(generate.feeds(network, seed, batch), ways)
        for other in ("saved", "two threads"):
            if other in bits and dynamic.differ(bits["optimised"], bits[other]):
                wrong.append(f"{other}: other bits than optimised")
        failures += [f"batch {batch}, {why}" for why in wrong]
    if not generate.STRAIGHT:
        failures += dynamic.test(network, seed, judge.count)
    return {"verdict": "failed" if failures else "passed", "reason": "; ".join(failures[:3]), "stats": judge.stats}


def main():
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    answers.write(json.dumps({"ready": True}) + "\n")
    for line in sys.stdin:
        seed = json.loads(line)["seed"]
        try:
            answer = test(seed)
        except tenon.Error as e:
            answer = {"verdict": "failed", "reason": f"{e.id}: {str(e).splitlines()[0]}"}
        except Exception as e:
            answer = {"verdict": "failed", "reason": f"{type(e).__name__}: {e}"}
        answers.write(json.dumps({"mode": "all", **answer}) + "\n" + json.dumps({"done": True}) + "\n")


if __name__ == "__main__":
    if len(sys.argv) > 1:                                   # worker.py SEED…: one at a time, to look at
        for seed in sys.argv[1:]:
            pathlib.Path(f"/tmp/random_{seed}.onnx").write_bytes(generate.network(int(seed)).SerializeToString())
            print(seed, json.dumps(test(int(seed)), indent=1))
    else:
        main()
