#!/usr/bin/env python3
"""An installed Tenon: a C++17 program finds, compiles and links it, bin/tenon runs, python/ is imported.

    run_install.py [--filter TEXT]

Installs the build folder whose programs are in PATH, else build/dev. A case is a function below whose name begins with test_.
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import traceback

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = shutil.which("tenon")
BUILD = pathlib.Path(PROGRAM).resolve().parent.parent if PROGRAM else ROOT / "build/dev"
MODEL = ROOT / "examples/digits/digits.onnx"
LIMIT_S = 120

CONSUMER = r"""
#include <tenon.h>
#include <cstdio>
int main(int, char** words) {
  tenon::api::Network net;
  auto x = net.input("x", "f32", {"N", "2"});
  const float two[2] = {2, 2};
  net.output(net.add("mul", {x, net.constant("f32", {2}, two, sizeof two)}), "y");
  auto m = tenon::api::Model::build(net);
  const float in[2] = {3, 4};
  float out[2];
  m.run({{in, {1, 2}, sizeof in}}, {out});
  try {
    tenon::api::Model::load("none.onnx");
  } catch (const tenon::api::Failure& e) {
    auto digits = tenon::api::Model::load(words[1]);
    std::printf("%g %g %s %s\n", out[0], out[1], e.id().c_str(), digits.inputs()[0].name.c_str());
  }
}
"""
CMAKE = """
cmake_minimum_required(VERSION 3.13)
project(consumer CXX)
set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_EXTENSIONS OFF)
find_package(tenon 0.1 REQUIRED)
add_executable(consumer consumer.cpp)
target_link_libraries(consumer tenon::tenon)
"""


def run(*words, **options):
    """stdout of a command that must succeed, in an environment that knows nothing of the build folder."""
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "LD_LIBRARY_PATH")}
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=LIMIT_S, env=env, **options)
    assert done.returncode == 0, f"{words[0]} ended with status {done.returncode}: {(done.stdout + done.stderr)[-1500:]}"
    return done.stdout


def write_consumer(folder):
    folder.mkdir()
    (folder / "consumer.cpp").write_text(CONSUMER)
    (folder / "CMakeLists.txt").write_text(CMAKE)


def test_cxx17_program_by_plain_flags(prefix, folder):
    write_consumer(folder)
    run("g++", "-std=c++17", "-pedantic-errors", "-Wall", "-Wextra", "-Werror", f"-I{prefix}/include", "consumer.cpp",
        f"-L{prefix}/lib", "-ltenon", f"-Wl,-rpath,{prefix}/lib", "-o", "consumer", cwd=folder)
    assert run(folder / "consumer", MODEL, cwd=folder) == "6 8 TN701 scan\n"


def test_cxx17_program_by_find_package(prefix, folder):
    write_consumer(folder)
    run("cmake", "-S", ".", "-B", "build", f"-DCMAKE_PREFIX_PATH={prefix}", cwd=folder)
    run("cmake", "--build", "build", cwd=folder)
    assert run(folder / "build/consumer", MODEL, cwd=folder) == "6 8 TN701 scan\n"


def test_command_line_tool(prefix, folder):
    assert "return scores" in run(prefix / "bin/tenon", "dump", MODEL)
    assert "output scores: f32[1,10]" in run(prefix / "bin/tenon", "run", MODEL, "--runs", 1)


def test_python_package(prefix, folder):
    program = f"import sys; sys.path.insert(0, '{prefix}/python'); import tenon; " \
              f"print(tenon.__file__, tenon.load('{MODEL}').inputs[0].name)"
    assert run(sys.executable, "-c", program) == f"{prefix}/python/tenon/__init__.py scan\n"


def test_nothing_leads_back_to_the_build_folder(prefix, folder):
    binaries = [f for f in prefix.rglob("*") if f.is_file() and not f.is_symlink() and f.read_bytes()[:4] == b"\x7fELF"]
    assert len(binaries) == 10, binaries  # two libraries of each generation, three of the stand-in runtime
    for file in binaries:
        paths = [line for line in run("readelf", "-d", file).splitlines() if "RUNPATH" in line or "RPATH" in line]
        assert str(BUILD) not in "".join(paths), f"{file}: {paths}"
    for file in prefix.rglob("*.cmake"):
        assert str(BUILD) not in file.read_text() and str(ROOT) not in file.read_text(), file


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--filter", default="", help="only cases whose name contains this")
    a = p.parse_args()
    passed, failed = 0, 0
    with tempfile.TemporaryDirectory() as top:
        prefix = pathlib.Path(top).resolve() / "prefix"
        run("cmake", "--install", BUILD, "--prefix", prefix)
        for name, case in [(n, f) for n, f in globals().items() if n.startswith("test_") and a.filter in n]:
            try:
                case(prefix, pathlib.Path(top) / name)
                passed += 1
            except Exception:
                failed += 1
                print(f"{name}: {traceback.format_exc(limit=-2)}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
