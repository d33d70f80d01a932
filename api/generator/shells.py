"""The forwarding code of one generation: enumerations there and back, tables, handles."""
import re

from .core_enums import core_name, snake
from .headers import parameters
from .surface import base_type, fail, in_generation

SILENT = ("todo", "=", "ignore")  # rows whose bodies look at no argument
FORMER = {"SliceMode": "SampleMode", "ResizeMode": "InterpolationMode"}  # names of enumerations in generation 8


class Shell:
    def __init__(self, surface, generation):
        self.surface, self.generation = surface, generation
        self.bits = {a: e for a, (_, e) in surface.aliases.items() if e}

    def live(self, library):
        """Classes that the library libnvinfer or libnvonnxparser implements."""
        inside = {"nvinfer": "nvinfer1", "nvonnxparser": "nvonnxparser"}[library]
        return [c for c in self.surface.classes.values()
                if c.lives(self.generation) and c.inside == inside and (c.impl or (c.role == "library" and c.core))]

    def text(self, library):
        live = self.live(library)
        out = f"// The shell of API generation {self.generation}. Generated from api/surface; do not edit.\nnamespace shell\n{{\n"
        wrapped = [c for c in live if c.impl and c.core and (c.core != "Layer" or c.layer or c.name == "ILayer")]
        if library == "nvinfer":
            out += "".join(self.conversions(e) for e in self.surface.enums.values()
                           if e.inside == "nvinfer1" and e.live(self.generation))
        else:
            wrapped = [c for c in self.live("nvinfer") if c.name in ("INetworkDefinition",)]
            out += "".join(self.conversions(e) for e in self.surface.enums.values()
                           if e.inside == "nvonnxparser" and e.live(self.generation))
        out += "".join(self.declaration(c) for c in wrapped if library == "nvinfer" and (c.core != "Layer" or c.name == "ILayer"))
        out += "".join(self.library_declaration(c) for c in live if not c.impl)
        if library == "nvinfer":
            out += "".join(self.adapter(c) for c in self.surface.classes.values()
                           if c.role == "callback" and c.core and c.lives(self.generation))
        out += f'}} // namespace shell\n#include "hand_{library}.h"\nnamespace shell\n{{\n'
        out += "".join(self.part(c) for c in live if c.impl)
        if library == "nvinfer":
            own = [c for c in wrapped if c.core != "Layer" or c.name == "ILayer"]
            out += "".join(self.handle(c) for c in wrapped)
            out += "".join(self.wrap(c, f"{c.name[1:]}Handle", c.role == "owned") for c in own if c.name != "ILayer") + self.wrap_layer()
            out += "".join(self.peek(c) for c in own) + self.kept([c for c in live if c.impl and not c.core])
        out += "".join(self.library_class(c) for c in live if not c.impl)
        return out + "} // namespace shell\n"

    # ---- enumerations
    def conversions(self, e):
        live, first = e.live(self.generation), {}
        public = f"nvonnxparser::{e.name}" if e.inside == "nvonnxparser" else e.name
        for r in live:
            first.setdefault(r.value[self.generation], r)
        cases = "".join(f"    case {v}: return objects::{e.core}::{core_name(r.name)};\n" for v, r in first.items())
        back = "".join(f"    case objects::{e.core}::{core_name(r.name)}: return {public}::{r.name};\n" for r in live)
        known = "".join(f"    case objects::{e.core}::{core_name(r.name)}: return true;\n" for r in live)
        knows = f"inline bool knows(objects::{e.core} v)\n{{\n    switch (v)\n    {{\n{known}    default: return false;\n    }}\n}}\n"
        return ((knows if e.name == "LayerType" else "") + f"inline objects::{e.core} to_core({public} v)\n{{\n    switch (static_cast<int>(v))\n    {{\n{cases}    }}\n"
                f'    unknown_enumerator("{e.name}", static_cast<int>(v));\n}}\n'
                f"inline {public} from_core(objects::{e.core} v)\n{{\n    switch (v)\n    {{\n{back}"
                f'    default: foreign_enumerator("{e.name}", static_cast<int>(v));\n    }}\n}}\n')

    # ---- between the program's types and the core's
    def enum_of(self, type_, c):
        b = base_type(type_)
        b = FORMER.get(b, b)
        return next((e for n, e in self.surface.enums.items() if n in (b, f"{c.name}::{b}", f"{c.inside}::{b}")), None)

    def into(self, a, c):
        t = in_generation(a.type, self.generation)
        b = base_type(t)
        other = self.surface.classes.get(b)
        if b in self.bits:
            return f"bits_to_core<{self.bits[b]}>({a.name})"
        if self.enum_of(t, c) and "*" not in t:
            return f"to_core({a.name})"
        if b in ("Dims", "DimsHW", "Permutation", "Weights") and "*" not in t:
            return f"to_core({a.name})"
        if other and other.role == "callback":
            return f"adapt({a.name})"
        if other and other.core and (other.core != "Layer" or b == "ILayer") and "**" not in t:
            return f"core_of({a.name})"
        return a.name

    def outof(self, row, expression, c):
        t = row.returns
        b = base_type(t)
        other = self.surface.classes.get(b)
        if t == "void":
            return f"{expression};"
        if b in self.bits:
            return f"return bits_from_core<{self.bits[b]}>({expression});"
        if self.enum_of(t, c):
            return f"return from_core({expression});"
        if t == "Dims":
            return f"return dims_from_core({expression});"
        if t == "DimsHW":
            return f"return hw_from_core({expression});"
        if b in ("Permutation", "Weights"):
            return f"return {b.lower()}_from_core({expression});"
        if other and other.role == "callback":
            return f"return user_of<{b}>({expression});"
        if other and other.core and (other.core != "Layer" or b == "ILayer"):
            return f"return {'*' if '&' in t else ''}wrap({expression});"
        if t in ("const char*", "const AsciiChar*"):
            return f"return text({expression});"
        if t == "bool":
            return f"return holds([&] {{ return {expression}; }});"
        return f"return static_cast<{t}>({expression});"

    @staticmethod
    def failure(row):
        t = row.returns
        if row.fail:
            return row.fail
        if t.endswith("&"):
            return f"null_reference<{t[:-1].strip()}>()"
        return {"bool": "false", "Dims": "no_dims()", "DimsHW": "DimsHW{-1, -1}"}.get(t, "nullptr" if t[-1] == "*" else f"{t}{{}}")

    # ---- one function
    def function(self, c, row):
        where = f'"{c.name}::{row.name}"'
        types = [in_generation(a.type, self.generation) for a in row.arguments]
        given = ", ".join(types) if row.verb in SILENT else parameters(row, self.generation)
        throws = "" if "throws" in row.flags else " noexcept"
        head = f"    {row.returns} {row.table_name}({given}){' const' if row.table_const else ''}{throws} override\n    {{\n"
        if row.returns != "void":
            otherwise = f"[]() -> {row.returns} {{ return {self.failure(row)}; }}"
        else:
            otherwise = "[] {}"
        if row.verb == "todo":
            return head + f"        return todo(core, {where}, {otherwise});\n    }}\n"
        if row.verb == "=":
            return head + f"        return {row.what};\n    }}\n"
        if row.verb == "ignore":
            return head + ("        return true;\n" if row.returns == "bool" else "") + "    }\n"
        checks = "".join(f'            need({a.name}, "{a.name}");\n' for a, t in zip(row.arguments, types)
                         if t[-1] in "*&" and not a.may_be_null and base_type(t) != "Dims")
        return (head + f"        return call(core, {where}, {otherwise}, [&]() -> {row.returns} {{\n{checks}"
                f"            {self.run(c, row)}\n        }});\n    }}\n")

    def run(self, c, row):
        own = "ILayer" in c.bases.values()  # the fields of a kind of layer
        asked = "core.asked(); " if own and row.const else ""
        if row.verb == "field" and row.arguments:
            return f"core.{row.what} = {self.into(row.arguments[0], c)}; core.changed();" + (" return true;" if row.returns == "bool" else "")
        if row.verb == "field":
            return asked + self.outof(row, f"core.{row.what}", c)
        if row.verb == "core":
            call = f"core.{row.what or snake(row.name)}({', '.join(self.into(a, c) for a in row.arguments)})"
            if own and not row.const:
                return f"{call}; core.changed();" + (" return true;" if row.returns == "bool" else "")
            return asked + self.outof(row, call, c)
        if row.verb == "make":
            return self.outof(row, self.make(row, c), c)
        if row.verb == "hand":
            return f"return hand::{c.name}_{row.name}({', '.join(['core'] + [a.name for a in row.arguments])});"
        return fail(row.where, f"unknown '{row.verb} {row.what}'")

    def make(self, row, c):
        """A layer of the class that is returned: tensors are its operands, what else is given its fields."""
        kind, arguments = self.surface.classes[base_type(row.returns)].core, list(row.arguments)
        if arguments and arguments[0].type.startswith("ITensor* const*"):
            operands, arguments = f"cores_of({arguments[0].name}, {arguments[1].name})", arguments[2:]
        else:
            operands = "{" + ", ".join(f"&core_of({a.name})" for a in arguments if base_type(a.type) == "ITensor") + "}"
        fields = [self.into(a, c) for a in arguments if base_type(a.type) != "ITensor"]
        return f"core.template add<objects::{row.what or kind}>({', '.join([operands] + fields)})"

    # ---- tables and handles
    def part(self, c):
        functions = "\n".join(self.function(c, r) for r in c.table(self.generation))
        core = f"objects::{c.core or 'Object'}"
        return (f"struct {c.name[1:]}Part final : apiv::{c.impl[1]}\n{{\n    {core}& core;\n"
                f"    explicit {c.name[1:]}Part({core}& c) : core(c) {{}}\n\n{functions}}};\n\n")

    @staticmethod
    def declaration(c):
        owned = f"{c.name}* wrap(std::shared_ptr<objects::{c.core}> c);\n" if c.role == "owned" else ""
        return (f"{c.name}* wrap(objects::{c.core}* c);\n{owned}objects::{c.core}& core_of(const {c.name}& x);\n"
                f"inline objects::{c.core}* core_of(const {c.name}* x) {{ return x ? &core_of(*x) : nullptr; }}\n")

    def handle(self, c):
        parts, own = self.surface.chain(c), c.role == "owned"
        name, core = f"{c.name[1:]}Handle", f"objects::{c.core}"
        given, source = (f"std::shared_ptr<{core}> c", "*owner") if own else (f"{core}& c", "c")
        first = ["owner(std::move(c))"] if own else []
        init = ", ".join(first + [f"{p.impl[0]}_part({source})" for p in parts])
        links = "".join(f"        {p.impl[0]} = &{p.impl[0]}_part;\n" for p in parts)
        out = f"struct {name} final : {c.name}\n{{\n" + (f"    std::shared_ptr<{core}> owner;\n" if own else "")
        out += "".join(f"    {p.name[1:]}Part {p.impl[0]}_part;\n" for p in parts)
        out += f"    explicit {name}({given}) : {init}\n    {{\n{links}"
        out += f"        owner->handle = static_cast<{c.name}*>(this);\n" if own else ""
        out += "    }\n" + (f"    ~{name}() override {{ owner->handle = nullptr; }}\n" if own else "") + "};\n"
        return out

    def wrap(self, c, name, own):
        out = f"{c.name}* wrap(objects::{c.core}* c)\n{{\n    if (!c) return nullptr;\n"
        out += f"    if (c->handle) return static_cast<{c.name}*>(c->handle);\n"
        if own:
            return (out + f"    return nullptr;\n}}\n{c.name}* wrap(std::shared_ptr<objects::{c.core}> c)\n{{\n"
                    f"    return c ? new {name}(std::move(c)) : nullptr;\n}}\n")
        return out + f"    return hold<{c.name}, {name}>(*c);\n}}\n"

    def wrap_layer(self):
        """Layers are shown as the class of their kind, for programs cast to it when they have asked for the kind."""
        out = "ILayer* wrap(objects::Layer* c)\n{\n    if (!c) return nullptr;\n"
        out += "    if (c->handle) return static_cast<ILayer*>(c->handle);\n    switch (c->type)\n    {\n"
        for k in self.live("nvinfer"):
            if not k.layer:
                continue
            name, kind = f"{k.name[1:]}Handle", f"    case objects::LayerType::{core_name(k.layer)}: "
            if k.core == "Layer":
                out += kind + f"return hold<ILayer, {name}>(*c);\n"
            else:
                out += kind + f"if (auto* k = dynamic_cast<objects::{k.core}*>(c)) return wrap(k);\n        break;\n"
        return out + "    default: break;  // what this generation has no name for says that it is a plugin\n    }\n    return hold<ILayer, PluginV2LayerHandle>(*c);\n}\n"

    def kept(self, classes):
        """Tables of classes that no object has yet are in the library all the same, in form."""
        made = "".join(f"    keep({c.name[1:]}Part(o));\n" for c in classes)
        return f"[[gnu::used]] static void tables_to_come(objects::Object& o)\n{{\n{made}}}\n"

    def peek(self, c):
        member, table = c.impl
        return (f"struct {c.name}Peek : {c.name}\n{{\n    static apiv::{table}* table(const {c.name}& x) {{ return "
                f"x.*&{c.name}Peek::{member}; }}\n}};\nobjects::{c.core}& core_of(const {c.name}& x)\n{{\n"
                f"    return static_cast<{c.name[1:]}Part*>({c.name}Peek::table(x))->core;\n}}\n\n")

    # ---- classes that are their own table
    def library_declaration(self, c):
        return f"{c.inside}::{c.name}* wrap(const objects::{c.core}* c);\n"

    def library_class(self, c):
        """Owned by the program where its destructor is public, else by the object it belongs to."""
        name, core, own = f"{c.name[1:]}Handle", f"objects::{c.core}", c.destructor == "public"
        rows = [r for r in c.rows if r.slot.get(self.generation) is not None and not r.is_destructor]
        functions = "\n".join(self.function(c, r) for r in rows)
        given = f"std::shared_ptr<{core}> c" if own else f"{core}& c"
        owner = f"    std::shared_ptr<{core}> owner;\n" if own else ""
        init = "owner(std::move(c)), core(*owner)" if own else "core(c)"
        out = (f"struct {name} final : {c.inside}::{c.name}\n{{\n{owner}    {core}& core;\n    explicit {name}({given}) : {init} {{}}\n\n"
               f"{functions}}};\n\n")
        if own:
            return out
        return out + (f"{c.inside}::{c.name}* wrap(const {core}* c)\n{{\n    if (!c) return nullptr;\n    auto& held = const_cast<{core}&>(*c);\n"
                      f"    if (!held.facade) held.facade = std::make_unique<Held<{name}>>(held);\n"
                      f"    return &static_cast<Held<{name}>&>(*held.facade).value;\n}}\n")

    # ---- what the program implements
    def adapter(self, c):
        out = (f"struct {c.core}Adapter final : objects::{c.core}\n{{\n    {c.name}& iface;\n"
               f"    explicit {c.core}Adapter({c.name}& u) : iface(u) {{ user = &u; }}\n")
        for r in c.rows:
            if not r.lives(self.generation) or not r.what.endswith("core") and r.verb != "core":
                continue
            given, passed = [], []
            for a in r.arguments:
                e = self.enum_of(a.type, c)
                given.append(f"{f'objects::{e.core}' if e else 'const char*'} {a.name}")
                passed.append(f"from_core({a.name})" if e else a.name)
            returns = r.returns if r.returns in ("void", "bool") else "int32_t"
            out += (f"    {returns} {snake(r.name)}({', '.join(given)}) override\n    {{\n"
                    f"        return iface.{r.name}({', '.join(passed)});\n    }}\n")
        return out + (f"}};\ninline std::shared_ptr<objects::{c.core}> adapt({c.name}* u)\n{{\n"
                      f"    return u ? std::make_shared<{c.core}Adapter>(*u) : nullptr;\n}}\n")
