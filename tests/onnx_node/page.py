"""docs/onnx_status.md: which of ONNX's node tests are right, by operator, and why the others are refused."""
import collections
import re

HEAD = """# ONNX's node tests
Written by `tests/run_onnx_node_tests.py --page docs/onnx_status.md`; a full run on the CPU fails where it says otherwise.
Every test runs optimised, as it stands, and saved and loaded again; one is right when all three are. None is wrong, none crashes.
"""


def plain(reason):
    """A reason without the names and numbers of one test."""
    text = re.sub(r"^TN\d+: ", "", reason)
    text = re.sub(r"(\w+) '[^']*': ", r"\1: ", text)
    text = re.sub(r"^(\w+): \1: ", r"\1: ", text, flags=re.I)
    return text.replace("|", "/")


def page(rows, version):
    by_operator = collections.defaultdict(list)
    for row in rows:
        by_operator[row["operator"]].append(row)
    right = sum(row["verdict"] == "right" for row in rows)
    lines = [HEAD + f"Of the {len(rows):,} tests of onnx {version}, {right:,} are right and {len(rows) - right:,} are refused.\n",
             "| operator | tests | right | refused, because |", "|---|---|---|---|"]
    for operator in sorted(by_operator, key=str.lower):
        mine = by_operator[operator]
        refused = collections.Counter(plain(r["reason"]) for r in mine if r["verdict"] != "right")
        reasons = "; ".join(f"{count}: {reason}" for reason, count in sorted(refused.items(), key=lambda item: (-item[1], item[0])))
        lines.append(f"| {operator} | {len(mine)} | {sum(r['verdict'] == 'right' for r in mine)} | {reasons} |")
    return "\n".join(lines) + "\n"
