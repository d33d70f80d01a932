#!/usr/bin/env python3
"""Every folder opens with a README of at most 15 lines, and docs/architecture.md names exactly the folders that exist.

Checked are the top folders and the layers in src/; in architecture.md, the first column of the table of folders.
"""
import pathlib, sys

ROOT = pathlib.Path(__file__).parent.parent
LINES = 15
NO_SOURCE = {"build", "__pycache__"}


def below(folder):
    """Folders that hold a file, directly or deeper."""
    return [f for f in sorted(folder.iterdir()) if f.is_dir() and f.name[0] != "." and f.name not in NO_SOURCE
            and any(p.is_file() and "__pycache__" not in p.parts for p in f.rglob("*"))]


def folders():
    return {f.relative_to(ROOT).as_posix() for f in below(ROOT) + below(ROOT / "src")}


def named_folders(page):
    rows = page.read_text().partition("| folder |")[2].splitlines()
    names = {name.strip().rstrip("/") for row in rows if row.startswith("| ") for name in row.split("|")[1].split(",")}
    return names | {name.split("/")[0] for name in names}  # src/ir names src as well


def check():
    bad = []
    for folder in sorted(folders()):
        readme = ROOT / folder / "README.md"
        if not readme.exists():
            bad.append(f"{folder}/README.md is missing: purpose, entry point, one rule of the house")
        elif (lines := len(readme.read_text().splitlines())) > LINES:
            bad.append(f"{folder}/README.md has {lines} lines, at most {LINES} are read")
    page = ROOT / "docs/architecture.md"
    if not page.exists():
        return bad + ["docs/architecture.md is missing"]
    named = named_folders(page)
    bad += [f"docs/architecture.md does not name {folder}" for folder in sorted(folders() - named)]
    bad += [f"docs/architecture.md names {folder}, which does not exist"
            for folder in sorted(named) if not (ROOT / folder).is_dir()]
    return bad


if __name__ == "__main__":
    bad = check()
    print("\n".join(bad) or f"{len(folders())} folders have their README and their place in docs/architecture.md")
    sys.exit(bool(bad))
