#!/usr/bin/env python3
"""Writes the files of a new operator, rule or region from tools/templates/, and its line in the list: new.py KIND NAME."""
import pathlib, re, sys

ROOT = pathlib.Path(__file__).parent.parent
KINDS = {  # kind -> where its files go, list and line that name it, and what is left to do by hand
    "op": ("src/ops/{name}", "src/ops/ops.def", "OPS_CPU({name})",
           "say in the header what it computes, then give it a function in src/onnx/import_<family>.cpp"),
    "rule": ("src/optimizer/rules", "src/optimizer/rules/rules.h", "extern const Rules {name};",
             "name its group in src/optimizer/pipeline.cpp"),
    "region": ("src/regions/{name}", "src/regions/regions.def", "REGION({name})",
               "say which nodes it covers; ./dev test NAME runs its cases"),
}


def listed(file, line):
    """The list with the new line behind the last one of its kind."""
    lines = file.read_text().splitlines()
    kind = line.split("(")[0].split(" {")[0].rsplit(" ", 1)[0] if " " in line else line.split("(")[0]
    last = max(i for i, text in enumerate(lines) if text.startswith(kind))
    return "\n".join([*lines[:last + 1], line, *lines[last + 1:]]) + "\n"


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in KINDS or not re.fullmatch(r"[a-z][a-z0-9_]*", sys.argv[2]):
        print("usage: ./dev new op|rule|region NAME      NAME in snake_case", file=sys.stderr)
        return 2
    kind, name = sys.argv[1:]
    folder, listing, line, rest = KINDS[kind]
    listing = ROOT / listing
    files = {}
    for template in sorted((ROOT / "tools/templates" / kind).iterdir()):
        file = ROOT / folder.format(name=name) / template.name.replace(kind, name, 1)
        if file.exists():
            print(f"{file.relative_to(ROOT)} exists already", file=sys.stderr)
            return 1
        type_name = "".join(word.capitalize() for word in name.split("_"))
        files[file] = template.read_text().replace("@name@", name).replace("@Name@", type_name)
    files[listing] = listed(listing, line.format(name=name))
    for file, text in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        print(file.relative_to(ROOT))
    print(f"next: {rest}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
