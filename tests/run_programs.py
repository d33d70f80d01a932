#!/usr/bin/env python3
"""Programs written for TensorRT, compiled against an installed Tenon and run: the seed's, our examples, two generations at once.

    run_programs.py [--filter TEXT]

Installs the build folder whose programs are in PATH, else build/dev. A case is a function below whose name begins with test_. The
seed's programs are read from ../shared/seed (or TENON_SHARED); where that is not, their cases are skipped with the reason.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import traceback

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = shutil.which("tenon")
BUILD = pathlib.Path(PROGRAM).resolve().parent.parent if PROGRAM else ROOT / "build/dev"
SHARED = pathlib.Path(os.environ.get("TENON_SHARED", ROOT.parent / "shared"))
sys.path.insert(0, str(ROOT / "tests/api"))
import parsed  # noqa: E402

LIMIT_S = 120
WAYS = [["-std=c++11", "-O0"], ["-std=c++17", "-O2", "-fno-rtti"]]


class Skipped(Exception):
    pass


def run(*words, **options):
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "LD_LIBRARY_PATH", "LD_PRELOAD")}
    env.update(options.pop("env", {}))
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=LIMIT_S, env=env, **options)
    assert done.returncode == 0, f"{words[0]} ended with status {done.returncode}: {(done.stdout + done.stderr)[-2000:]}"
    return done.stdout


class Place:
    """An installed Tenon and a folder to work in."""

    def __init__(self, folder):
        self.folder, self.prefix = folder, folder / "prefix"
        run("cmake", "--install", BUILD, "--prefix", self.prefix)
        self.path_of = {view: {"LD_LIBRARY_PATH": f"{self.prefix}/{view}/lib:{self.prefix}/cudart/lib64"} for view in ("8.2", "8.6", "10.16")}

    def compile(self, source, view, target, *flags, compiler="g++"):
        cudart = self.prefix / "cudart"
        run(compiler, source, "-o", target, *flags, f"-I{self.prefix}/{view}/include", f"-I{cudart}/include", f"-L{self.prefix}/{view}/lib",
            "-lnvinfer", "-lnvonnxparser", f"-L{cudart}/lib64", "-lcudart", "-ldl")
        return target

    def seed(self, folder):
        files = list((SHARED / "seed").glob("*.txt"))
        if not files:
            raise Skipped(f"there is no {SHARED.name}/seed beside this checkout")
        programs = re.findall(r"```cpp\n(.*?)```", files[0].read_text(), re.S)
        for number, text in enumerate(programs, 1):
            (folder / f"seed{number}.cpp").write_text(text)
        assert len(programs) == 3, f"the seed has {len(programs)} programs"


def pooling_model(path, shape):
    import onnx
    from onnx import helper
    x = helper.make_tensor_value_info("input", onnx.TensorProto.FLOAT, shape)
    y = helper.make_tensor_value_info("output", onnx.TensorProto.FLOAT, None)
    node = helper.make_node("MaxPool", ["input"], ["output"], kernel_shape=[2, 2], strides=[2, 2])
    graph = helper.make_graph([node], "pooling", [x], [y])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=8), path)


def empty(folder):
    folder.mkdir()
    return folder


def seed_runs(place, view, flags):
    """The seed's three programs, unchanged; the third on random numbers, whose result is compared exactly."""
    folder = empty(place.folder / f"seed{view}{''.join(flags)}")
    place.seed(folder)
    watch = folder / "watch.so"
    run("g++", "-shared", "-fPIC", "-O1", ROOT / "tests/api/watch.cpp", "-o", watch, f"-I{place.prefix}/cudart/include", "-ldl")
    for n in (1, 2, 3):
        place.compile(folder / f"seed{n}.cpp", view, folder / f"seed{n}", *flags)
    env = place.path_of[view]
    assert "generating file done!" in run("./seed1", cwd=folder, env=env)
    watched = run("./seed3", cwd=folder, env={**env, "LD_PRELOAD": str(watch)})
    assert "watch: 150528 in, 37632 out, 0 wrong" in watched, watched
    (folder / "model.engine").unlink()
    for shape in ([1, 3, 224, 224], ["batch", 3, 224, 224]):
        pooling_model(folder / "model.onnx", shape)
        assert "generate file success!" in run("./seed2", cwd=folder, env=env)


def test_seed_programs_compile_unchanged_and_pool_exactly(place):
    for view in ("8.2", "8.6"):
        for flags in WAYS:
            seed_runs(place, view, flags)


def test_examples_of_each_generation_build_convert_and_infer(place):
    for name, view in (("api8", "8.6"), ("api10", "10.16")):
        folder = empty(place.folder / name)
        for program in ("build", "convert", "infer"):
            standard = "-std=c++11" if view == "8.6" else "-std=c++14"
            place.compile(ROOT / f"examples/{name}/{program}.cpp", view, folder / program, standard, "-Wall", "-Wextra", "-O1",
                          f"-I{place.prefix}/{view}/samples/common")
        env = place.path_of[view]
        pooling_model(folder / "pooling.onnx", ["batch", 3, 20, 36])
        run("./build", "built.engine", cwd=folder, env=env)
        run("./convert", "pooling.onnx", "converted.engine", cwd=folder, env=env)
        assert run("./infer", "built.engine", cwd=folder, env=env) == "13824 of 13824 right\n"
        assert run("./infer", "converted.engine", cwd=folder, env=env) == "1620 of 1620 right\n"


def test_a_decoder_updates_its_caches_in_place_under_two_profiles(place):
    folder = empty(place.folder / "decode")
    decode = place.compile(ROOT / "examples/api10/decode.cpp", "10.16", folder / "decode", "-std=c++14", "-Wall", "-Wextra", "-O1",
                           f"-I{place.prefix}/10.16/samples/common")
    assert run(decode, cwd=folder, env=place.path_of["10.16"]) == "40 of 40 right\n"


def test_an_engine_of_one_generation_runs_in_the_other(place):
    folder = empty(place.folder / "across")
    builder = place.compile(ROOT / "examples/api8/build.cpp", "8.6", folder / "build", "-std=c++11")
    infer = place.compile(ROOT / "examples/api10/infer.cpp", "10.16", folder / "infer", "-std=c++14")
    run(builder, "a.engine", cwd=folder, env=place.path_of["8.6"])
    assert run(infer, "a.engine", cwd=folder, env=place.path_of["10.16"]) == "13824 of 13824 right\n"


def compilers():
    return ["g++"] + [c for c in ("clang++", "clang++-14") if shutil.which(c)][:1]


def test_each_generation_does_the_job_and_reports_wrong_calls(place):
    folder = empty(place.folder / "job")
    for compiler in compilers():
        for view, standard in (("8.2", "-std=c++11"), ("8.6", "-std=c++20"), ("10.16", "-std=c++14")):
            for level in ("-O0", "-O3"):
                job = place.compile(ROOT / "tests/api/job.cpp", view, folder / f"job{compiler}{view}{level}", standard, level, "-DMAIN", "-DRUN=run",
                                    compiler=compiler)
                assert "right: generation" in run(job, env=place.path_of[view])


def test_every_layer_computes_what_the_program_does(place):
    folder = empty(place.folder / "layers")
    newer = ("narrow", "attention")  # of generation 10 alone
    for theme in ("math", "move", "window", "source", "recurrent", *newer):
        for view, standard in (("8.6", "-std=c++20"), ("10.16", "-std=c++14"))[theme in newer:]:
            program = place.compile(ROOT / f"tests/api/layers_{theme}.cpp", view, folder / f"{theme}{view}", standard, "-O1")
            text = run(program, env=place.path_of[view])
            assert ", 0 failures" in text, text


def own_programs(place, name, views=(("8.6", "-std=c++20"), ("10.16", "-std=c++14"))):
    """tests/api/NAME.cpp in each generation; it compares with numbers of its own."""
    folder = empty(place.folder / name)
    for view, standard in views:
        program = place.compile(ROOT / f"tests/api/{name}.cpp", view, folder / f"{name}{view}", standard, "-O1", "-Wall", "-Wextra")
        text = run(program, env=place.path_of[view])
        assert ", 0 failures" in text, text


def test_results_have_the_sizes_that_a_run_finds_out(place):
    own_programs(place, "run_time_sizes")


def range_model(path):
    """0, 1, … up to the sum of x."""
    import onnx
    from onnx import TensorProto, helper
    nodes = [helper.make_node("ReduceSum", ["x"], ["sum"], keepdims=0), helper.make_node("Cast", ["sum"], ["n"], to=TensorProto.INT32),
             helper.make_node("Range", ["zero", "n", "one"], ["y"])]
    numbers = [helper.make_tensor(name, TensorProto.INT32, [], [value]) for name, value in (("zero", 0), ("one", 1))]
    graph = helper.make_graph(nodes, "range", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [3])],
                              [helper.make_tensor_value_info("y", TensorProto.INT32, ["n"])], numbers)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)


def test_a_parsed_model_makes_as_much_as_it_computes(place):
    folder = empty(place.folder / "parsed_sizes")
    range_model(folder / "range.onnx")
    for view in ("8.6", "10.16"):
        program = place.compile(ROOT / "tests/api/parsed_sizes.cpp", view, folder / f"sizes{view}", "-std=c++14", "-O1")
        text = run(program, folder / "range.onnx", env=place.path_of[view])
        assert ", 0 failures" in text, text


def test_loops_and_conditionals_compute_what_plain_loops_do(place):
    own_programs(place, "control_flow")


def test_networks_with_implicit_batch_compute_each_of_a_batch(place):
    own_programs(place, "implicit_batch", (("8.6", "-std=c++14"),))


def test_contexts_change_between_profiles(place):
    own_programs(place, "profiles")


def test_what_a_parser_made_is_shown_as_its_class_or_refuses(place):
    """No getter of a layer that a parser made says anything that is not so: all of them answer, or all refuse. Generation 8 has no name
    for 64-bit integers, so that it shows the shape of such a constant and not its weights."""
    folder = empty(place.folder / "parsed")
    parsed.model(folder / "kinds.onnx")
    for view in ("8.6", "10.16"):
        (folder / "parsed.cpp").write_text(parsed.program(view.split(".")[0]))
        program = place.compile(folder / "parsed.cpp", view, folder / f"parsed{view}", "-std=c++14", "-O0", f"-I{ROOT}/tests/api")
        text = run(program, folder / "kinds.onnx", env=place.path_of[view])
        layers = {name: (int(calls), int(refused)) for name, calls, refused in re.findall(r"^(\S+): (\d+) getters, (\d+) refused$", text, re.M)}
        assert ", 0 failures" in text and len(layers) > 40, text
        mixed = {name for name, (calls, refused) in layers.items() if refused not in (0, calls)}
        assert mixed == (parsed.LONG_CONSTANTS if view == "8.6" else set()), mixed
        opaque = {re.sub(r"\d+$", "", name) for name, (calls, refused) in layers.items() if refused == calls > 0}
        assert opaque == parsed.OPAQUE, opaque


def test_two_generations_live_in_one_process(place):
    folder = empty(place.folder / "both")
    paths = {"LD_LIBRARY_PATH": ":".join(p["LD_LIBRARY_PATH"] for p in place.path_of.values())}
    for level in ("-O0", "-O2"):
        for view, entry in (("8.6", "run8"), ("10.16", "run10")):
            place.compile(ROOT / "tests/api/job.cpp", view, folder / f"lib{entry}.so", "-std=c++14", level, "-shared", "-fPIC", f"-DRUN={entry}")
        run("g++", level, ROOT / "tests/api/both.cpp", "-o", folder / "opened", "-ldl")
        run("g++", level, "-DLINKED", ROOT / "tests/api/both.cpp", "-o", folder / "linked", f"-L{folder}", "-lrun8", "-lrun10", f"-Wl,-rpath,{folder}",
            "-Wl,--allow-shlib-undefined", "-ldl")
        opened = run(folder / "opened", folder / "librun8.so", "run8", folder / "librun10.so", "run10", folder / "librun8.so", "run8", env=paths)
        linked = run(folder / "linked", env=paths)
        for text in (opened, linked):
            assert re.findall(r"right: generation (\d+)", text) == ["8", "10", "8"], text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--filter", default="")
    options, _ = parser.parse_known_args()
    cases = [f for name, f in sorted(globals().items()) if name.startswith("test_") and options.filter in name]
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        place = Place(pathlib.Path(folder))
        for case in cases:
            try:
                case(place)
                passed += 1
            except Skipped as reason:
                print(f"{case.__name__}: skipped: {reason}")
            except Exception:
                failed += 1
                print(f"{case.__name__}: {traceback.format_exc(limit=4)}")
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0 or not passed)


if __name__ == "__main__":
    main()
