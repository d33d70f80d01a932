"""A program that calls every function of a generation's libraries that api/surface calls `todo`, on an object made of the table in the
library and a live builder: each must log its own name, once, and return its failure value."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "api"))
from generator.surface import Surface, in_generation  # noqa: E402

HEAD = """#include <NvInfer.h>
#include <NvOnnxParser.h>
#include <dlfcn.h>
#include <cstdio>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>
using namespace nvinfer1;

// A library that is not as it should be, to see that it is noticed.
enum Way { as_it_is, with_another_name, without_a_word, twice, with_another_value };

struct Log : ILogger
{
    Way way = as_it_is;
    std::vector<std::string> lines;
    void log(Severity, AsciiChar const* text) noexcept override
    {
        if (way == without_a_word) return;
        lines.push_back(way == with_another_name ? "not implemented: IBuilder::another" : text);
        if (way == twice) lines.push_back(text);
    }
};
static Log logger;
static void* core = nullptr;
static std::string line;
static int right = 0, wrong = 0, unnoticed = 0;

// The documented failure values; a type that has no == needs a line of its own.
template <class T> bool is_failure(T const& x) { return x == T(); }
inline bool is_failure(Dims const& x) { return x.nbDims == -1; }
inline bool is_failure(DimsHW const& x) { return x.h() == -1 && x.w() == -1; }
inline bool is_failure(Weights const& x) { return x.type == DataType() && !x.values && !x.count; }
#if NV_TENSORRT_MAJOR >= 10
inline bool is_failure(TimingCacheValue const& x) { return !x.tacticHash && x.timingMSec == 0; }
#endif

template <class R> struct Call
{
    template <class F> static bool fails(F run, bool (*expected)(R)) { return expected ? expected(run()) : is_failure(run()); }
    static R other() { R x; std::memset(static_cast<void*>(&x), 1, sizeof x); return x; }
};
template <> struct Call<void>
{
    template <class F> static bool fails(F run, void*) { run(); return true; }
    static void other() {}
};
template <class T> struct Call<T&>  // a reference to nothing
{
    template <class F> static bool fails(F run, bool (*)(T&))
    {
        void const* address = &reinterpret_cast<char const&>(run());
        asm("" : "+r"(address));
        return !address;
    }
    static T& other() { return reinterpret_cast<T&>(core); }
};
template <class R> struct Expected { using type = bool (*)(R); };
template <> struct Expected<void> { using type = void*; };

template <class T> struct Zero { static T make() { return T(); } };
template <class T> struct Zero<T&>
{
    static T& make() { alignas(16) static char nothing[4096]; return reinterpret_cast<T&>(nothing); }
};

template <class R, class... A> R liar(void*, A...)
{
    logger.log(ILogger::Severity::kERROR, line.c_str());
    return Call<R>::other();
}

// An object of the library is its table, what owns it if anybody does, and its core.
template <class C, class R, class... A>
void probe(R (C::*f)(A...), void* const* table, int owner, char const* name, typename Expected<R>::type expected = nullptr)
{
    line = std::string("not implemented: ") + name;
    long raw;
    std::memcpy(&raw, &f, sizeof raw);
    size_t const slot = size_t(raw) / 8; // Itanium: 1 + offset into the table
    for (Way way : {as_it_is, with_another_name, without_a_word, twice, with_another_value})
    {
        std::vector<void*> words(table, table + slot + 1);
        if (way == with_another_value) words[slot] = reinterpret_cast<void*>(&liar<R, A...>);
        void* object[4] = {words.data()};
        object[1 + owner] = core;
        logger.way = way;
        logger.lines.clear();
        bool const value = Call<R>::fails([&]() -> R { return (reinterpret_cast<C*>(object)->*f)(Zero<A>::make()...); }, expected);
        bool const good = value && logger.lines == std::vector<std::string>{line};
        if (way == as_it_is && good) ++right;
        if (way == as_it_is && !good)
        {
            ++wrong;
            std::printf("%s: %s;", name, value ? "returns its failure value" : "returns another value");
            for (std::string const& said : logger.lines) std::printf(" says '%s'", said.c_str());
            std::printf("\\n");
        }
        if (way != as_it_is && good && !(way == with_another_value && std::is_void<R>::value))
        {
            ++unnoticed;
            std::printf("%s: not noticed when changed in way %d\\n", name, way);
        }
    }
}
template <class C, class R, class... A>
void probe(R (C::*f)(A...) const, void* const* table, int owner, char const* name, typename Expected<R>::type expected = nullptr)
{
    probe(reinterpret_cast<R (C::*)(A...)>(f), table, owner, name, expected);
}

struct Peek : IBuilder
{
    static void* core_of(IBuilder& x) { return reinterpret_cast<void**>(x.*&Peek::mImpl)[1]; }
};
static void* entry(void* library, char const* name, char*& base)
{
    void* found = library ? dlsym(library, name) : nullptr;
    Dl_info info;
    if (!found || !dladdr(found, &info)) std::puts(dlerror());
    base = found ? static_cast<char*>(info.dli_fbase) : nullptr;
    return found;
}
"""

MAIN = """
int main(int, char** words)
{
    char *nvinfer, *nvonnxparser;
    void* create = entry(dlopen(words[1], RTLD_NOW), "createInferBuilder_INTERNAL", nvinfer);
    entry(dlopen(words[2], RTLD_NOW), "createNvOnnxParser_INTERNAL", nvonnxparser);
    if (!nvinfer || !nvonnxparser) return 2;
    auto* builder = static_cast<IBuilder*>(reinterpret_cast<void* (*)(void*, int32_t)>(create)(&logger, NV_TENSORRT_VERSION));
    core = Peek::core_of(*builder);
    nvinfer1::apiv::probe_all(nvinfer);
    nvonnxparser::probe_all(nvonnxparser);
    logger.way = as_it_is;
    delete builder;
    std::printf("%d %d %d\\n", right, wrong, unnoticed);
    return wrong || unnoticed;
}
"""


def tables_of(library):
    """{part or handle: address of its table within the unstripped library}"""
    names = subprocess.run(["nm", "-C", library], capture_output=True, text=True, check=True).stdout
    return {name: int(at, 16) for at, name in re.findall(r"^([0-9a-f]+) \w vtable for shell::(\w+)$", names, re.M)}


def probe_of(c, row, generation, address):
    holder = c.impl[1] if c.impl else c.name
    arguments = ", ".join(in_generation(a.type, generation) for a in row.arguments)
    function = f"static_cast<{row.returns} ({holder}::*)({arguments}){' const' if row.table_const else ''}>(&{holder}::{row.table_name})"
    expected = f", []({row.returns} x) {{ return x == {row.fail}; }}" if row.fail else ""
    owner = 2 if not c.impl and c.destructor == "public" else 0
    return f'    probe({function}, reinterpret_cast<void* const*>(base + {address + 16}), {owner}, "{c.name}::{row.name}"{expected});\n'


def unfinished_probe(generation, libraries):
    """Its text; `libraries`: nvinfer's and nvonnxparser's files."""
    surface, texts = Surface(ROOT / "api/surface"), []
    for inside, library in zip(("nvinfer1", "nvonnxparser"), libraries):
        tables, text = tables_of(library), ""
        for c in surface.classes.values():
            made = c.impl or (c.role == "library" and c.core)  # the others are the program's, or written by hand
            for row in c.rows if made and c.inside == inside and c.lives(generation) else []:
                if row.verb == "todo" and row.slot.get(generation) is not None:
                    text += probe_of(c, row, generation, tables[c.name[1:] + ("Part" if c.impl else "Handle")])
        texts.append(text)
    return (HEAD + f"namespace nvinfer1 {{ namespace apiv {{\nstatic void probe_all(char* base)\n{{\n{texts[0]}}}\n}} }}\n"
            f"namespace nvonnxparser {{\nstatic void probe_all(char* base)\n{{\n{texts[1]}}}\n}}\n" + MAIN)
