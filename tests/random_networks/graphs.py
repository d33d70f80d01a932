"""Graphs of ONNX, and those within their nodes: who is there, what a body reads from outside, and a run node by node."""
import numpy as np
import onnx


def bodies(node):
    return [a.g for a in node.attribute if a.type == onnx.AttributeProto.GRAPH]


def all_graphs(graph):
    """The graph, and all within."""
    found = [graph]
    for g in found:                                         # it grows
        found += [body for node in g.node for body in bodies(node)]
    return found


def all_nodes(graph):
    return [node for g in all_graphs(graph) for node in g.node]


def constants(graph):
    """Of all graphs within, too; names differ through all of them."""
    return {t.name: onnx.numpy_helper.to_array(t) for g in all_graphs(graph) for t in g.initializer}


def operands(node):
    """Names of all that the node reads, and of what its bodies read from outside."""
    inside = [g for body in bodies(node) for g in all_graphs(body)]
    made = {name for g in inside for name in [*(i.name for i in g.input), *(t.name for t in g.initializer), *(o for n in g.node for o in n.output)]}
    read = [i for g in inside for n in g.node for i in n.input] + [o.name for g in inside for o in g.output]
    return list(dict.fromkeys(i for i in [*node.input, *read] if i and i not in made))


def without_dead_nodes(model):
    """What leads to no output: an engine leaves it out, and with it what it asks of extents."""
    live = onnx.ModelProto.FromString(model.SerializeToString())
    for g in all_graphs(live.graph)[::-1]:                  # those within come first
        needed, nodes = {o.name for o in g.output}, []
        for node in reversed(g.node):
            if needed & {*node.output}:
                nodes.append(node)
                needed.update(operands(node))
        nodes = [onnx.NodeProto.FromString(node.SerializeToString()) for node in reversed(nodes)]
        del g.node[:]
        g.node.extend(nodes)
    return live


# -- a run
def run_node(node, values, made):
    """What the node makes, by made(node, values); of branches and loops by what the nodes within make."""
    run = {"If": branch, "Loop": loop, "Scan": scan}.get(node.op_type)
    return run(node, values, made) if run else made(node, values)


def run_graph(graph, values, made):
    """Adds to `values` what the graph makes; its constants, too, unless they are there."""
    for t in graph.initializer:
        if t.name not in values:
            values[t.name] = onnx.numpy_helper.to_array(t)
    for node in graph.node:
        values |= zip([o for o in node.output if o], run_node(node, values, made))
    return [values[o.name] for o in graph.output]


def branch(node, values, made):
    graph = {a.name: a.g for a in node.attribute}["then_branch" if values[node.input[0]].all() else "else_branch"]
    return run_graph(graph, dict(values), made)


def stacked(rounds, axis=0, backwards=False):
    return np.stack(rounds[::-1] if backwards else rounds, axis)


def loop(node, values, made):
    most, go_on, *states = [values[i] if i else None for i in node.input]
    body, kept, k = bodies(node)[0], [], 0
    go_on = True if go_on is None else bool(go_on.all())
    while go_on and (most is None or k < int(most.reshape(()))):
        shapes = [[d.dim_value for d in i.type.tensor_type.shape.dim] for i in body.input[:2]]
        given = [np.array(k).reshape(shapes[0]), np.array(True).reshape(shapes[1]), *states]
        answers = run_graph(body, values | dict(zip([i.name for i in body.input], given)), made)
        go_on, states = bool(answers[0].all()), answers[1:1 + len(states)]
        kept.append(answers[1 + len(states):])
        k += 1
    stacks = len(body.output) - 1 - len(states)
    if not k and stacks:                                    # nothing here says of which shape
        return made(node, values)
    return [*states, *(stacked([r[i] for r in kept]) for i in range(stacks))]


def scan(node, values, made):
    more = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    body, slices = more["body"], more["num_scan_inputs"]
    states, scanned = [values[i] for i in node.input[:-slices]], [values[i] for i in node.input[-slices:]]
    axes, backwards = more.get("scan_input_axes", [0] * slices), more.get("scan_input_directions", [0] * slices)
    scanned = [np.flip(np.moveaxis(x, a, 0), 0) if b else np.moveaxis(x, a, 0) for x, a, b in zip(scanned, axes, backwards)]
    kept = []
    for k in range(len(scanned[0])):
        answers = run_graph(body, values | dict(zip([i.name for i in body.input], [*states, *(np.ascontiguousarray(x[k]) for x in scanned)])), made)
        states = answers[:len(states)]
        kept.append(answers[len(states):])
    count = len(body.output) - len(states)
    out_axes, back = more.get("scan_output_axes", [0] * count), more.get("scan_output_directions", [0] * count)
    return [*states, *(stacked([r[i] for r in kept], a, b) for i, a, b in zip(range(count), out_axes, back))]
