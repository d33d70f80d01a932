#!/usr/bin/env python3
"""Checks every include against the arrows between folders (docs/architecture.md). --self-test plants a bad one."""
import pathlib, re, sys, tempfile

LAYERS = {  # layer -> what it may include; offers are the kernels of one operator and all regions
    "base": "base",
    "kernels": "base kernels",
    "devices": "base devices",
    "ir": "base ir",
    "ops": "base ir ops",
    "optimizer": "base ir ops optimizer",
    "select": "base devices ir select",
    "offers": "base ir ops kernels devices select offers",
    "plan": "base devices ir ops select plan",
    "runtime": "base ir select plan runtime devices",
    "onnx": "base ir ops onnx",
    "tenon": "base kernels devices ir ops optimizer select offers plan runtime onnx tenon",
    "objects": "base ir ops plan runtime onnx tenon objects",
}
OFFERS = re.compile(r"(ops/.*_(cpu|cuda|onednn|avx\w*)\.\w+|regions/.*)$")
INCLUDE = re.compile(r'\s*#\s*include\s*(["<])([^">]+)[">]')


def layer(path):
    return "offers" if OFFERS.match(path) else path.split("/")[0]


def complaint(path, quote, target):
    """What is wrong with one include, or None."""
    if target == "tenon.h":
        return None if layer(path) == "tenon" else "only src/tenon/ implements tenon.h"
    if layer(target) not in LAYERS:
        return f'"{target}": write the path from src/' if quote == '"' else None
    if layer(target) not in LAYERS[layer(path)].split():
        return f"{layer(path)} may not include {target} ({layer(target)})"
    if target == "regions/regions.def" and layer(path) != "tenon":
        return "regions.def is read by src/tenon/ alone"
    return None


def check(root):
    bad = []
    for file in sorted(root.rglob("*")):
        path = file.relative_to(root).as_posix()
        if file.suffix not in (".h", ".cpp", ".cu", ".cuh", ".def", ".inc") or "_test." in path:
            continue
        if layer(path) not in LAYERS:
            bad.append(f"src/{path}: this folder has no row in tools/check_layers.py")
            continue
        for line, text in enumerate(file.read_text().splitlines(), 1):
            include = INCLUDE.match(text)
            wrong = include and complaint(path, include[1], include[2])
            if wrong:
                bad.append(f"src/{path}:{line}: {wrong}")
    return bad


def self_test():
    planted = {  # file -> its include, and whether it must be reported
        "base/error.h": ('"ir/graph.h"', True),
        "base/file.cpp": ("<ir/graph.h>", True),
        "base/log.h": ("<vector>", False),
        "ir/graph.cpp": ('"graph.h"', True),
        "ir/node.cpp": ('"ir/node.h"', False),
        "kernels/cpu/gemm.cpp": ('"ir/node.h"', True),
        "devices/cpu/cpu.cpp": ('"select/offer.h"', True),
        "ops/softmax/softmax.h": ('"select/offer.h"', True),
        "ops/softmax/softmax.cpp": ('"ops/conv/conv_cpu.h"', True),
        "ops/softmax/softmax_cpu.cpp": ('"select/offer.h"', False),
        "ops/softmax/softmax_cuda.cpp": ('"devices/cuda/module.h"', False),
        "ops/softmax/softmax_avx512vnni.cpp": ('"kernels/cpu/rows.h"', False),
        "ops/softmax/softmax_test.cpp": ('"runtime/engine.h"', False),
        "optimizer/rules/fold.cpp": ('"regions/conv/conv.h"', True),
        "regions/conv/conv.cpp": ('"plan/plan.h"', True),
        "regions/conv/conv_cpu.cpp": ('"ops/conv/conv_cpu.h"', False),
        "select/cover.cpp": ('"regions/regions.def"', True),
        "plan/plan.cpp": ('"runtime/engine.h"', True),
        "runtime/runner.cpp": ('"ops/conv/conv.h"', True),
        "runtime/engine.cpp": ('"tenon.h"', True),
        "onnx/import.cpp": ('"optimizer/rewriter.h"', True),
        "tenon/build.cpp": ('"regions/regions.def"', False),
        "tenon/load.cpp": ('"tenon.h"', False),
        "utils/strings.h": ("<string>", True),
    }
    with tempfile.TemporaryDirectory() as folder:
        for path, (include, _) in planted.items():
            file = pathlib.Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"#include {include}\n")
        found = {line.split(":")[0].removeprefix("src/") for line in check(pathlib.Path(folder))}
    expected = {path for path, (_, bad) in planted.items() if bad}
    return [f"{path}: planted and not caught" for path in sorted(expected - found)] + [
        f"{path}: reported, and is no fault" for path in sorted(found - expected)]


if __name__ == "__main__":
    if "--self-test" in sys.argv:
        bad, good = self_test(), "every planted include is caught"
    else:
        bad, good = check(pathlib.Path(__file__).parent.parent / "src"), "all includes follow the arrows"
    print("\n".join(bad) or good)
    sys.exit(bool(bad))
