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


WORDS = {"float_types": "floats", "number_types": "numbers", "computed_types": "numbers, bool", "plain_types": "all", "integer_types": "integers", "ElementType::boolean": "bool",
         "word_types": "32- and 64-bit integers", "rows[row].types": "by function"}
LIBRARIES = {"conv": "cudnn.conv", "matmul": "cublaslt.matmul"}


def types(folder):
    """What inference lets pass as the first operand; "all" where it does not look."""
    checks = re.findall(r'check_element\(0, ([^"]*), "', (folder / f"{folder.name}.cpp").read_text())
    if not checks:
        return "all"
    words = [WORDS.get(part, part.replace("ElementType::", "")) for part in checks[0].split(" | ")]
    return ", ".join(words) if all(re.fullmatch(r"[\w, ]+", w) for w in words) and "taken" not in words and "admitted" not in words else "by kind"


def on_gpu(folder, names):
    """Who computes it on a GPU; elsewhere the host does, between copies that `explain` shows."""
    moves = re.findall(r'op [!=]= "(\w+)"', (ROOT / "src/regions/cuda_generated/strided_cuda.cpp").read_text())
    if "pointwise(" in (folder / f"{folder.name}.h").read_text():
        return "generated"
    found = [n for n in names if n.startswith("cuda.")] + [LIBRARIES[k] for k in LIBRARIES if k == folder.name] + ["cuda.copy"] * (folder.name in moves)
    return ", ".join(found) or "host"


def onnx_rows():
    """Every operator that has an importer: its opsets."""
    for file in sorted((ROOT / "src/onnx").glob("import_*.cpp")):
        table = re.search(r"const Import table\[\] = \{\n(.*?)\n\};", file.read_text(), re.S)
        for name, rest in re.findall(r'^    \{"(\w+)",(.*?)\},?(?: *//.*)?$(?=\n    \{|\Z)', table[1], re.M | re.S) if table else []:
            numbers = re.search(r"(?:, (\d+))?(?:, (\d+))?(?:, \"([\w.]+)\")?$", rest)
            since, until, domain = numbers.groups()
            yield (f"{domain}::" if domain else "") + name, since or "7", (until or "").replace("1000", "")


def ops_page():
    folders = sorted(re.findall(r"^OPS(?:_CPU)?(?:_CUDA)?\((\w+)\)", (OPS / "ops.def").read_text(), re.M))
    named = {f: kernels(OPS / f) for f in folders}
    rows = [f"| {f} | {first_comment(OPS / f / f'{f}.h')} | {types(OPS / f)} | {', '.join(n for n in named[f] if not n.startswith('cuda.'))} | "
            f"{on_gpu(OPS / f, named[f])} | {cases(OPS / f)} |" for f in folders]
    imports = sorted(onnx_rows())
    opsets = [f"| {name} | {since} to {until} |" if until else f"| {name} | from {since} |" for name, since, until in imports]
    return "\n".join(["# Operators", "Written by `./dev docs` from src/ops/. Every operator has a reference kernel, which covers any case that inference lets "
                      "pass; beside it, regions (`tenon.catalogue()`) take convolutions, matrix products, attention and pointwise clusters. "
                      "Types are those of the first operand; on a GPU, `host` means between copies that `explain` shows.", "",
                      "| operator | computes | types | kernels of its own | on a GPU | cases |", "|---|---|---|---|---|---|", *rows, "",
                      "## ONNX operators and their opsets", "Below opset 7 nothing is read. What ONNX defines by other operators runs through those; functions of one or two "
                      "operands element by element stand in tables of src/ops/unary, elementwise and bitwise, and are read from opset 7 on or where they begin.", "",
                      "| operator | opsets |", "|---|---|", *opsets]) + "\n"


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
