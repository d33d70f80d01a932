"""The same network with more of its inputs' extents open: which of them may be, is found out by trying others."""
import onnx

import graphs

MOST = 4                                                    # tried, of a network


def dims(model):
    shapes = [(i.name, i.type.tensor_type.shape.dim) for i in model.graph.input if not i.name.startswith("is")]
    return [(name, axis, d) for name, shape in shapes if len(shape) > 1 or shape and shape[0].dim_value != 1 for axis, d in enumerate(shape)]


def at(model, sizes):
    """The network of just those extents."""
    fixed = onnx.ModelProto.FromString(model.SerializeToString())
    for _, _, d in dims(fixed):
        if d.HasField("dim_param"):
            d.dim_value = sizes[d.dim_param]
    return fixed


def without_shapes(model):
    """What bodies say of extents holds no longer."""
    bare = onnx.ModelProto.FromString(model.SerializeToString())
    for body in graphs.all_graphs(bare.graph)[1:]:
        for d in (d for o in body.output for d in o.type.tensor_type.shape.dim):
            d.Clear()
    return bare


def opened(model, random, valid):
    """The network, names for extents in it, and sizes that it was made with; `valid` says of a closed one whether it is a network at all."""
    model, sizes = without_shapes(model), {}
    for _, axis, d in dims(model):
        if d.HasField("dim_param"):
            sizes[d.dim_param] = 2
    alike = sorted({(axis, d.dim_value) for _, axis, d in dims(model) if d.HasField("dim_value")})
    for axis, extent in [alike[i] for i in random.permutation(len(alike))[:MOST]]:
        for coarse in (False, True):                        # alike in axis and extent, or in extent alone
            trial, name = onnx.ModelProto.FromString(model.SerializeToString()), f"D{len(sizes)}"
            for _, a, d in dims(trial):
                if d.HasField("dim_value") and d.dim_value == extent and (coarse or a == axis):
                    d.dim_param = name
            if any(d.dim_param == name for *_, d in dims(trial)) and all(valid(at(trial, sizes | {name: e})) for e in (extent + 1, 2 * extent + 1)):
                model, sizes = trial, sizes | {name: extent}
                break
    return model, sizes


def sizes_to_try(sizes, random, count):
    """Some bindings: the one it was made with, larger and smaller ones, some of 0 and 1."""
    pick = lambda e: int(random.choice([e, e + 1, max(e - 1, 0), 1, 2 * e, e + int(random.integers(0, 5)), 0 if random.random() < .3 else 3]))
    return [{name: pick(e) for name, e in sizes.items()} for _ in range(count)]
