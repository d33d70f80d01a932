"""Reads api/surface: one text file a class, one row a method. Every fact of the public API stands there once.

    class IPoolingLayer : ILayer              bases; `IVersionedInterface@10` is one generation's
    says Slides a window …                    one sentence
    impl mImpl -> VPoolingLayer               the member and the table it points to; without it the class is its own table
    role child                                child (owned by its network), owned (deleted by the program), library (we
                                              implement the class itself), callback (the program does), base
    core PoolingLayer                         the class of tenon::objects behind it
    layer kPOOLING                            the kind of layer that is shown as this class
    8  | 10 | signature                       | does             | says
    0  | 0  | void setPoolingType(PoolingType type) | field pooling | …

A cell is the slot and the first minor version (`32@8.5`); `-`: not in this generation; `i`: in the class alone.
"""
import dataclasses
import pathlib
import re
import sys

GENERATIONS = {"8": "8.2", "10": "10.0"}  # and the version that a row without @ goes back to
ROLES = ("child", "owned", "library", "callback", "base")
FLAGS = ("override", "protected", "private", "throws", "hidden", "inline", "virtual", "table-const", "table-mutable")


@dataclasses.dataclass
class Argument:
    type: str
    name: str
    default: str
    may_be_null: bool


@dataclasses.dataclass
class Row:
    where: str
    returns: str
    name: str
    arguments: list
    const: bool
    flags: set
    table_name: str  # of an overload that the table calls differently
    verb: str
    what: str
    fail: str
    says: str
    slot: dict  # generation -> slot, or None for a row of the class alone
    since: dict

    @property
    def is_destructor(self):
        return self.name.startswith("~")

    @property
    def table_const(self):
        return "table-const" in self.flags or (self.const and "table-mutable" not in self.flags)

    def lives(self, generation):
        return generation in self.slot


@dataclasses.dataclass
class Class:
    where: str
    name: str
    header: str
    bases: dict
    says: str = ""
    impl: tuple = ()  # member, table
    role: str = ""
    core: str = ""
    inside: str = "nvinfer1"
    destructor: str = "public"
    layer: str = ""
    only: str = ""  # the one generation that has it; empty: all
    namespace: dict = dataclasses.field(default_factory=dict)  # generation -> (inner namespace, name within)
    types: list = dataclasses.field(default_factory=list)
    constants: list = dataclasses.field(default_factory=list)
    nested: list = dataclasses.field(default_factory=list)
    rows: list = dataclasses.field(default_factory=list)

    def lives(self, generation):
        return self.only in ("", generation)

    def table(self, generation):
        """The rows of its virtual table in order; a hole or a slot taken twice is an error."""
        rows = sorted((r for r in self.rows if r.slot.get(generation) is not None), key=lambda r: r.slot[generation])
        at = 0
        for row in rows:
            if row.slot[generation] != at:
                fail(row.where, f"generation {generation} has slot {row.slot[generation]} where {at} is next")
            at += 2 if row.is_destructor else 1
        return rows


@dataclasses.dataclass
class Enumerator:
    name: str
    value: dict
    says: str


@dataclasses.dataclass
class Enum:
    name: str  # with the class it is nested in: "ILogger::Severity"
    under: str
    header: str
    inside: str = "nvinfer1"
    says: str = ""
    rows: list = dataclasses.field(default_factory=list)

    def live(self, generation):
        return [r for r in self.rows if generation in r.value]

    @property
    def core(self):
        short = self.name.split("::")[-1]
        return "ParserErrorCode" if self.inside == "nvonnxparser" and short == "ErrorCode" else short


class Surface:
    def __init__(self, folder):
        self.classes, self.enums, self.aliases = {}, {}, {}
        for file in sorted(pathlib.Path(folder).rglob("*.api")):
            self._read(file, file.parent.name + ".h")
        for c in self.classes.values():
            if c.role not in ROLES:
                fail(c.where, f"the role of {c.name} is '{c.role}'; there are {', '.join(ROLES)}")
            for generation in GENERATIONS:
                c.table(generation)

    def _read(self, file, header):
        now = None
        for number, line in enumerate(file.read_text().splitlines(), 1):
            where = f"{file}:{number}"
            word, _, rest = line.partition(" ")
            cells = [c.strip() for c in line.split("|")]
            if not line or line.startswith("#"):
                continue
            if word == "class":
                now = self._class(where, rest, header)
            elif word == "enum":
                name, _, under = rest.partition(" : ")
                inside, name = ("nvonnxparser", name[14:]) if name.startswith("nvonnxparser::") else ("nvinfer1", name)
                now = self.enums[name if inside == "nvinfer1" else f"{inside}::{name}"] = Enum(name, under, header, inside)
            elif word == "alias":
                name, under, _, enum = re.fullmatch(r"([\w:]+) = (\w+)( bits (\w+))?", rest).groups()
                self.aliases[name] = (under, enum)
            elif len(cells) > len(GENERATIONS):
                if cells[:len(GENERATIONS)] != list(GENERATIONS):  # which is the line of column heads
                    now.rows.append(enumerator(cells) if isinstance(now, Enum) else method(cells, where))
            elif word == "says":
                now.says = rest
            else:
                self._describe(now, word, rest, where)

    def _class(self, where, rest, header):
        name, _, bases = rest.partition(" : ")
        c = Class(where, name, header, dict.fromkeys(GENERATIONS, ""))
        for base in filter(None, (b.strip() for b in bases.split(","))):
            base, _, generation = base.partition("@")
            for g in [generation] if generation else GENERATIONS:
                c.bases[g] = base
        if name in self.classes:
            fail(where, f"{name} stands in {self.classes[name].where} already")
        self.classes[name] = c
        return c

    @staticmethod
    def _describe(c, word, rest, where):
        if word == "impl":
            c.impl = tuple(rest.split(" -> "))
        elif word == "namespace":
            name, generation, _, within = re.fullmatch(r"(\w+)@(\w+)( as (\w+))?", rest).groups()
            c.namespace[generation] = (name, within or c.name)
        elif word == "type":
            c.types.append(rest)
        elif word == "constant":
            c.constants.append(rest)
        elif word == "nested":
            c.nested.append(rest)
        elif word in ("role", "core", "layer", "inside", "destructor", "only"):
            setattr(c, word, rest)
        else:
            fail(where, f"cannot read '{word} {rest}'")

    def chain(self, c):
        """The classes with a table that a handle of `c` needs a part for, base first."""
        out = []
        while c and c.impl:
            out.insert(0, c)
            c = self.classes.get(next(b for b in c.bases.values() if b))
        return out


def fail(where, text):
    sys.exit(f"{where}: {text}")


def split_arguments(text):
    out, depth, now = [], 0, ""
    for ch in text:
        depth += (ch in "(<[{") - (ch in ")>]}")
        if ch == "," and not depth:
            out.append(now)
            now = ""
        else:
            now += ch
    return [a.strip() for a in out + [now] if a.strip()]


def argument(text, where):
    text, _, default = text.partition("=")
    m = re.fullmatch(r"(.*[\s*&~])(\w+)(\??)", text.strip()) or fail(where, f"cannot read the argument '{text}'")
    return Argument(m[1].strip(), m[2], default.strip(), bool(m[3]))


def slots(cells):
    slot, since = {}, {}
    for generation, cell in zip(GENERATIONS, cells):
        if cell == "-":
            continue
        number, _, since[generation] = cell.partition("@")
        slot[generation] = None if number == "i" else int(number)
    return slot, since


def method(cells, where):
    signature, does, says = (cells[len(GENERATIONS):] + ["", ""])[:3]
    m = re.fullmatch(r"(?:(.*?[\s*&]))?(~?\w+)\((.*)\)( const)?(?:\s+\[(.*)\])?", signature)
    m = m or fail(where, f"cannot read the signature '{signature}'")
    words, table_name = (m[5] or "").split(), m[2]
    if "as" in words:
        table_name = words.pop(words.index("as") + 1)
        words.remove("as")
    for word in words:
        if word not in FLAGS:
            fail(where, f"there is no flag '{word}'; there are {', '.join(FLAGS)}")
    does, _, failure = does.partition("; fail ")
    verb, _, what = does.strip().partition(" ")
    slot, since = slots(cells)
    arguments = [argument(a, where) for a in split_arguments(m[3])]
    returns = (m[1] or "").strip().replace(" *", "*").replace(" &", "&")
    return Row(where, returns, m[2], arguments, bool(m[4]), set(words), table_name, verb, what, failure, says, slot, since)


def enumerator(cells):
    value = {g: c.split("@")[0] for g, c in zip(GENERATIONS, cells) if c != "-"}
    return Enumerator(cells[len(GENERATIONS)], value, (cells[len(GENERATIONS) + 1:] + [""])[0])


def in_generation(type_, generation):
    """Types that differ by generation: shapes by value or by reference, 32 or 64 bits."""
    narrow = generation == "8"
    return {"Dims~": "Dims" if narrow else "const Dims&", "int~": "int32_t" if narrow else "int64_t"}.get(type_, type_)


def base_type(type_):
    return re.sub(r"\bconst\b|[*&]|\s", "", type_)
