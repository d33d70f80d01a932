"""Branches, loops and scans, one within another, with motifs of every theme in their bodies."""
import numpy as np

from .late import SUMMED, bent, late, settled
from .net import TYPES

DEEPEST = 3                                                 # graphs within graphs
DECIDES = (np.float32, np.int32, np.int64)


def closed(n, inside, inputs, outputs, shaped=()):
    n.opset = max(n.opset, inside.opset)
    return inside.graph(inputs, outputs, shaped)


def number_shape(n):
    """Of one number; an axis would be a batch where that is open."""
    return [] if n.open_batch else n.pick([[], [1]])


def decision(n):
    """One bool that all kernels agree on: given, constant, or computed from values or extents."""
    kind = n.pick(["given", "given", "constant", "largest", "size"])
    if kind == "constant":
        return n.constant(np.full(n.pick([[], [1]]), n.chance(.5)))
    x = kind != "given" and n.find(lambda v: v.exact and v.dtype in DECIDES and v.size)
    if not x:
        return n.hidden_input(number_shape(n), np.bool_, "below2")
    number = late(n, "ReduceMax", [x], [], x.dtype, exact=True, keepdims=0) if kind == "largest" else late(n, "Size", [x], [], np.int64, exact=True)
    limit = n.pick([0, 1, 2]) if kind == "largest" else n.pick([x.size, x.size // 2, 2 * x.size])
    return late(n, n.pick(["Greater", "Less"]), [number, n.constant(limit, number.dtype)], [], np.bool_, exact=True)


def suits(v):
    return 0 < v.size < 4000 and (v.float or v.exact and v.dtype in SUMMED)


def own(inside):
    names = {o for node in inside.nodes for o in node.output}
    return [v for v in inside.values if v.name in names]


def grown(inside, x, goal):
    """Of x's shape and type, as motifs have made it, or at least one node. Whole numbers stay exact."""
    inside.grow(len(inside.nodes) + goal)
    made = [v for v in own(inside) if v.shape == x.shape and v.dtype == x.dtype and (v.exact or v.float)]
    return made[-1] if made else inside.same(inside.pick(["Neg", "Abs"]), [x], x, exact=x.exact)


def cut(inside, x, axis):
    """Some of x along the axis: how many, only this branch knows."""
    count = inside.number(0, x.shape[axis])
    return late(inside, "Slice", [x, inside.i64(0), inside.i64(count), inside.i64(axis)], [1 if i == axis else e for i, e in enumerate(x.shape)], x.dtype, exact=x.exact)


def flat(inside, dtype):
    """Any value at all, all of its elements in a row, as that type."""
    x = inside.find(lambda v: v.dtype == dtype or v.dtype in SUMMED and v.exact)
    x = inside.pick([*inside.ends, x]) if x and inside.ends else x
    if not x:
        return inside.constant([1, 2], dtype)
    if x.dtype != dtype:
        x = late(inside, "Cast", [x], x.shape, dtype, exact=x.exact, to=TYPES[dtype])
    return late(inside, "Reshape", [x, inside.i64(-1)], [1], dtype, exact=x.exact)


def branches(n):
    x = n.depth < DEEPEST and n.find(suits)
    if not x:
        return
    axis = n.axis(x) if x.rank else None
    condition, unlike, graphs, made = decision(n), n.pick([None, "flat", "flat", "flat" if axis is None else "cut", "flat" if axis is None else "cut", "rank"]), [], []
    for place in range(2):
        inside = n.body()
        ends = [grown(inside, x, n.number(0, 4))]
        if unlike == "flat":
            more = flat(inside, n.base)
            ends.append(more if not isinstance(more, str) else late(inside, "Identity", [more], [1], n.base, exact=True))
        elif unlike == "cut":
            ends.append(cut(inside, ends[0], axis))
        elif unlike == "rank":
            ends.append(late(inside, "Unsqueeze", [ends[0], inside.i64(0)], [1, *x.shape], x.dtype, exact=ends[0].exact) if place else ends[0])
        graphs.append(closed(n, inside, [], ends))
        made.append(ends)
    exact = all(ends[0].exact for ends in made)
    whole = None if any(ends[0].whole is None for ends in made) else max(ends[0].whole for ends in made)
    kinds = [ends.dtype for ends in made[0]]
    more = {"then_branch": graphs[0], "else_branch": graphs[1]}
    if not unlike:
        return n.node("If", [condition], x.shape, x.dtype, exact=exact, whole=whole, **more)
    y, other = n.node("If", [condition], [x.shape, made[0][1].shape], kinds, outputs=2, exact=exact and all(ends[1].exact for ends in made), **more)
    n.forget(other)
    if unlike == "rank":                                    # whatever its rank, one number
        total = late(n, "ReduceSum", [bent(n, other)], [], other.dtype, exact=other.exact and not other.float, keepdims=0)
        return n.same("Add", [x, total], x, exact=x.exact and total.exact)
    settled(n, other, axis if unlike == "cut" else 0, unlike == "cut")


def bounded(inside, x, before):
    """So that no number of rounds makes it large."""
    if not x.float:
        return inside.same("Clip", [x, inside.constant(-9, x.dtype), inside.constant(9, x.dtype)], x, exact=x.exact)
    if inside.chance(.5):
        return inside.same("Clip", [x, inside.constant(-2, x.dtype), inside.constant(3, x.dtype)], x)
    half = inside.constant(.5, x.dtype)
    return inside.same("Add", [inside.same("Mul", [inside.same("Tanh", [x], x), half], x), inside.same("Mul", [before, half], x)], x)


def stepped(inside, states, goal):
    """What becomes of the states in a round."""
    return [bounded(inside, grown(inside, s, goal), s) for s in states]


def kept(inside, most):
    """Some of what a round makes."""
    list = [v for v in own(inside) if 0 < v.size < 1500 and v.rank < 5 and (v.float or v.exact and v.dtype in SUMMED)]
    return [inside.pick(list) for _ in range(inside.number(0, most))] if list else []


def trips(n, some):
    """How often at most, and how often that is, or None; at least once where there have to be `some`."""
    count, shape = n.number(int(some), 4), number_shape(n)
    kind = n.pick(["constant", "given", "given", "known"])
    if kind == "constant":
        return n.constant(np.full(shape, count, np.int64)), count
    if kind == "known":                                     # to the feeds alone
        return n.hidden_input(shape, np.int64, f"is{count}"), count
    given = n.hidden_input(shape, np.int64, "below4")
    return (late(n, "Add", [given, n.constant(1, np.int64)], shape, np.int64, exact=True) if some else given), None


def goes_on(n, inside, round, go):
    """Whether there is another round; and what ends the loop: the trips alone, the condition surely, or it perhaps."""
    kind = n.pick(["given", "always", "soon", "soon given", "largest"])
    x = kind == "largest" and inside.find(lambda v: v.exact and v.dtype in DECIDES and v.size)
    if x:
        largest = late(inside, "ReduceMax", [x], [], x.dtype, exact=True, keepdims=0)
        return late(inside, "Less", [largest, inside.constant(n.number(0, 2), x.dtype)], [], np.bool_, exact=True), "perhaps"
    if kind == "given":
        return late(inside, "Identity", [go], [], np.bool_, exact=True), "trips"
    if kind == "always":
        return late(inside, "Identity", [inside.constant(True)], [], np.bool_, exact=True), "trips"
    last = n.hidden_input([], np.int64, "below4") if kind == "soon given" else inside.constant(n.number(0, 3), np.int64)
    return late(inside, "Less", [round, last], [], np.bool_, exact=True), "surely"


def longer(inside, x, axis):
    """A state that grows along that axis: as it comes, and as it goes."""
    state = inside.given(x.shape, x.dtype, x.exact)
    inside.forget(state)
    shape = [1 if i == axis else e for i, e in enumerate(x.shape)]
    bends = bent(inside, state)
    return state, late(inside, "Concat", inside.pick([[bends, x], [x, bends]]), shape, x.dtype, exact=bends.exact, axis=axis)


def with_number(inside, x, round):
    number = late(inside, "Cast", [round], [], x.dtype, exact=True, to=TYPES[x.dtype])
    inside.same(inside.pick(["Add", "Mul", "Sub"]), inside.pick([[x, number], [number, x]]), x, exact=x.exact)


def loop(n):
    x = n.depth < DEEPEST and n.find(suits)
    if not x:
        return
    inside, states = n.body(), [x]
    if n.chance(.3):
        states.append(n.find(suits))
    round, go = inside.given([], np.int64, True), inside.given([], np.bool_, True)
    inside.forget(go)
    given = [inside.given(s.shape, s.dtype, not s.float) for s in states]
    if n.chance(.6) and x.dtype in SUMMED:
        with_number(inside, given[0], round)
    following, keeps = stepped(inside, given, n.number(0, 4)), kept(inside, 2)
    axis = n.axis(x) if x.rank and n.chance(.3) else None
    if axis is not None:
        state, next_state = longer(inside, x, axis)
        states, given, following = [*states, x], [*given, state], [*following, next_state]
    some = bool(keeps) and n.open_batch                     # of no rounds, ONNX Runtime knows those extents that the body states
    most, count = trips(n, some)
    end, by = goes_on(n, inside, round, go)
    begin = "" if some or n.chance(.6) else n.constant(True) if n.chance(.5) else n.hidden_input([], np.bool_, "below2")
    if by != "trips" or begin:
        count = None
    if by == "surely" and n.chance(.3):
        most = ""
    body = closed(n, inside, [round, go, *given], [end, *following, *keeps], keeps)
    shapes = [v.shape for v in following] + [[1 if count is None else count, *v.shape] for v in keeps]
    finish(n, made_by(n, "Loop", [most, begin, *states], shapes, [*following, *keeps], body=body), len(states), axis, [count] * len(keeps))


def made_by(n, op, inputs, shapes, like, **more):
    """A node with as many results, as exact as the values in its body that they come of."""
    kinds = [v.dtype for v in like]
    made = n.node(op, inputs, shapes, kinds, outputs=len(shapes), **more) if len(shapes) > 1 else [n.node(op, inputs, shapes[0], kinds[0], **more)]
    for y, v in zip(made, like):
        y.exact = v.exact
    return made


def finish(n, made, states, axis, counts):
    """What of a loop's results others may use: states, of which the last may have grown, and what was kept."""
    loose = [(y, 0, False) for y, count in zip(made[states:], counts) if count is None or n.open_batch or n.chance(.3)]
    if axis is not None:
        loose.append((made[states - 1], axis, True))
    n.forget(*(y for y, *_ in loose))
    for y, along, batched in loose:
        settled(n, y, along, batched)


def scanned_by(n):
    """Values with an axis each, alike in extent, that a scan walks along."""
    first = int(n.open_batch)
    axes_of = lambda v, steps=None: [i for i in range(first, v.rank) if 0 < v.shape[i] < 24 and steps in (None, v.shape[i])]
    x = n.find(lambda v: suits(v) and axes_of(v))
    if not x:
        return []
    axis = n.pick(axes_of(x))
    y = n.chance(.4) and n.find(lambda v: suits(v) and axes_of(v, x.shape[axis]))
    return [(x, axis)] + ([(y, n.pick(axes_of(y, x.shape[axis])))] if y else [])


def scan(n):
    scanned = n.depth < DEEPEST and scanned_by(n)
    if not scanned:
        return
    inside, steps, without = n.body(), scanned[0][0].shape[scanned[0][1]], lambda v, a: [e for i, e in enumerate(v.shape) if i != a]
    states = [n.node("ReduceSum", [v, n.i64(a)], without(v, a), v.dtype, exact=v.exact and not v.float, keepdims=0) for v, a in scanned if n.chance(.6)]
    given = [inside.given(s.shape, s.dtype, not s.float) for s in states]
    slices = [inside.given(without(v, a), v.dtype, v.exact, v.whole) for v, a in scanned]
    for s in given:                                         # what it has seen so far, and what it sees
        fits = [v for v in slices if v.shape == s.shape and v.dtype == s.dtype]
        inside.same(n.pick(["Add", "Sub", "Max"]), [s, n.pick(fits)], s, exact=s.exact)
    following = stepped(inside, given, n.number(0, 3))
    keeps = kept(inside, 2) or ([] if following else [grown(inside, slices[0], 1)])
    body = closed(n, inside, [*given, *slices], [*following, *keeps], [*following, *keeps])
    places = [n.number(min(int(n.open_batch), v.rank), v.rank) for v in keeps]
    more = {"scan_output_axes": places} if any(places) or keeps and n.chance(.5) else {}
    for name, count in (("scan_input_directions", len(scanned)), ("scan_output_directions", len(keeps))):
        backwards = [n.number(0, 1) for _ in range(count)]
        more |= {name: backwards} if any(backwards) else {}
    if any(a for _, a in scanned) or n.chance(.5):
        more["scan_input_axes"] = [a - v.rank * n.number(0, 1) for v, a in scanned]
    shapes = [v.shape for v in following] + [[*v.shape[:p], steps, *v.shape[p:]] for v, p in zip(keeps, places)]
    made = made_by(n, "Scan", [*states, *(v for v, _ in scanned)], shapes, [*following, *keeps], body=body, num_scan_inputs=len(scanned), **more)
    n.forget(*(y for y in made if y.rank > 5))


STEPS = [(branches, 3), (loop, 3), (scan, 2.5)]
