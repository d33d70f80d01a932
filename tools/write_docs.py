#!/usr/bin/env python3
"""Writes the generated pages: docs/ops.md, from src/ops/. write_docs.py [--check]: only says which are out of date."""
import pathlib, re, sys

ROOT = pathlib.Path(__file__).parent.parent
OPS = ROOT / "src/ops"


def first_comment(header):
    """The comment that opens a header, as one line."""
    lines = []
    for line in header.read_text().splitlines():
        if not line.startswith("//"):
            break
        lines.append(line[2:].strip())
    return " ".join(lines).replace("|", "\\|")


def kernels(folder):
    """Names in the folder's tables of kernels, best first."""
    names = []
    for file in sorted(folder.glob("*_cpu.cpp")) + sorted(folder.glob("*_cuda.cpp")):
        table = re.search(r"NodeKernel kernels\[\] = \{(.*?)\};", file.read_text(), re.S)
        names += re.findall(r'\{"([^"]+)"', table[1]) if table else []
    return list(dict.fromkeys(names))


def ops_page():
    folders = re.findall(r"^OPS(?:_CPU)?(?:_CUDA)?\((\w+)\)", (OPS / "ops.def").read_text(), re.M)
    rows = [f"| {f} | {first_comment(OPS / f / f'{f}.h')} | {', '.join(kernels(OPS / f))} | {cases(OPS / f)} |" for f in sorted(folders)]
    return "\n".join(["# Operators", "Written by `./dev docs` from src/ops/. Every operator has a reference kernel, which covers any case that inference lets "
                      "pass; beside it, regions (`tenon.catalogue()`) take convolutions, matrix products and pointwise clusters.", "",
                      "| operator | computes | kernels of its own | cases |", "|---|---|---|---|", *rows]) + "\n"


def cases(folder):
    return sum(len(re.findall(r"^case ", file.read_text(), re.M)) for file in folder.glob("*.test"))


PAGES = {"docs/ops.md": ops_page}


def main():
    stale = []
    for name, make in PAGES.items():
        page, text = ROOT / name, make()
        if page.exists() and page.read_text() == text:
            continue
        stale.append(name)
        if "--check" not in sys.argv:
            page.write_text(text)
            print(name)
    if "--check" in sys.argv:
        print("\n".join(f"{name} is out of date: run ./dev docs" for name in stale) or "generated pages are fresh")
        return int(bool(stale))
    return 0


if __name__ == "__main__":
    sys.exit(main())
