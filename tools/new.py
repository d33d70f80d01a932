#!/usr/bin/env python3
"""Writes the files of a new operator, rule or region from tools/templates/: new.py op|rule|region NAME."""
import pathlib, re, sys

ROOT = pathlib.Path(__file__).parent.parent
KINDS = {  # kind -> where its files go, and what is left to do by hand
    "op": ("src/ops/{name}", "add it to src/ops/ops.def, and a function to src/onnx/import_<family>.cpp"),
    "rule": ("src/optimizer/rules",
             "declare its table in src/optimizer/rules/rules.h and name it in src/optimizer/pipeline.cpp"),
    "region": ("src/regions/{name}", "add it to src/regions/regions.def"),
}


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in KINDS or not re.fullmatch(r"[a-z][a-z0-9_]*", sys.argv[2]):
        print("usage: ./dev new op|rule|region NAME      NAME in snake_case", file=sys.stderr)
        return 2
    kind, name = sys.argv[1:]
    folder, rest = KINDS[kind]
    files = {}
    for template in sorted((ROOT / "tools/templates" / kind).iterdir()):
        file = ROOT / folder.format(name=name) / template.name.replace(kind, name, 1)
        if file.exists():
            print(f"{file.relative_to(ROOT)} exists already", file=sys.stderr)
            return 1
        type_name = "".join(word.capitalize() for word in name.split("_"))
        files[file] = template.read_text().replace("@name@", name).replace("@Name@", type_name)
    for file, text in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        print(file.relative_to(ROOT))
    print(f"next: {rest}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
