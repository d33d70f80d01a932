#!/usr/bin/env python3
"""Follows docs/recipes/*.md in a copy of the tree: what they tell people to do works.

Fenced blocks are steps, in order: `sh` is run; `LANG PATH` becomes that file; `LANG PATH after TEXT` goes below the first
line of the file that holds TEXT, `LANG PATH replace TEXT` in its place. Blocks of other forms are only read. First, what
./dev new writes must build and pass.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^```(\S+)(?: ([^\n]*))?\n(.*?)^```$", re.M | re.S)
LIMIT_S = 15 * 60


def copy_tree(to):
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True)
    for name in listed.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)
    (to / ".venv").symlink_to(ROOT / ".venv")


def run(tree, command):
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "LD_PRELOAD", "ASAN_OPTIONS", "TENON_SOURCE_DIR")}
    done = subprocess.run(["bash", "-eu", "-o", "pipefail", "-c", command], cwd=tree, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=env, timeout=LIMIT_S)
    assert done.returncode == 0, f"{command.strip()}\nended with status {done.returncode}:\n{done.stdout[-3000:]}"
    return done.stdout


def insert(file, text, at, replace=False):
    """Below the first line that holds `at`, or in its place."""
    lines = file.read_text().splitlines(keepends=True)
    found = [i for i, line in enumerate(lines) if at in line]
    assert found, f"{file} has no line with {at!r}"
    file.write_text("".join([*lines[:found[0] + (not replace)], text, *lines[found[0] + 1:]]))


def follow(tree, recipe):
    steps = 0
    for language, what, text in BLOCK.findall(recipe.read_text()):
        path, form, at = re.fullmatch(r"(\S*)(?: (after|replace) (.*))?", what).groups()
        if language == "sh":
            run(tree, text)
        elif form:
            insert(tree / path, text, at, form == "replace")
        elif path:
            assert (tree / path).parent.is_dir(), f"{path}: no step has made this folder"
            (tree / path).write_text(text)
        else:
            continue
        steps += 1
    assert steps >= 3, "a recipe has steps"


def new_files_work(tree):
    """Files as ./dev new leaves them, in a tree where they do not stay."""
    said = run(tree, "./dev new op brand_new; ./dev new region brand_new_region")
    assert "src/ops/brand_new/brand_new.h" in said
    run(tree, "./dev fmt --check && ./dev test brand_new")
    run(tree, "rm -r src/ops/brand_new src/regions/brand_new_region; sed -i /brand_new/d src/ops/ops.def src/regions/regions.def")


def new_rule_works(tree):
    """A new rule asks for one line by hand."""
    run(tree, "./dev new rule brand_new_rule")
    insert(tree / "src/optimizer/pipeline.cpp", '                                      {"brand_new_rule", brand_new_rule},\n', '{"cancel_casts"')
    run(tree, "./dev test Rules.")


def main():
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        tree = pathlib.Path(folder, "tenon")
        tree.mkdir()
        copy_tree(tree)
        steps = [("./dev new op, region", lambda: new_files_work(tree)), ("./dev new rule", lambda: new_rule_works(tree))]
        steps += [(r.name, lambda r=r: follow(tree, r)) for r in sorted(ROOT.glob("docs/recipes/*.md"))]
        for name, step in steps:
            try:
                step()
                passed += 1
                print(f"{name}: works", flush=True)
            except (AssertionError, subprocess.TimeoutExpired) as e:
                failed += 1
                print(f"{name}: failed: {e}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
