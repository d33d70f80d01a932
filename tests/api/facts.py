"""The inventory of the public API, ../shared/api: what headers and libraries are checked against, never against our surface."""
import csv
import pathlib
import re

VERSIONS = "8.2 8.4 8.5 8.6 10.0 10.3 10.7 10.10 10.13 10.16 11.0 11.1".split()


class Facts:
    def __init__(self, folder, version):
        self.folder, self.version = pathlib.Path(folder), version
        self.slots = [r for r in self._rows("slots.tsv") if self._has(r["versions"])]
        self.layouts = [r for r in self._rows("layouts.tsv") if self._has(r["versions"])]

    def _rows(self, name):
        with open(self.folder / name) as file:
            return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))

    def _has(self, versions):
        at = VERSIONS.index
        return any(at(p.split("…")[0]) <= at(self.version) <= at(p.split("…")[-1]) for p in versions.split())

    def tables(self):
        """{apiv table: {slot: function}}"""
        return self._by_class(lambda c: "::apiv::" in c)

    def direct(self):
        """{class that is its own table: {slot among its new functions: function}}"""
        return self._by_class(lambda c: "::apiv::" not in c)

    def _by_class(self, wanted):
        out = {}
        for r in self.slots:
            if wanted(r["class"]):
                out.setdefault(r["class"], {})[int(r["slot"])] = r["function"]
        return out

    def bases(self):
        """{class: its base} of all records, with their namespaces."""
        records = {r["record"] for r in self.layouts}
        spelled = {re.sub(r"v_1_0::", "", name): name for name in records}
        out = {}
        for r in self.layouts:
            base = "nvinfer1::" + r["bases"].split(",")[0].strip().removeprefix("nvinfer1::")
            if r["bases"]:
                out[r["record"]] = base if base in records else spelled.get(base, "")
        return out


def signature(function):
    m = re.fullmatch(r"(.*?)(~?\w+)\((.*)\)( const)?", function)
    return m and (m[1].strip(), m[2], m[3], bool(m[4]))
