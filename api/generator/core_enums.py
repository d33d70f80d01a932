"""The enumerations of tenon::objects: every enumerator of every generation, under one number that is the core's alone."""
import re

KEYWORDS = set("float bool int double short long and or not xor default auto static const struct union enum new delete this true "
               "false char signed unsigned void while for if else do switch case return".split())


def core_name(enumerator):
    word = enumerator[1:].lower()
    return word + "_" if word in KEYWORDS or word[0].isdigit() else word


def core_enums(surface):
    out = "// Every enumerator of every API generation. Generated from api/surface; do not edit.\n#pragma once\n\n"
    out += "namespace tenon::objects {\n"
    for e in surface.enums.values():
        names = dict.fromkeys(core_name(r.name) for r in e.rows)
        out += f"\nenum class {e.core} : int {{ {', '.join(names)} }};\n"
    return out + "\n}  // namespace tenon::objects\n"


def snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", re.sub(r"Nd$", "", name)).lower()
