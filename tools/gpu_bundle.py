#!/usr/bin/env python3
"""Packs what a run on a GPU machine needs, into one file of under 60 MiB.

    gpu_bundle.py [--preset dev] [--models FOLDER] [-o build/gpu_bundle.tar.xz]

For machines without Tenon's dependencies: programs and libraries with their own oneTBB, oneDNN and the rest beside them (found by
$ORIGIN), the sources of the Python module, ONNX's test data, models. There, build/gpu/setup.sh builds the Python module for
that machine's Python. Unpacked as build/gpu in a checkout, it is what `./dev test` runs there:

    tar xf gpu_bundle.tar.xz -C build && build/gpu/setup.sh && ./dev test --device cuda

build/gpu/env.sh COMMAND runs anything else with it.
"""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
OF_EVERY_SYSTEM = re.compile(r"lib(c|m|dl|rt|pthread|gcc_s|stdc\+\+)\.so|ld-linux|linux-vdso")
LIMIT_BYTES = 60 << 20

ENV = """#!/bin/sh
# Runs a command with this bundle's programs, libraries and Python package first.
here=$(cd "$(dirname "$0")" && pwd)
PATH="$here/bin:$PATH" PYTHONPATH="$here/python" TENON_SOURCE_DIR="${TENON_SOURCE_DIR:-$PWD}" exec "$@"
"""
SETUP = """#!/bin/sh
# Builds the Python module for this machine's Python.
set -e
here=$(cd "$(dirname "$0")" && pwd)
g++ -std=c++20 -O1 -fPIC -shared -fvisibility=hidden "$here"/module/*.cpp -I"$here/include" -I"$here/module" $(python3 -m pybind11 --includes) \\
  -L"$here/lib" -ltenon -Wl,-rpath,'$ORIGIN/../../lib' -o "$here/python/tenon/_tenon$(python3-config --extension-suffix)"
"""


def run(*words):
    return subprocess.run(list(map(str, words)), check=True, capture_output=True, text=True).stdout


def needed(binary):
    """The libraries that a binary loads, but for those that every system has."""
    for line in run("ldd", binary).splitlines():
        m = re.match(r"\s*(\S+) => (/\S+)", line)
        if m and not OF_EVERY_SYSTEM.search(m[1]):
            yield pathlib.Path(m[2])


def patched(source, target, rpath, patchelf):
    shutil.copy(source, target)
    target.chmod(0o755)
    run("strip", "--strip-unneeded", target)
    run(patchelf, "--set-rpath", rpath, target)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="dev")
    parser.add_argument("--models", type=pathlib.Path)
    parser.add_argument("-o", "--output", type=pathlib.Path, default=ROOT / "build/gpu_bundle.tar.xz")
    options = parser.parse_args()
    build = ROOT / "build" / options.preset
    patchelf = shutil.which("patchelf") or ROOT / ".venv/bin/patchelf"
    with tempfile.TemporaryDirectory() as folder:
        top = pathlib.Path(folder, "gpu")
        for name in ("bin", "lib", "module", "include", "python"):
            (top / name).mkdir(parents=True)
        library = (build / "lib/libtenon.so.0").resolve()
        patched(library, top / "lib/libtenon.so.0", "$ORIGIN", patchelf)
        (top / "lib/libtenon.so").symlink_to("libtenon.so.0")
        for program in ("tenon", "tenon_tests", "steady"):
            patched(build / "bin" / program, top / "bin" / program, "$ORIGIN/../lib", patchelf)
        for file in {f for binary in (library, build / "bin/tenon_tests") for f in needed(binary)}:
            if file.name != "libtenon.so.0":
                patched(file.resolve(), top / "lib" / file.name, "$ORIGIN", patchelf)
        for generation in ("8", "10"):  # the public API where a build folder has it
            folder = top / "lib" / generation
            folder.mkdir()
            for name in ("nvinfer", "nvonnxparser"):
                soname = f"lib{name}.so.{generation}"
                patched((build / "lib" / generation / soname).resolve(), folder / soname, "$ORIGIN:$ORIGIN/..", patchelf)
                (folder / f"lib{name}.so").symlink_to(soname)
            shutil.copytree(build / "api" / generation / "include", top / "api" / generation / "include")
            shutil.copytree(ROOT / "api/samples", top / "api" / generation / "samples")
        shutil.copytree(ROOT / "python/tenon", top / "python/tenon", ignore=shutil.ignore_patterns("__pycache__"))
        for file in (ROOT / "python").glob("*.[ch]*"):
            shutil.copy(file, top / "module")
        shutil.copy(ROOT / "include/tenon.h", top / "include")
        import onnx
        data = pathlib.Path(onnx.__file__).parent / "backend/test/data"
        shutil.copytree(data, top / "onnx_data")
        if options.models:
            shutil.copytree(options.models, top / "models")
        for name, text in (("env.sh", ENV), ("setup.sh", SETUP)):
            (top / name).write_text(text)
            (top / name).chmod(0o755)
        options.output.parent.mkdir(parents=True, exist_ok=True)
        with tarfile.open(options.output, "w:xz", preset=3) as tar:
            tar.add(top, "gpu")
    size = options.output.stat().st_size
    print(f"{options.output}: {size / (1 << 20):.1f} MiB")
    return 0 if size < LIMIT_BYTES else f"the bundle is larger than {LIMIT_BYTES >> 20} MiB"


if __name__ == "__main__":
    sys.exit(main())
