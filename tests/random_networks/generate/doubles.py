"""The same network with every float as double: the arbiter."""
import numpy as np
import onnx
from onnx import TensorProto as T, helper, numpy_helper

import graphs

NARROW = (T.FLOAT, T.FLOAT16, T.BFLOAT16)
NAMES_TYPE = ("to", "dtype", "output_datatype", "precision", "output_dtype", "softmax_precision", "stash_type")
# Operands that are floats by definition, and operators that take no doubles at all: casts stand around those.
FLOATS_ONLY = {"Resize": (1, 2), "Upsample": (1,), "MelWeightMatrix": (3, 4)}
NO_DOUBLES = {"DynamicQuantizeLinear": [1], "LinearAttention": [0, 1]}     # and which of their results are floats


def in_doubles(model):
    wide = onnx.ModelProto.FromString(model.SerializeToString())
    for graph in graphs.all_graphs(wide.graph):
        widen_graph(graph)
    return wide


def widen_graph(graph):
    for info in [*graph.input, *graph.output]:
        if info.type.tensor_type.elem_type in NARROW:
            info.type.tensor_type.elem_type = T.DOUBLE
    kept = {node.input[i] for node in graph.node for i in FLOATS_ONLY.get(node.op_type, ()) if i < len(node.input)}
    for tensor in graph.initializer:
        if tensor.name not in kept:
            widen(tensor)
    for node in graph.node:
        if node.op_type == "LayerNormalization":            # its statistics are floats unless it says otherwise
            node.attribute.append(helper.make_attribute("stash_type", T.DOUBLE))
        for a in node.attribute:
            if a.name in NAMES_TYPE and a.i in NARROW:
                a.i = T.DOUBLE
            if a.type == onnx.AttributeProto.TENSOR:
                widen(a.t)
    for i, node in reversed(list(enumerate(graph.node))):
        if node.op_type in NO_DOUBLES:
            surround(graph, i, node)


def widen(tensor):
    if tensor.data_type in NARROW:
        array, name = numpy_helper.to_array(tensor).astype(np.float64), tensor.name
        tensor.CopyFrom(numpy_helper.from_array(array, name))


def surround(graph, i, node):
    """As floats inside."""
    floats = NO_DOUBLES[node.op_type]
    for k in [k for k in floats if k < len(node.output)]:
        y = node.output[k]
        node.output[k] = y + "_narrow"
        graph.node.insert(i + 1, helper.make_node("Cast", [y + "_narrow"], [y], to=T.DOUBLE))
    for k, x in enumerate(node.input):
        if x:
            node.input[k] = f"{x}_narrow{i}"
            graph.node.insert(i, helper.make_node("Cast", [x], [node.input[k]], to=T.FLOAT))
            i += 1
