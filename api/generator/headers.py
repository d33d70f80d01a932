"""Headers of one generation: what programs include."""
import pathlib
import re

from .surface import GENERATIONS, in_generation

# Each header, what it includes, and whether it ends up in namespace nvinfer1 or nvonnxparser.
HEADERS = {
    "NvInferVersion.h": [],
    "NvInferRuntimeBase.h": ['"NvInferVersion.h"', "<cstddef>", "<cstdint>", "<cuda_runtime_api.h>"],
    "NvInferLegacyDims.h": ['"NvInferRuntimeBase.h"'],
    "NvInferPluginBase.h": ['"NvInferRuntimeBase.h"'],
    "NvInferRuntimePlugin.h": ['"NvInferLegacyDims.h"', '"NvInferPluginBase.h"'],
    "NvInferRuntimeCommon.h": ['"NvInferRuntimePlugin.h"'],
    "NvInferImpl.h": ['"NvInferRuntimeCommon.h"'],
    "NvInferRuntime.h": ['"NvInferImpl.h"'],
    "NvInfer.h": ['"NvInferRuntime.h"'],
    "NvInferPluginUtils.h": ['"NvInferRuntimeCommon.h"'],
    "NvInferPlugin.h": ['"NvInfer.h"', '"NvInferPluginUtils.h"'],
    "NvOnnxParser.h": ['"NvInfer.h"', "<string>", "<utility>", "<vector>"],
}
ROOT = """//! The base of every table.
class VRoot
{
public:
    virtual ~VRoot() noexcept = default;
};
"""


def parameters(row, generation, defaults=False, used=None):
    """`used`: text whose words say which parameters keep their names; None: all do."""
    out = []
    for a in row.arguments:
        named = used is None or re.search(rf"\b{a.name}\b", used)
        text = f"{in_generation(a.type, generation)} {a.name if named else f'/*{a.name}*/'}"
        out.append(text + (f" = {a.default}" if defaults and a.default else ""))
    return ", ".join(out)


def sentence(says, since, pad="    "):
    text = " ".join(filter(None, [says, f"Since {since}." if since else ""]))
    return f"{pad}//! {text}\n" if text else ""


class Headers:
    def __init__(self, surface, fragments, generation):
        self.surface, self.fragments, self.generation = surface, pathlib.Path(fragments), generation

    def write(self, folder, save):
        for name, uses in HEADERS.items():
            guard = f"TENON_{self.generation}_{re.sub(r'(?<=[a-z])(?=[A-Z])', '_', name[:-2]).upper()}_H"
            lines = f"// {name} of API generation {self.generation}. Generated from api/surface; do not edit.\n"
            lines += f"#ifndef {guard}\n#define {guard}\n\n" + "".join(f"#include {u}\n" for u in uses) + "\n"
            save(pathlib.Path(folder, name), lines + self.body(name) + f"\n#endif // {guard}\n")

    def body(self, name):
        inside = "nvonnxparser" if name == "NvOnnxParser.h" else "nvinfer1"
        parts = [self.forward() if name == "NvInferRuntimeBase.h" else "", self.enums(name),
                 self.fragment(name, "structs"), self.tables() if name == "NvInferImpl.h" else "", self.classes(name)]
        text = "\n".join(filter(None, parts))
        text = f"namespace {inside}\n{{\n{text}}} // namespace {inside}\n" if text else ""
        return "\n".join(filter(None, [self.fragment(name, "top"), text, self.fragment(name, "end")]))

    def fragment(self, header, place):
        """Text by hand; a line that starts with "@8 " belongs to that generation alone."""
        file = self.fragments / header[:-2] / f"{place}.h"
        if not file.exists():
            return ""
        out = []
        for line in file.read_text().splitlines(keepends=True):
            m = re.match(r"@(\d+) ?(.*\n)", line)
            if not m or m[1] == self.generation:
                out.append(m[2] if m else line)
        return "".join(out)

    def live(self, header=None, inside="nvinfer1"):
        return [c for c in self.surface.classes.values() if c.lives(self.generation)
                and (header is None or c.header == header) and (header is not None or c.inside == inside)]

    def forward(self):
        out = "// Everything that is only named before it is defined.\n"
        for c in self.live():
            namespace, within = c.namespace.get(self.generation, ("", c.name))
            out += (f"namespace {namespace}\n{{\nclass {within};\n}}\nusing {c.name} = {namespace}::{within};\n"
                    if namespace else f"class {c.name};\n")
        for e in self.surface.enums.values():
            if "::" not in e.name and e.inside == "nvinfer1" and e.live(self.generation):
                out += f"enum class {e.name} : {e.under};\n"
        for alias, (under, enum) in self.surface.aliases.items():
            if "::" not in alias and (not enum or self.surface.enums[enum].live(self.generation)):
                out += f"using {alias} = {under};\n"
        return out

    # ---- enumerations
    def enums(self, header):
        live = [e for e in self.surface.enums.values() if e.header == header and "::" not in e.name and e.live(self.generation)]
        aliases = "".join(f"using {a[14:]} = {under};\n" for a, (under, _) in self.surface.aliases.items()
                          if header == "NvOnnxParser.h" and a.startswith("nvonnxparser::"))
        return "\n".join(self.enum(e) + "\n" + self.enum_max(e) for e in live) + ("\n" + aliases if aliases else "")

    def enum(self, e, pad=""):
        rows = "".join(f"{pad}    {r.name} = {r.value[self.generation]},{f' //!< {r.says}' if r.says else ''}\n"
                       for r in e.live(self.generation))
        return f"{sentence(e.says, '', pad)}{pad}enum class {e.name.split('::')[-1]} : {e.under}\n{pad}{{\n{rows}{pad}}};\n"

    def enum_max(self, e):
        past = max(int(r.value[self.generation]) for r in e.live(self.generation)) + 1
        return (f"namespace impl\n{{\ntemplate <>\nstruct EnumMaxImpl<{e.name}>\n{{\n"
                f"    static constexpr int32_t kVALUE = {past};\n}};\n}} // namespace impl\n")

    # ---- tables
    def tables(self):
        out = "//! The tables through which public classes reach the library; the order of functions is the binary interface.\n"
        out += f"namespace apiv\n{{\n{ROOT}"
        for c in self.live():
            if not c.impl:
                continue
            out += f"\nclass {c.impl[1]} : public VRoot\n{{\npublic:\n"
            for r in c.table(self.generation):
                const = " const" if r.table_const else ""
                out += f"    virtual {r.returns} {r.table_name}({parameters(r, self.generation)}){const} noexcept = 0;\n"
            out += "};\n"
        return out + "} // namespace apiv\n"

    # ---- classes
    def classes(self, header):
        here, done, out = self.live(header), set(), ""
        names = {c.name for c in here}
        while here:  # bases first
            c = next(c for c in here if c.bases[self.generation] not in names - done)
            here.remove(c)
            done.add(c.name)
            out += ("\n" if out else "") + self.klass(c)
        return out

    def klass(self, c):
        namespace, name = c.namespace.get(self.generation, ("", c.name))
        base = c.bases[self.generation]
        if base and name != c.name:
            base = f"{self.surface.classes[base].namespace[self.generation][0]}::{base}"
        out = f"namespace {namespace}\n{{\n" if namespace else ""
        out += f"//! {c.says}\nclass {name}{f' : public {base}' if base else ''}\n{{\npublic:\n"
        for e in c.nested:
            out += self.enum(self.surface.enums[f"{c.name}::{e}"], "    ") + "\n"
        for text in c.types:
            out += f"    using {text};\n"
        for text in c.constants:
            left, _, value = text.partition(" = ")
            out += f"    static constexpr {left}{{{value}}};\n"
        out += self.forwarders(c) if c.impl else self.virtuals(c, name)
        out += "};\n"
        for e in c.nested:
            out += "\n" + self.enum_max(self.surface.enums[f"{c.name}::{e}"])
        return out + (f"}} // namespace {namespace}\nusing {c.name} = {namespace}::{name};\n" if namespace else "")

    def rows(self, c):
        rows = [r for r in c.rows if r.lives(self.generation)]
        return sorted(rows, key=lambda r: (r.slot[self.generation] is None, r.slot[self.generation] or 0))

    def forwarders(self, c):
        """A class that forwards every call to its table."""
        out, (member, table) = "", c.impl
        for r in self.rows(c):
            if "hidden" in r.flags:
                continue
            call = r.what if r.slot[self.generation] is None else \
                f"{member}->{r.table_name}({', '.join(a.name for a in r.arguments)})"
            back = "" if r.returns == "void" else "return "
            out += sentence(r.says, r.since[self.generation])
            out += (f"    {'virtual ' if 'virtual' in r.flags else ''}TENON_LOCAL {r.returns} {r.name}("
                    f"{parameters(r, self.generation, True)}){' const' if r.const else ''} noexcept\n"
                    f"    {{\n        {back}{call};\n    }}\n\n")
        if c.destructor == "public":
            out += "    //! Deletes the object; every order of destruction is safe.\n"
        else:
            out += "protected:\n"
        out += f"    virtual ~{c.name}() noexcept = default;\n"
        return out + ("\nprotected:\n" if c.destructor == "public" else "") + f"    apiv::{table}* {member};\n"

    def virtuals(self, c, name):
        """A class that is its own table."""
        out, access = "", "public"
        if c.role == "callback":
            out += f"    {name}() = default;\n"
        for r in self.rows(c):
            wanted = next((f for f in ("protected", "private") if f in r.flags), "public")
            if r.is_destructor:
                wanted = "protected" if c.role == "base" and c.name == "INoCopy" else c.destructor
            if wanted != access:
                out += f"\n{wanted}:\n"
                access = wanted
            out += self.virtual(r, name)
        return out + self.copies(c, name)

    def virtual(self, r, name):
        if r.is_destructor:
            return f"    virtual ~{name}() noexcept = default;\n"
        body = f"\n    {{\n        return {r.what};\n    }}\n" if r.what else "\n    {\n    }\n"
        throws = "" if "throws" in r.flags else " noexcept"
        given = " = 0;\n" if r.verb != "default" else body
        names = parameters(r, self.generation, True, r.what if r.verb == "default" else None)
        override = "override" in r.flags
        return (sentence(r.says, r.since[self.generation]) + f"    {'' if override else 'virtual '}{r.returns} {r.name}({names})"
                f"{' const' if r.const else ''}{throws}{' override' if override else ''}{given}")

    def copies(self, c, name):
        if c.name == "INoCopy":
            forms = [f"{name}() = default;", f"{name}({name} const&) = delete;", f"{name}({name}&&) = delete;",
                     f"{name}& operator=({name} const&) = delete;", f"{name}& operator=({name}&&) = delete;"]
        elif c.role in ("callback", "base"):
            forms = [f"{name}() = default;"] if c.role == "base" else []
            forms += [f"{name}({name} const&) = default;", f"{name}({name}&&) = default;",
                      f"{name}& operator=({name} const&) & = default;", f"{name}& operator=({name}&&) & = default;"]
        else:
            return ""
        return "\nprotected:\n" + "".join(f"    {f}\n" for f in forms)
