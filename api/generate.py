#!/usr/bin/env python3
"""api/surface -> headers and shells of every generation, the core's enumerations, a table of what is implemented.

    generate.py OUT [--surface FOLDER]

Writes OUT/<generation>/include/*.h, OUT/<generation>/{nvinfer,nvonnxparser}.inc, OUT/objects/enums.h, OUT/parity.tsv. A file whose
content stays the same keeps its time, so that nothing is compiled again in vain.
"""
import argparse
import pathlib

from generator.core_enums import core_enums
from generator.headers import Headers
from generator.shells import Shell
from generator.surface import GENERATIONS, Surface

HERE = pathlib.Path(__file__).parent


def save(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def parity(surface):
    out = "generation\tclass\tslots\tgenerated\tby hand\tnot implemented\tundocumented\n"
    for g in GENERATIONS:
        for c in sorted(surface.classes.values(), key=lambda c: c.name):
            rows = [r for r in c.rows if r.slot.get(g) is not None and not r.is_destructor]
            count = {verbs: sum(r.verb in verbs.split() for r in rows) for verbs in ("core field make = ignore inline", "hand", "todo")}
            if rows and (c.impl or c.role == "library"):
                out += "\t".join(map(str, [g, c.name, len(rows), *count.values(), sum(not r.says for r in rows)])) + "\n"
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--surface", type=pathlib.Path, default=HERE / "surface")
    options = parser.parse_args()
    surface = Surface(options.surface)
    for g in GENERATIONS:
        Headers(surface, HERE / "fragments", g).write(options.out / g / "include", save)
        for library in ("nvinfer", "nvonnxparser"):
            save(options.out / g / f"{library}.inc", Shell(surface, g).text(library))
    save(options.out / "objects/enums.h", core_enums(surface))
    save(options.out / "parity.tsv", parity(surface))


if __name__ == "__main__":
    main()
