"""One engine in a process of its own: takes questions from cpu.py as lines of JSON on stdin, answers each with one on stdout."""
import json
import os
import pathlib
import sys
import time

import numpy as np

# engine: the ways to run it of which the better counts
VARIANTS = {"tenon": ["tenon"], "onnxruntime": ["onnxruntime", "onnxruntime-no-spin"], "openvino": ["openvino"]}


def load_tenon(job, feed):
    import tenon
    model = tenon.load(job["model"], device="cpu", threads=job["threads"], **job["options"])

    def run():
        answer = model(feed)
        return list(answer.values()) if isinstance(answer, dict) else [answer]
    return run, {k: model.stats.get(k) for k in ("first_plan_ms", "build_ms", "weights_bytes", "arena_bytes", "steps")}


def load_onnxruntime(job, feed, spin):
    import onnxruntime as ort
    options = ort.SessionOptions()
    options.intra_op_num_threads = job["threads"]
    options.log_severity_level = 3
    if not spin:
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = ort.InferenceSession(job["model"], options, providers=["CPUExecutionProvider"])
    return lambda: session.run(None, feed), {}


def load_openvino(job, feed):
    import openvino as ov
    core = ov.Core()
    model = core.read_model(job["model"])
    if model.is_dynamic():
        model.reshape({i.get_any_name(): list(feed[i.get_any_name()].shape) for i in model.inputs})
    compiled = core.compile_model(model, "CPU", {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": job["threads"], "INFERENCE_PRECISION_HINT": "f32"})
    request = compiled.create_infer_request()
    count = len(compiled.outputs)

    def run():
        answer = request.infer(feed, share_inputs=True, share_outputs=True)
        return [answer[i] for i in range(count)]
    return run, {}


LOADERS = {"tenon": load_tenon, "onnxruntime": lambda job, feed: load_onnxruntime(job, feed, True),
           "onnxruntime-no-spin": lambda job, feed: load_onnxruntime(job, feed, False), "openvino": load_openvino}


def peak_mib():
    status = pathlib.Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))


def load(job):
    with np.load(job["inputs"]) as file:
        feed = {k: file[k] for k in file.files}
    before, start = peak_mib(), time.perf_counter()
    run, facts = LOADERS[job["engine"]](job, feed)
    load_ms = (time.perf_counter() - start) * 1e3           # with the engine's own import
    run()
    return run, {"before_mib": before, "load_ms": load_ms, **facts}


def burst(run, count):
    run()                                                   # other engines had the caches
    times = []
    for _ in range(count):
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) * 1e3)
    return times


def save_outputs(run, path):
    np.savez(path, **{f"{i:04}": np.array(v) for i, v in enumerate(run())})
    return path


def main():
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)                                           # what engines print must not mix with answers

    def say(answer):
        answers.write(json.dumps(answer) + "\n")
    try:
        run, facts = load(json.loads(sys.stdin.readline()))
        say(facts)
        for line in sys.stdin:
            question = json.loads(line)
            if "burst" in question:
                say({"ms": burst(run, question["burst"])})
            elif "outputs" in question:
                say({"outputs": save_outputs(run, question["outputs"])})
            else:
                say({"peak_mib": peak_mib()})
    except Exception as e:                                  # a refusal or a failure is an answer too
        lines = str(e).strip().splitlines() or [type(e).__name__]
        say({"failed": lines[0]})


if __name__ == "__main__":
    main()
