#!/usr/bin/env python3
"""The public API's form against the inventory of ../shared/api: slots, types, layouts, in the headers and in the built libraries.

    run_api.py [--filter TEXT]

Takes the build folder whose programs are in PATH, else build/dev. Facts come from TENON_SHARED or ../shared; where they are not, the
cases that need them are skipped with the reason.
"""
import argparse
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import traceback

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/api"))
from facts import Facts  # noqa: E402
from unfinished import unfinished_probe  # noqa: E402
from walk import header_probe, library_probe  # noqa: E402

PROGRAM = shutil.which("tenon")
BUILD = pathlib.Path(PROGRAM).resolve().parent.parent if PROGRAM else ROOT / "build/dev"
SHARED = pathlib.Path(os.environ.get("TENON_SHARED", ROOT.parent / "shared"))
GENERATIONS = {"8": ("8.6", "-std=c++11"), "10": ("10.16", "-std=c++14")}
HEADERS = ["NvInferVersion.h", "NvInferRuntimeBase.h", "NvInferRuntimeCommon.h", "NvInferLegacyDims.h", "NvInferImpl.h", "NvInferPluginBase.h",
           "NvInferRuntimePlugin.h", "NvInferRuntime.h", "NvInfer.h", "NvInferPlugin.h", "NvInferPluginUtils.h", "NvOnnxParser.h"]


class Skipped(Exception):
    pass


def facts(generation):
    if not (SHARED / "api/slots.tsv").exists():
        raise Skipped("there is no shared/api beside this checkout")
    return Facts(SHARED / "api", GENERATIONS[generation][0])


def compile_(source, output, include, *flags, compiler="g++"):
    return subprocess.run([compiler, *flags, f"-I{include}", f"-I{ROOT}/api/cudart_host/include", str(source), *(["-o", str(output)] if output else [])],
                          capture_output=True, text=True)


def walk_headers(generation, include, folder):
    """(functions in place, what is wrong)"""
    source = folder / f"walk{generation}.cpp"
    source.write_text(header_probe(facts(generation)))
    libraries = [f"-L{BUILD}/lib/{generation}", "-lnvinfer", "-lnvonnxparser", f"-Wl,-rpath-link,{BUILD}/lib"]
    done = compile_(source, folder / "walk", include, "-std=c++14", "-O0", "-w", "-fpermissive", *libraries)
    if done.returncode:
        return 0, [line for line in done.stderr.splitlines() if "error" in line]
    # The probe calls nothing: libraries are only there for the linker.
    env = dict(os.environ, LD_LIBRARY_PATH=f"{BUILD}/lib/{generation}:{BUILD}/lib")
    ran = subprocess.run([folder / "walk"], capture_output=True, text=True, env=env)
    lines = ran.stdout.splitlines()
    return (int(lines[-1].split()[0]), lines[:-1]) if lines else (0, [ran.stderr])


def test_every_function_of_the_headers_is_in_its_slot(folder):
    for generation in GENERATIONS:
        right, wrong = walk_headers(generation, BUILD / f"api/{generation}/include", folder)
        assert not wrong, f"generation {generation}: {wrong[:20]}"
        print(f"generation {generation}: {right} functions of the headers in place")


def test_every_table_of_the_libraries_is_in_order(folder):
    for generation in GENERATIONS:
        generated = (BUILD / f"api/{generation}/nvinfer.inc").read_text()
        right, wrong = library_probe(facts(generation), BUILD / f"lib/{generation}/libnvinfer.so.{generation}", generated)
        assert not wrong, f"generation {generation}: {wrong[:20]}"
        print(f"generation {generation}: {right} slots of the library in place")


def test_headers_stand_alone_and_are_free_of_warnings(folder):
    compilers = ["g++"] + [c for c in ("clang++", "clang++-14") if shutil.which(c)][:1]
    for generation, (_, oldest) in GENERATIONS.items():
        for header in HEADERS:
            source = folder / "alone.cpp"
            source.write_text(f"#include <{header}>\n")
            for compiler in compilers:
                for standard in (oldest, "-std=c++20"):
                    done = compile_(source, None, BUILD / f"api/{generation}/include", standard, "-Wall", "-Wextra", "-Wpedantic", "-Werror",
                                    "-fsyntax-only", compiler=compiler)
                    assert done.returncode == 0, f"generation {generation} {header} {compiler} {standard}: {done.stderr[:800]}"


# ---- changes of the surface that must not go unnoticed
def swap(rows, at):
    a, b = (re.split(r"\s*\|\s*", rows[i]) for i in (at, at + 1))
    a[:2], b[:2] = b[:2], a[:2]
    rows[at], rows[at + 1] = " | ".join(a), " | ".join(b)


def hole(rows, at):
    del rows[at]


def wrong_type(rows, at):
    changed = re.sub(r"\bint32_t\b", "int64_t", rows[at], count=1)
    changed = changed if changed != rows[at] else re.sub(r"\bbool\b", "int32_t", rows[at], count=1)
    changed = changed if changed != rows[at] else re.sub(r"\bvoid (?=\w+\()", "bool ", rows[at], count=1)
    rows[at] = changed if changed != rows[at] else re.sub(r"\((?=\w)", "(int32_t extra, ", rows[at], count=1)


def misspelt(rows, at):
    rows[at] = re.sub(r"(\w+)\(", r"\1x(", rows[at], count=1)


def mutate(surface, change, chance):
    """Changes a row of a class with a table; returns what it did."""
    for _ in range(1000):
        file = chance.choice(sorted(surface.rglob("I*Layer.api")) + [next(surface.rglob("ICudaEngine.api")), next(surface.rglob("IBuilder.api"))])
        rows = file.read_text().splitlines()
        slots = [i for i, r in enumerate(rows) if re.match(r"\d+\s*\|\s*\d+\s*\|", r) and "signature" not in r and "hidden" not in r]
        pairs = [i for i in slots[:-1] if i + 1 in slots and rows[i] != rows[i + 1] and "(" in rows[i]]
        if not pairs:
            continue
        at = chance.choice(pairs[:-1] or pairs)
        before = rows[at]
        change(rows, at)
        if rows[at:at + 1] == [before]:
            continue
        file.write_text("\n".join(rows) + "\n")
        return f"{change.__name__} {file.name}: {before}"
    raise AssertionError("no row to change")


def test_a_changed_surface_fails(folder):
    facts("8")
    chance = random.Random(7)
    for change in (swap, hole, wrong_type, misspelt, swap, wrong_type):
        surface = folder / "surface"
        shutil.rmtree(surface, ignore_errors=True)
        shutil.copytree(ROOT / "api/surface", surface)
        did = mutate(surface, change, chance)
        out = folder / "out"
        made = subprocess.run([sys.executable, ROOT / "api/generate.py", out, "--surface", surface], capture_output=True, text=True)
        caught = made.returncode != 0 or any(walk_headers(g, out / g / "include", folder)[1] for g in GENERATIONS)
        assert caught, f"not noticed: {did}"


def test_what_is_not_implemented_says_its_name_and_returns_its_failure_value(folder):
    """Each is called in the built library; the probe also sees to it that another name, no or two lines and another value are noticed."""
    for generation in GENERATIONS:
        libraries = [BUILD / f"lib/{generation}/lib{name}.so.{generation}" for name in ("nvinfer", "nvonnxparser")]
        source = folder / f"unfinished{generation}.cpp"
        source.write_text(unfinished_probe(generation, libraries))
        include = BUILD / f"api/{generation}/include"
        made = compile_(source, folder / "unfinished", include, "-std=c++14", "-O0", "-w", "-fno-delete-null-pointer-checks")
        assert made.returncode == 0, made.stderr[:2000]
        ran = subprocess.run([folder / "unfinished", *libraries], capture_output=True, text=True)
        lines = ran.stdout.splitlines() or [f"ended with status {ran.returncode}: {ran.stderr}"]
        assert ran.returncode == 0, f"generation {generation}: {lines[-21:]}"
        right, wrong, unnoticed = map(int, lines[-1].split())
        assert right > 0 and not wrong and not unnoticed
        print(f"generation {generation}: {right} functions are not implemented, say so by name and return their failure value")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--filter", default="")
    options, _ = parser.parse_known_args()
    passed = failed = 0
    for name, case in sorted(globals().items()):
        if not name.startswith("test_") or options.filter not in name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                case(pathlib.Path(folder))
                passed += 1
            except Skipped as reason:
                print(f"{name}: skipped: {reason}")
            except Exception:
                failed += 1
                print(f"{name}: {traceback.format_exc(limit=3)}")
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0 or not passed)


if __name__ == "__main__":
    main()
