#!/usr/bin/env python3
"""What requests cost once a model has seen their shapes: nothing allocated, no cache copied, memory as it was planned.

    run_steady.py [--filter TEXT] [--models FOLDER] [--shapes 10000] [--times] [--device cuda] [--layers 12]

--times also judges latencies, for machines that are otherwise idle; --layers 12 decodes with a network as large as GPT-2."""
import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import traceback

import numpy as np
import onnx
from onnx import TensorProto, helper

import tenon

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from decoder import decoder
from run_control_flow import Skipped, session_of
from run_models import models_folder


def steady(model, *options, ranges):
    """The lines of tests/tools/steady.cpp."""
    program = shutil.which("steady")
    assert program, "the program `steady` is not there; build the tests"
    given = [f"--range={name}={','.join(map(str, numbers))}" for name, numbers in ranges.items()]
    done = subprocess.run([program, str(model), *given, *map(str, options)], capture_output=True, text=True, timeout=3000)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def check_visits(lines, what, first=1):
    """Only first visits may allocate; what was planned for the highest shape holds."""
    later = [l for l in lines if l["kind"] == "visit" and l["visit"] >= first]
    assert later, what
    for line in later:
        assert line["ours"] == 0, f"{what}: visit {line['visit']} of {line['extents']} made {line['ours']} allocations"
    check_arena(lines, what)


def check_arena(lines, what):
    arenas = {l["arena"] for l in lines}
    assert len(arenas) == 1, f"{what}: memory for activations was {sorted(arenas)}"


def ppocr(options):
    folder = models_folder(options.models)
    if folder is None:
        raise Skipped("no models here")
    name = "p2o_DynamicDimension_"
    return folder / "ppocr_v3_det.onnx", {name + "0": (1, 1, 1, 1), name + "1": (32, 320, 640, 32), name + "2": (32, 320, 640, 32)}


def test_fifty_resolutions_in_random_order(options):
    model, ranges = ppocr(options)
    lines = steady(model, "--shapes", 50 if options.times else 12, "--visits", 3, "--repeat", 5 if options.times else 0, ranges=ranges)
    check_visits(lines, "ppocr_v3_det")
    if options.times:
        steady_ms = {l["shape"]: l["ms"] for l in lines if l["kind"] == "steady"}
        ratios = lambda first: sorted(l["ms"] / steady_ms[l["shape"]] for l in lines if l["kind"] == "visit" and (l["visit"] == 0) == first)
        later, first = ratios(False), ratios(True)
        extra = sorted(l["ms"] - steady_ms[l["shape"]] for l in lines if l["kind"] == "visit" and l["visit"] == 0)
        p99 = later[int(np.ceil(0.99 * len(later))) - 1]
        print(f"  later visits over the steady latency: median {later[len(later) // 2]:.2f}, p99 {p99:.2f}, most {later[-1]:.2f}; "
              f"first visits: median {first[len(first) // 2]:.2f}, most {first[-1]:.2f}; median {extra[len(extra) // 2]:.1f} ms more, most {extra[-1]:.1f}")
        assert p99 <= 1.5, p99


def small_network():
    random = np.random.default_rng(0)
    weights = [onnx.numpy_helper.from_array(random.standard_normal(shape).astype(np.float32) / 9, name)
               for name, shape in (("w", (8, 3, 3, 3)), ("d", (8, 1, 3, 3)), ("p", (16, 8, 1, 1)), ("u", (16, 4, 2, 2)))]
    nodes = [helper.make_node("Conv", ["x", "w"], ["a"], pads=[1] * 4, strides=[2, 2]), helper.make_node("HardSwish", ["a"], ["b"]),
             helper.make_node("Conv", ["b", "d"], ["c"], pads=[1] * 4, group=8), helper.make_node("Conv", ["c", "p"], ["e"]),
             helper.make_node("GlobalAveragePool", ["e"], ["g"]), helper.make_node("Sigmoid", ["g"], ["s"]), helper.make_node("Mul", ["e", "s"], ["m"]),
             helper.make_node("ConvTranspose", ["m", "u"], ["y"], strides=[2, 2])]
    graph = helper.make_graph(nodes, "small", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3, "H", "W"])],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def test_memory_holds_for_random_shapes(options):
    """Ten thousand by hand: those of a network of our own, and of ppocr_v3_det."""
    ranges = {"N": (1, 1, 4, 1), "H": (1, 64, 200, 1), "W": (1, 64, 200, 1)}
    with tempfile.TemporaryDirectory() as folder:
        onnx.save(small_network(), f"{folder}/small.onnx")
        check_arena(steady(f"{folder}/small.onnx", "--shapes", options.shapes, "--visits", 1, "--repeat", 0, ranges=ranges), "the small network")
        check_visits(steady(f"{folder}/small.onnx", "--shapes", 20, "--visits", 3, "--repeat", 0, ranges=ranges), "the small network")
    if options.shapes >= 10000:
        model, ranges = ppocr(options)
        for k in "12":
            ranges["p2o_DynamicDimension_" + k] = (32, 96, 320, 32)
        check_arena(steady(model, "--shapes", options.shapes, "--visits", 1, "--repeat", 0, ranges=ranges), "ppocr_v3_det")


def greedy(step, inputs, prompt, count):
    """Tokens that follow the prompt: its own in one call, then one a call; `step` runs with caches in place."""
    tokens, place, made = prompt, 0, []
    for _ in range(count):
        logits = step({"tokens": np.array([tokens]), "place": np.array([place])})
        place += len(tokens)
        tokens = [int(logits.argmax())]
        made.append(logits)
    return np.concatenate(made)


def test_decoding_equals_onnxruntime(options):
    network = decoder(layers=2, width=64, heads=4, vocabulary=97, room=32)
    kept = {i.name: np.zeros([d.dim_value for d in i.type.tensor_type.shape.dim], np.float32) for i in network.graph.input[2:]}

    def through(run):
        caches = {name: zeros.copy() for name, zeros in kept.items()}

        def step(given):
            results = run({**given, **caches})
            for name in caches:
                caches[name] = results["new_" + name]
            return results["logits"]
        return greedy(step, kept, [5, 11, 2, 60, 7], 20)

    session = session_of(network)
    names = [o.name for o in session.get_outputs()]
    model = tenon.load(network.SerializeToString(), device=options.device, profile={"T": (1, 1, 16)})
    ours, theirs = through(model), through(lambda given: dict(zip(names, session.run(None, given))))
    error = np.abs(ours - theirs).max() / np.abs(theirs).max()
    assert error < 1e-5, error
    assert (ours.argmax(1) == theirs.argmax(1)).all()


def decoding(network, options, *more, in_place=True):
    over = [f"--over=new_{i.name}={i.name}" for i in network.graph.input[2:]] if in_place else []
    with tempfile.TemporaryDirectory() as folder:
        onnx.save(network, f"{folder}/decoder.onnx")
        return steady(f"{folder}/decoder.onnx", "--device", options.device, *over, *more, ranges={"T": (1, 1, 64, 1)})


def test_a_step_of_decoding_allocates_nothing(options):
    network = decoder(layers=options.layers) if options.layers > 2 else decoder(layers=2, width=256, heads=4, vocabulary=1000, room=4096)
    check_visits(decoding(network, options, "--shapes", 4, "--visits", 5, "--repeat", 0), "the decoder",
                 first=1 if options.device == "cpu" else 2)        # a device records the second


def test_a_step_of_decoding_copies_no_cache(options):
    """Where caches are large, writing the new rows takes a small part of what copying them takes."""
    network = decoder(layers=2, width=256, heads=4, vocabulary=1000, room=4096 if options.device == "cpu" else 65536)
    steps, apart = (decoding(network, options, "--step-times", 20, in_place=i) for i in (True, False))
    writes = lambda lines: sum(l["ms"] for l in lines if "tensor_scatter" in l["kernel"])
    gigabytes = sum(4 * np.prod([d.dim_value for d in i.type.tensor_type.shape.dim]) for i in network.graph.input[2:]) / 1e9
    print(f"  caches of {gigabytes:.3f} GB: writing in place {writes(steps):.3f} ms, with copies {writes(apart):.3f} ms, "
          f"whole steps {sum(l['ms'] for l in steps):.2f} and {sum(l['ms'] for l in apart):.2f} ms, {len(steps)} of them")
    assert writes(apart) > 4 * writes(steps), "the caches seem to be copied"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--filter", default="")
    parser.add_argument("--models")
    parser.add_argument("--shapes", type=int, default=1000)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--times", action="store_true")
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    passed = failed = skipped = 0
    for name, case in list(globals().items()):
        if not name.startswith("test_") or options.filter not in name:
            continue
        try:
            case(options)
            passed += 1
        except Skipped as e:
            print(f"SKIP {name}: {e}")
            skipped += 1
        except Exception:
            print(f"FAIL {name}")
            traceback.print_exc()
            failed += 1
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
