#!/usr/bin/env python3
"""Networks on an NVIDIA GPU against the same networks on the CPU; and what is said where there is none, or not all of its libraries.

    run_device.py [--device cuda] [--filter TEXT] [--save ENGINE]

Without --device: what a machine without a driver shows; there must be none. With it: needs a GPU. --save keeps the engine that the GPU
machine built, for a machine without one. A case is a function below whose name begins with cpu_ or cuda_.
"""
import argparse
import ctypes
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import traceback

import numpy as np
import onnx
import tenon

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests/onnx_node"), str(ROOT / "bench")]
import compare
import models as bench_models

PROGRAM = shutil.which("tenon")
BUILD = pathlib.Path(PROGRAM).resolve().parent.parent if PROGRAM else ROOT / "build/dev"
DIGITS = ROOT / "examples/digits/digits.onnx"
CUDA = pathlib.Path("/usr/local/cuda")
LIMIT_S = 300
options = None


def differs(got, want, kind="f32"):
    """None, or what differs between two answers; values stored as halves are judged as halves."""
    want = {k: v.astype(np.float16) if kind == "f16" else v for k, v in as_dict(want).items()}
    got = {k: v.astype(np.float16) if kind == "f16" else v for k, v in as_dict(got).items()}
    return next((f"{k}: {d}" for k in want if (d := compare.difference(got[k], want[k], compare.TOLERANCES["model"]))), None)


def as_dict(answer):
    return answer if isinstance(answer, dict) else {"": answer}


def expect_same(got, want, what, kind="f32"):
    problem = differs(got, want, kind)
    assert problem is None, f"{what}: {problem}"


def error_of(got, want):
    return max(float(np.abs(g.astype(float) - w).max() / max(np.abs(w).max(), 1e-30)) for g, w in zip(as_dict(got).values(), as_dict(want).values()))


def inputs_for(model, batch, seed):
    random = np.random.default_rng(seed)
    shape = lambda port: [d if isinstance(d, int) else batch for d in port.shape]
    return {p.name: random.standard_normal(shape(p)).astype(p.dtype) if "float" in p.dtype.name else
            random.integers(0, 16, shape(p)).astype(p.dtype) for p in model.inputs}


def resnet(folder, batch="N"):
    """ResNet-50 of bench/models.py with an open batch."""
    model = onnx.load(bench_models.write("resnet50", folder))
    for value in [*model.graph.input, *model.graph.output]:
        value.type.tensor_type.shape.dim[0].dim_param = batch
    path = pathlib.Path(folder, "resnet50.onnx")
    onnx.save(model, path)
    return path


def loaded_saying(code, **env):
    """stdout and stderr of a Python program that uses tenon."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=LIMIT_S, env={**os.environ, **env})
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout, done.stderr


# ---- without a driver
def cpu_asking_for_a_gpu_says_why_there_is_none(folder):
    try:
        tenon.load(DIGITS, device="cuda")
    except tenon.Error as e:
        assert e.code == "device" and "cannot be had" in str(e) and "libcuda" in str(e) and "use cpu, or auto" in str(e), str(e)
    else:
        raise AssertionError("the device cuda was had; with a GPU, run with --device cuda")


def cpu_auto_takes_the_cpu(folder):
    x = inputs_for(tenon.load(DIGITS), 3, 0)
    expect_same(tenon.load(DIGITS, device="auto")(x), tenon.load(DIGITS)(x), "auto")


# ---- with a GPU
def cuda_digits_and_resnet_equal_the_cpu(folder):
    for path in (DIGITS, resnet(folder)):
        on_cpu = tenon.load(path)
        for kind, permit in (("f32", []), ("f16", ["f16"])):
            model = tenon.load(path, device="cuda", permit=permit, tuning_ms=2000)
            for seed, batch in enumerate((1, 3, 2, 3, 8, 32)):
                x = inputs_for(model, batch, seed)
                got, want = model(x), on_cpu(x)
                print(f"{path.stem} {kind} batch {batch}: largest error {error_of(got, want):.1e} of the largest value", flush=True)
                expect_same(got, want, f"{path.stem} {kind} batch {batch}", kind)


def layer_norm(folder, of_halves):
    """Written out, for f32; as one operator, for f16. Its input is around 3e4, where squares leave the range of halves."""
    make, tensor = onnx.helper.make_node, onnx.numpy_helper.from_array
    dtype, element = (np.float16, 10) if of_halves else (np.float32, 1)
    numbers = {"axis": np.array([-1]), "two": np.array(2, dtype), "eps": np.array(1e-5, dtype), "scale": np.linspace(.5, 2, 64).astype(dtype),
               "bias": np.linspace(-1, 1, 64).astype(dtype)}
    steps = [make("ReduceMean", ["r", "axis"], ["mean"]), make("Sub", ["r", "mean"], ["d"]), make("Pow", ["d", "two"], ["square"]),
             make("ReduceMean", ["square", "axis"], ["variance"]), make("Add", ["variance", "eps"], ["v"]), make("Sqrt", ["v"], ["deviation"]),
             make("Div", ["d", "deviation"], ["n"]), make("Mul", ["n", "scale"], ["s"]), make("Add", ["s", "bias"], ["t"])]
    whole = [make("LayerNormalization", ["r", "scale", "bias"], ["t"], axis=-1)]
    nodes = [make("Relu", ["x"], ["r"]), *(whole if of_halves else steps), make("Identity", ["t"], ["y"])]
    used = {i for n in nodes for i in n.input}
    graph = onnx.helper.make_graph(nodes, "norm", [onnx.helper.make_tensor_value_info("x", element, ["N", 64])],
                                   [onnx.helper.make_tensor_value_info("y", element, ["N", 64])], [tensor(v, k) for k, v in numbers.items() if k in used])
    path = pathlib.Path(folder, "norm.onnx")
    onnx.save(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=8), path)
    return path


def layer_norm_of_large_numbers(folder, device):
    for of_halves in (False, True):
        path = layer_norm(folder, of_halves)
        x = (30000 + 9000 * np.random.default_rng(5).standard_normal((40, 64))).clip(1, 60000).astype(np.float16 if of_halves else np.float32)
        wide = x.astype(np.float64)
        wide = (wide - wide.mean(1, keepdims=True)) / np.sqrt(wide.var(1, keepdims=True) + 1e-5) * np.linspace(.5, 2, 64) + np.linspace(-1, 1, 64)
        for tuning_ms in (0, 500):
            y = tenon.load(path, device=device, permit=["f16"], tuning_ms=tuning_ms)(x).astype(np.float64)
            error = np.abs(y - wide).max() / np.abs(wide).max()
            print(f"{device}, {'halves' if of_halves else 'floats, halves permitted'}: largest error {error:.1e} of the largest value", flush=True)
            assert np.isfinite(y).all() and error < 5e-3, error


def cpu_layer_norm_of_large_numbers_stays_finite_in_halves(folder):
    layer_norm_of_large_numbers(folder, "cpu")


def cuda_layer_norm_of_large_numbers_stays_finite_in_halves(folder):
    layer_norm_of_large_numbers(folder, "cuda")


def cuda_engines_cross_between_machines(folder):
    golden = sorted(f for f in (ROOT / "tests/engines").glob("*.engine") if f.with_suffix(".npz").exists())
    assert golden
    for engine in golden:  # most were built without a GPU
        stored = np.load(engine.with_suffix(".npz"))
        model = tenon.load(engine, device="cuda")
        for n in {key.split("/")[0] for key in stored}:
            values = lambda way: {k.split("/")[2]: v for k, v in stored.items() if k.startswith(f"{n}/{way}/")}
            got, want = as_dict(model(values("in"))), values("out")
            expect_same(got if len(want) > 1 else dict(zip(want, got.values())), want, engine.name)
    made = options.save or pathlib.Path(folder, "gpu.engine")
    tenon.load(DIGITS, device="cuda", tuning_ms=500).save(made)
    x = inputs_for(tenon.load(DIGITS), 5, 1)
    expect_same(tenon.load(made, device="cpu")(x), tenon.load(DIGITS)(x), "built on the GPU, run on the CPU")
    expect_same(tenon.load(made, device="cuda")(x), tenon.load(DIGITS)(x), "built and run on the GPU")


def cuda_inputs_may_lie_in_either_memory(folder):
    runtime = ctypes.CDLL(str(next((CUDA / "lib64").glob("libcudart.so"))))
    model, x = tenon.load(DIGITS, device="cuda"), inputs_for(tenon.load(DIGITS), 4, 3)
    (x,), want = x.values(), as_dict(tenon.load(DIGITS)(x))[""]
    device = lambda n: (lambda p: (runtime.cudaMalloc(ctypes.byref(p), ctypes.c_size_t(n)), p)[1])(ctypes.c_void_p())
    copy = lambda to, at, n: runtime.cudaMemcpy(ctypes.c_void_p(to), ctypes.c_void_p(at), ctypes.c_size_t(n), 4)
    x_there, y_there = device(x.nbytes), device(want.nbytes)
    assert copy(x_there.value, x.ctypes.data, x.nbytes) == 0
    for from_host in (True, False):
        for to_host in (True, False):
            y = np.zeros_like(want)
            for _ in range(3):  # at first step by step, then recorded, then replayed
                model._native.run_at([x.ctypes.data if from_host else x_there.value], [list(x.shape)], [x.nbytes],
                                     [y.ctypes.data if to_host else y_there.value])
            if not to_host:
                assert copy(y.ctypes.data, y_there.value, y.nbytes) == 0
            expect_same(y, want, f"from {'host' if from_host else 'device'} to {'host' if to_host else 'device'}")


HIDE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
void* dlopen(const char* name, int flags) {  // as on a machine without the library that HIDDEN names
  void* (*real)(const char*, int) = (void* (*)(const char*, int))dlsym(RTLD_NEXT, "dlopen");
  const char* hidden = getenv("HIDDEN");
  return real(name && hidden && strstr(name, hidden) ? "libthat_is_not_there.so" : name, flags);
}
"""


def cuda_a_missing_library_costs_its_offers_and_a_line(folder):
    source, hide = pathlib.Path(folder, "hide.c"), pathlib.Path(folder, "hide.so")
    source.write_text(HIDE)
    subprocess.run(["gcc", "-shared", "-fPIC", source, "-o", hide, "-ldl"], check=True)
    program = f"""
import numpy as np, tenon
m = tenon.load({str(DIGITS)!r}, device="cuda")
x = np.random.default_rng(0).standard_normal((2, 1, 8, 8)).astype(np.float32)
assert np.abs(m(x) - tenon.load({str(DIGITS)!r})(x)).max() < 1e-4
print(*sorted(k[7:] for k in m.stats if k.startswith("kernel/")))
"""
    everything, quiet = loaded_saying(program)
    assert "cudnn.conv" in everything and "not there" not in quiet, (everything, quiet)
    for library, names, kernels in (("libcudnn", ["cuDNN"], ["cudnn."]), ("libcublasLt", ["cuBLASLt", "cuDNN"], ["cublaslt.", "cudnn."]),
                                    ("libnvrtc", ["NVRTC"], ["cuda."])):
        used, said = loaded_saying(program, LD_PRELOAD=str(hide), HIDDEN=library)
        lines = [line for line in said.splitlines() if "not there" in line]
        assert len(lines) == len(names) and all(name in line for name, line in zip(names, lines)), said
        assert not any(k in used for k in kernels), f"without {library}: {used}"
        print(f"without {library}: {used.strip()}; says: {' | '.join(lines)}")


def cuda_programs_of_each_generation_run_with_the_real_runtime(folder):
    if not (CUDA / "include/cuda_runtime_api.h").exists():
        raise AssertionError(f"{CUDA} has no headers")
    for name, generation, standard in (("api8", "8", "-std=c++11"), ("api10", "10", "-std=c++14")):
        place = pathlib.Path(folder, name)
        place.mkdir()
        libraries = BUILD / "lib" / generation
        for program in ("build", "infer"):
            subprocess.run(["g++", standard, ROOT / f"examples/{name}/{program}.cpp", "-o", place / program, f"-I{BUILD}/api/{generation}/include",
                            f"-I{ROOT}/api/samples", f"-I{CUDA}/include", f"-L{libraries}", "-lnvinfer", "-lnvonnxparser",
                            f"-L{CUDA}/lib64", "-lcudart", f"-Wl,-rpath,{libraries}:{BUILD}/lib:{CUDA}/lib64", f"-Wl,-rpath-link,{BUILD}/lib"], check=True)
        subprocess.run([place / "build", "built.engine"], cwd=place, check=True, timeout=LIMIT_S)
        done = subprocess.run([place / "infer", "built.engine"], cwd=place, check=True, timeout=LIMIT_S, capture_output=True, text=True)
        assert done.stdout == "13824 of 13824 right\n", done.stdout


def main():
    global options
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--filter", default="")
    parser.add_argument("--save", type=pathlib.Path)
    options, _ = parser.parse_known_args()
    passed = failed = 0
    for name, case in sorted(globals().items()):
        if not name.startswith(f"{options.device}_") or options.filter not in name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                case(folder)
                passed += 1
            except Exception:
                failed += 1
                print(f"{name}: {traceback.format_exc(limit=4)}", flush=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0 or not passed)


if __name__ == "__main__":
    main()
