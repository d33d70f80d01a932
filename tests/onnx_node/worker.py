"""Runs tests in ONNX's folder layout: one JSON job a line on stdin, one JSON verdict a mode on stdout, then {"done": true}.

A job: {"folder", "modes", "tolerance", "device", "threads", "options", "known", "symbolic"}; verdicts: right, refused, wrong, error. A native crash ends the
process; the pool that owns it counts the crash and starts another.
"""
import json
import os
import pathlib
import resource
import sys
import tempfile

import numpy as np
import onnx
from onnx import numpy_helper

import compare
import drawn
import tenon

# mode: (optimise, run what was saved and loaded again)
MODES = {"optimised": (True, False), "plain": (False, False), "saved": (True, True), "plain saved": (False, True)}
READERS = {"tensor_type": (onnx.TensorProto, numpy_helper.to_array), "sequence_type": (onnx.SequenceProto, numpy_helper.to_list),
           "optional_type": (onnx.OptionalProto, numpy_helper.to_optional)}


def read_values(folder, kind, infos):
    values = {}
    for i, info in enumerate(infos):
        proto, convert = READERS[info.type.WhichOneof("value")]
        path = folder / f"{kind}_{i}.pb"
        if path.exists():                                   # a trailing optional input may be absent
            values[info.name] = convert(proto.FromString(path.read_bytes()))
    return values


def reason_of(error, graph):
    """The first line that says something, without the names of this one model, so that reasons can be grouped."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    text = lines[1] if len(lines) > 1 and lines[0].endswith(":") else lines[0]
    names = {n.name for n in graph.node} | {name for n in graph.node for name in [*n.input, *n.output]}
    for name in names - {""}:
        for quote in "'\"":
            text = text.replace(f"{quote}{name}{quote}", f"{quote}…{quote}")
    return text


def run_mode(mode, job, path, graph, cases):
    optimise, saved = MODES[mode]
    load = {"device": job["device"], "threads": job["threads"], "optimize": optimise, **job["options"]}
    model = tenon.load(str(path), **load)
    if saved:
        with tempfile.TemporaryDirectory() as folder:
            engine = os.path.join(folder, "test.engine")
            model.save(engine)
            model = tenon.load(engine, **load)
            return judge(model, job, graph, cases)
    return judge(model, job, graph, cases)


def judge(model, job, graph, cases):
    test, names = pathlib.Path(job["folder"]).name, [o.name for o in graph.output]
    for case, inputs, wants, everything in cases:
        answer = model(inputs)
        answers = {names[0]: answer} if len(names) == 1 else answer
        if list(answers) != names:
            return "wrong", f"{case}: outputs are {list(answers)}, expected {names}"
        if drawn.is_drawn(test):
            problem = drawn.broken_promise(test, everything, answers, wants)
        else:
            tolerance = compare.TOLERANCES[job["tolerance"]]
            problem = next((f"{name}: {d}" for name in names if (d := compare.difference(answers[name], wants[name], tolerance))), None)
        if problem:
            return "wrong", f"{case}: {problem}"
    return "right", ""


def changed(model, inputs, known, symbolic, folder):
    """The same test as models are: lists and single numbers as initializers, extents as symbols, equal extents the same one."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    known = {} if not known else {name: x for name, x in inputs.items() if isinstance(x, np.ndarray) and x.ndim <= 1 and x.size <= 64}
    for info in [i for i in model.graph.input if i.name in known]:
        model.graph.input.remove(info)
        model.graph.initializer.append(numpy_helper.from_array(known[info.name], info.name))
    for info in model.graph.input if symbolic else []:
        for dim in info.type.tensor_type.shape.dim:
            if dim.dim_value > 1:
                dim.dim_param = f"s{dim.dim_value}"
    del model.graph.value_info[:]
    path = os.path.join(folder, "model.onnx")
    onnx.save(model, path)
    return path, {name: x for name, x in inputs.items() if name not in known}


def run_job(job, send):
    folder = pathlib.Path(job["folder"])
    path = folder / "model.onnx"
    model = onnx.load(path)
    graph = model.graph
    constants = {t.name for t in graph.initializer}
    inputs = [i for i in graph.input if i.name not in constants]
    cases = []                                              # name, what to bind, what to expect, all inputs
    for d in sorted(folder.glob("test_data_set_*")):
        given = read_values(d, "input", inputs)
        cases.append((d.name, given, read_values(d, "output", graph.output), given))
    with tempfile.TemporaryDirectory() as made:
        if job.get("known") or job.get("symbolic"):
            path, rest = changed(model, cases[0][1], job.get("known"), job.get("symbolic"), made)
            cases = [(cases[0][0], rest, *cases[0][2:])]
        run_modes(job, path, graph, cases, send)
    send({"done": True})


def run_modes(job, path, graph, cases, send):
    for mode in job["modes"]:
        try:
            verdict, reason = run_mode(mode, job, path, graph, cases)
        except tenon.Error as e:
            verdict, reason = ("refused" if e.code == "unsupported" else "error"), reason_of(e, graph)
        except Exception as e:                              # whatever a test raises is that test's verdict
            verdict, reason = "error", f"{type(e).__name__}: {reason_of(e, graph)}"
        send({"mode": mode, "verdict": verdict, "reason": reason})


def main():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    os.dup2(2, 1)                                           # what native code prints must not mix with verdicts

    def send(message):
        answers.write(json.dumps(message) + "\n")
    send({"ready": True})
    for line in sys.stdin:
        run_job(json.loads(line), send)


if __name__ == "__main__":
    main()
