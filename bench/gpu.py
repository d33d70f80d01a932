#!/usr/bin/env python3
"""ResNet-50 on one NVIDIA GPU: Tenon beside torch.compile (frozen, reduce-overhead), interleaved in one process, and Tenon against
itself on the CPU.

    gpu.py [--batches 1,32] [--types f32,f16] [--seconds 3] [--no-torch] [--tuning-ms 4000]

Inputs and outputs stay in the GPU's memory; a run is timed from the call until its result is there. Prints a table and JSON lines.
"""
import argparse
import json
import pathlib
import statistics
import tempfile
import time

import numpy as np
import onnx
import onnx.numpy_helper
import torch

import models
import tenon

TOLERANCE = {"f32": 1e-4, "f16": 5e-3}  # of the largest value, as everywhere


class Bottleneck(torch.nn.Module):
    def __init__(self, c_in, width, stride):
        super().__init__()
        conv = torch.nn.Conv2d
        self.a, self.b, self.c = conv(c_in, width, 1), conv(width, width, 3, stride, 1), conv(width, width * 4, 1)
        self.skip = conv(c_in, width * 4, 1, stride) if stride != 1 or c_in != width * 4 else torch.nn.Identity()

    def forward(self, x):
        y = torch.relu(self.b(torch.relu(self.a(x))))
        return torch.relu(self.c(y) + self.skip(x))


class ResNet50(torch.nn.Module):
    """The architecture of bench/models.py, whose batch normalisations are folded."""

    def __init__(self):
        super().__init__()
        self.stem, layers, c = torch.nn.Conv2d(3, 64, 7, 2, 3), [], 64
        for width, blocks, stride in (64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2):
            for b in range(blocks):
                layers.append(Bottleneck(c, width, stride if b == 0 else 1))
                c = width * 4
        self.body, self.head = torch.nn.Sequential(*layers), torch.nn.Linear(2048, 1000)

    def forward(self, x):
        x = torch.nn.functional.max_pool2d(torch.relu(self.stem(x)), 3, 2, 1)
        return self.head(self.body(x).mean((2, 3)))


def model_of(batch, folder):
    path = pathlib.Path(folder, f"resnet50_{batch}.onnx")
    model = onnx.load(models.write("resnet50", folder))
    for value in [*model.graph.input, *model.graph.output]:
        value.type.tensor_type.shape.dim[0].dim_value = batch
    onnx.save(model, path)
    return path


def tenon_runner(path, kind, batch, tuning_ms):
    start = time.perf_counter()
    model = tenon.load(path, device="cuda", permit=["f16"] if kind != "f32" else [], tuning_ms=tuning_ms)
    build_s = time.perf_counter() - start
    x = torch.randn(batch, 3, 224, 224, device="cuda")
    y = torch.empty(batch, 1000, device="cuda")
    torch.cuda.synchronize()

    def run():
        model._native.run_at([x.data_ptr()], [list(x.shape)], [x.nbytes], [y.data_ptr()])
    run()
    host = x.cpu().numpy()
    return run, model, host, y.cpu().numpy(), build_s


def torch_runner(path, kind, x):
    """A run of the same network, and its answer to x."""
    torch._inductor.config.freezing = True
    dtype = torch.float16 if kind != "f32" else torch.float32
    net = ResNet50()
    for parameter, weights in zip(net.parameters(), onnx.load(path).graph.initializer, strict=True):
        parameter.data = torch.tensor(onnx.numpy_helper.to_array(weights)).reshape(parameter.shape)
    net = net.eval().to("cuda", dtype, memory_format=torch.channels_last)
    compiled = torch.compile(net, mode="reduce-overhead")
    x = torch.tensor(x, device="cuda", dtype=dtype).to(memory_format=torch.channels_last)

    def run():
        with torch.no_grad():
            y = compiled(x)
        torch.cuda.synchronize()
        return y
    for _ in range(5):
        y = run()
    return run, y.float().cpu().numpy()


def interleaved(runners, seconds):
    times = {name: [] for name in runners}
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for name, run in runners.items():
            for _ in range(10):
                start = time.perf_counter()
                run()
                times[name].append((time.perf_counter() - start) * 1e3)
    return {name: statistics.median(t) for name, t in times.items()}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--batches", default="1,32")
    p.add_argument("--types", default="f32,f16")
    p.add_argument("--seconds", type=float, default=3)
    p.add_argument("--tuning-ms", type=float, default=4000)
    p.add_argument("--no-torch", action="store_true")
    a = p.parse_args()
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    with tempfile.TemporaryDirectory() as folder:
        for batch in map(int, a.batches.split(",")):
            path = model_of(batch, folder)
            for kind in a.types.split(","):
                run, model, x, y, build_s = tenon_runner(path, kind, batch, a.tuning_ms)
                expected = tenon.load(path)(x)
                error_of = lambda y: float(np.abs(y - expected).max() / np.abs(expected).max())
                errors = {"tenon": error_of(y)}
                runners = {"tenon": run}
                if not a.no_torch:
                    runners["torch.compile"], answer = torch_runner(path, kind, x)
                    errors["torch.compile"] = error_of(answer)
                ms = interleaved(runners, a.seconds)
                kernels = {k[7:]: int(v) for k, v in model.stats.items() if k.startswith("kernel/")}
                print(json.dumps({"model": "resnet50", "type": kind, "batch": batch, "ms": ms, "errors": errors,
                                  "right": errors["tenon"] <= TOLERANCE[kind], "build_s": build_s, "kernels": kernels}), flush=True)


if __name__ == "__main__":
    main()
