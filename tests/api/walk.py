"""Two probes of the binary interface. The header probe: pointers to members cast to the exact types of the inventory say which
slot the compiler gives them; sizes and offsets of every record. The library probe: the tables of the shells, read from a
loaded library and resolved by the names of its unstripped file."""
import re
import subprocess

from facts import signature

HEAD = """#include <NvInfer.h>
#include <NvInferPlugin.h>
#include <NvOnnxParser.h>
#include <cstddef>
#include <cstdio>
#include <cstring>
using namespace nvinfer1;
static int bad = 0, good = 0;
template <class P> void at(P p, long want, char const* what)
{
    long raw;
    std::memcpy(&raw, &p, sizeof raw);
    long const got = (raw - 1) / 8; // Itanium: 1 + offset into the table
    if (raw % 8 == 1 && got == want) { ++good; return; }
    ++bad;
    std::printf("%s: slot %ld, wanted %ld\\n", what, got, want);
}
"""


NO_PUBLIC_CLASS = {"nvinfer1::apiv::VRoot", "nvinfer1::apiv::VPluginLayer"}  # tables that no public class points to


def first_slot(name, direct, bases):
    """Where a class's own new functions begin: behind those of its bases."""
    start, base = 0, bases.get(name)
    while base:
        start += len(direct.get(base, {}))
        base = bases.get(base)
    return start


def cast(holder, function, name):
    returns, method, arguments, const = signature(function)
    arguments = re.sub(r"(\w[\w ]*?\*?) ?\*? ?\[\]", lambda m: m[0].replace("[]", "*"), arguments)
    return f"static_cast<{returns} ({holder}::*)({arguments}){' const' if const else ''}>(&{holder}::{name or method})"


def usings(name):
    """Names that a class of ours declares within itself or that stand in another namespace."""
    out = {"nvinfer1::ILogger": "using Severity = ILogger::Severity;", "nvinfer1::IPluginRegistry": "using PluginLibraryHandle = IPluginRegistry::PluginLibraryHandle;"}
    if name.endswith("IErrorRecorder"):
        return "using ErrorDesc = IErrorRecorder::ErrorDesc; using RefCount = IErrorRecorder::RefCount;"
    if name.startswith("nvonnxparser::"):
        return "using nvonnxparser::ErrorCode; using nvonnxparser::IParserError; using nvonnxparser::OnnxParserFlag; using nvonnxparser::OnnxParserFlags;"
    return out.get(name, "")


def header_probe(facts):
    """The text of a program that prints what differs and how much is right."""
    direct, bases, number = facts.direct(), facts.bases(), 0
    peeks, body = "", ""
    for table, functions in facts.tables().items():
        if table in NO_PUBLIC_CLASS:
            continue
        body += "    {\n" + "".join(f'        at({cast(table, f, None)}, {s + 2}, "{table}::{f}");\n' for s, f in functions.items()) + "    }\n"
    for name, functions in direct.items():
        number += 1
        start = first_slot(name, direct, bases)
        peeks += f"struct Peek{number} : {name} {{ static void probe() {{ {usings(name)}\n"
        for s, f in functions.items():
            if "~" not in f:
                method = signature(f)[1]
                peeks += f'    at({cast(name, f, method)}, {start + s}, "{name}::{f}");\n'
        peeks += "} };\n"
        body += f"    Peek{number}::probe();\n"
    return HEAD + peeks + layout_checks(facts) + f'int main()\n{{\n{body}    std::printf("%d %d\\n", good, bad);\n    return bad != 0;\n}}\n'


def layout_checks(facts):
    out = ""
    for r in facts.layouts:
        name = r["record"]
        if name.startswith(("nvcaffeparser1", "nvuffparser")) or "EnumMaxImpl" in name or "apiv" in name:
            continue
        out += f'static_assert(sizeof({name}) == {r["size"]} && alignof({name}) == {r["align"]}, "size of {name}");\n'
        for field in filter(None, r["fields"].split("; ")):
            member, offset = re.match(r"(\w+)@(\d+)", field).groups()
            if not re.match(r"m[A-Z]", member):
                out += f'static_assert(offsetof({name}, {member}) == {offset}, "{name}::{member}");\n'
    return out


def plain(function):
    """Name and parameter types in one spelling, for comparison with what c++filt writes."""
    function = re.sub(r"nvinfer1::|nvonnxparser::|v_\d_0::|std::", "", function)
    function = re.sub(r"\b(Dims)(32|64)\b", r"\1", function)
    words = {"uint32_t": "unsigned int", "int32_t": "int", "int64_t": "long", "uint64_t": "unsigned long", "uint8_t": "unsigned char",
             "size_t": "unsigned long", "AsciiChar": "char", "cudaStream_t": "CUstream_st*", "cudaEvent_t": "CUevent_st*", "PluginFormat": "TensorFormat",
             "ResizeMode": "InterpolationMode", "SliceMode": "SampleMode", "SubGraphCollection_t": "SubGraphs"}
    function = re.sub(r"\b\w+Flags\b|\bTacticSources\b|\bTensorFormats\b", "uint32_t", function)
    function = re.sub(r"\b(" + "|".join(words) + r")\b", lambda m: words[m[1]], function)
    function = re.sub(r"vector<pair<.*>\s*>", "SubGraphs", function)
    name, arguments = re.fullmatch(r".*?([\w~]+)\((.*)\)(?: const)?", function).groups()
    return name, tuple(sorted_words(a) for a in split(arguments))


def sorted_words(argument):
    words = re.findall(r"\w+|[*&]", argument)
    if words[-1:] == ["const"] and len(words) > 1:
        words.pop()  # const of a parameter itself
    if words[-2:] == ["CUstream_st", "*"] and "const" in words:
        words.remove("const")
    if "const" in words and "*" not in words and "&" not in words:
        words.remove("const")
    return tuple(sorted(words))


def split(text):
    out, depth, now = [], 0, ""
    for ch in text:
        depth += (ch in "<(") - (ch in ">)")
        if ch == "," and not depth:
            out.append(now)
            now = ""
        else:
            now += ch
    return [a.strip() for a in out + [now] if a.strip()]


def tables_of(library):
    """{part: [demangled function by slot]} of the shells' tables, from the relocations of an unstripped library."""
    def tool(*words):
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout
    symbols, tables = {}, {}
    for line in tool("nm", "-C", library).splitlines():
        m = re.match(r"0*([0-9a-f]+) (\w) (.*)", line)
        if not m:
            continue
        address = int(m[1], 16)
        symbols.setdefault(address, []).append(m[3])
        v = re.fullmatch(r"vtable for shell::(\w+?)(Part|Handle|)", m[3])
        if v:
            tables[v[1] + v[2]] = address
    pointers = {}
    for line in tool("readelf", "-rW", library).splitlines():
        m = re.match(r"0*([0-9a-f]+)\s+\S+\s+R_X86_64_RELATIVE\s+([0-9a-f]+)", line)
        if m:
            pointers[int(m[1], 16)] = symbols.get(int(m[2], 16), [])
    out = {}
    for name, start in tables.items():
        slots, at = [], start + 16
        while at in pointers:
            slots.append(pointers[at])
            at += 8
        out[name] = slots
    return out


def library_probe(facts, library, generated):
    """(right, differences) of every table that the library holds; `generated` says which part stands for which table."""
    right, wrong = 0, []
    have = tables_of(library)
    part_of = {table: part for part, table in re.findall(r"struct (\w+) final : apiv::(\w+)", generated)}
    for table, functions in facts.tables().items():
        if table in NO_PUBLIC_CLASS:
            continue
        part = part_of.get(table.split("::")[-1])
        if part not in have:
            wrong.append(f"{table}: the library has no shell::{part}")
            continue
        for slot, function in functions.items():
            found = have[part][slot + 2] if slot + 2 < len(have[part]) else []
            same = any(f"{part}::" in s and plain(s) == plain(function) for s in found)
            right += same
            if not same:
                wrong.append(f"{table} slot {slot}: has {found[:2]}, wanted {function}")
    return right, wrong
