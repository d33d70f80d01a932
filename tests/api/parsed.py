"""A program that shows what a parser made: every layer as its class, every getter called; and one field changed, with its effect."""
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "api"))
from generator.surface import Surface  # noqa: E402

HEAD = """#include "layers.h"
#include <NvOnnxParser.h>

// Calls every getter of a layer's class; a layer whose fields cannot say what it does refuses each.
static int ask(ILayer* l)
{
    int calls = 0;
    switch (l->getType())
    {
"""
MAIN = """    default: break;
    }
    return calls;
}

int main(int, char** words)
{
    Net net(__LINE__);
    auto* parser = nvonnxparser::createParser(*net.n, net.log);
    if (!parser->parseFromFile(words[1], 0)) return std::puts(net.log.errors.back().c_str()), 1;
    for (int i = 0; i < net->getNbLayers(); ++i)
    {
        int const calls = ask(net->getLayer(i));
        std::printf("%s: %d getters, %d refused\\n", net->getLayer(i)->getName(), calls, int(net.log.errors.size()));
        net.log.errors.clear();
    }
    auto* conv = static_cast<IConvolutionLayer*>(net->getLayer(1));
    CHECK(conv->getType() == LayerType::kCONVOLUTION && conv->getNbOutputMaps() == 4 && same(conv->getStrideNd(), {2, 1}));
    CHECK(conv->getKernelWeights().count == 4 * 2 * 9 && static_cast<float const*>(conv->getKernelWeights().values)[5] == 5);
    CHECK(same(conv->getOutput(0)->getDimensions(), {1, 4, 3, 4}));
    conv->setStrideNd(DimsHW{1, 2});  // and all that follows is made anew
    CHECK(same(conv->getOutput(0)->getDimensions(), {1, 4, 6, 2}));
    CHECK(same(net->getOutput(0)->getDimensions(), {1, 48}));
    IHostMemory* plan = net.builder->buildSerializedNetwork(*net.n, *net.config);
    CHECK(plan && plan->size());
    for (std::string const& error : net.log.errors) std::puts(error.c_str());
    return done("parsed");
}
"""

OPAQUE = {"Mish", "LogSoftmax", "ReduceLogSum", "Flatten", "Slice", "Pad", "Tile", "Expand", "LpPool", "ArgMax", "LayerNormalization", "Einsum", "Mod",
          "BatchNormalization", "Cast"}  # what the fields of no layer, or its types, can describe; of the casts that to double
LONG_CONSTANTS = {"shape", "axes", "axes2", "s", "e", "a", "pads", "times", "to", "i", "along", "k", "ax"}


def program(generation):
    text = HEAD
    for c in Surface(ROOT / "api/surface").classes.values():
        if not c.layer or not c.lives(generation):
            continue
        calls = ""
        for row in c.rows:
            if row.verb == "todo" or not row.const or row.slot.get(generation) is None or row.name.startswith("~") or "hidden" in row.flags:
                continue
            if [a.type for a in row.arguments] in ([], ["int32_t"]):
                calls += f"        (void)x->{row.name}({'0' if row.arguments else ''}), ++calls;\n"
        if calls:
            text += f"    case LayerType::{c.layer}:\n    {{\n        auto* x = static_cast<{c.name}*>(l);\n{calls}        break;\n    }}\n"
    return text + MAIN


def model(path):
    """A convolution and its kind, layers of many kinds beside it, and some that the API's fields cannot describe."""
    import numpy as np
    import onnx
    from onnx import helper, numpy_helper
    made, constants = [], []

    def constant(name, values, dtype):
        constants.append(numpy_helper.from_array(np.array(values, dtype), name))
        return name

    def node(op, inputs, outputs, **attributes):
        made.append(helper.make_node(op, inputs, outputs, name=outputs[0], **attributes))
        return outputs[0]

    x = helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1, 2, 6, 4])
    kernel = constant("kernel", np.arange(72).reshape(4, 2, 3, 3), "float32")
    conv = node("Conv", ["x", kernel], ["conv"], strides=[2, 1], pads=[1, 1, 1, 1])
    flat = node("Reshape", [conv, constant("shape", [1, -1], "int64")], ["flat"])
    results = [node("Softmax", [flat], ["softmax"], axis=1)]
    i64 = "int64"
    for op, others, attributes in [
            ("Relu", [], {}), ("LeakyRelu", [], {"alpha": 0.5}), ("Mish", [], {}), ("Exp", [], {}), ("Neg", [], {}),
            ("Add", ["x"], {}), ("LogSoftmax", [], {"axis": 1}), ("ReduceMean", [constant("axes", [2], i64)], {}),
            ("ReduceLogSum", [constant("axes2", [2], i64)], {}), ("Transpose", [], {"perm": [0, 2, 3, 1]}), ("Flatten", [], {}),
            ("Slice", [constant("s", [1], i64), constant("e", [3], i64), constant("a", [2], i64)], {}),
            ("Pad", [constant("pads", [0, 0, 1, 1, 0, 0, 1, 1], i64)], {}), ("Tile", [constant("times", [1, 2, 1, 1], i64)], {}),
            ("Expand", [constant("to", [3, 2, 6, 4], i64)], {}), ("Concat", ["x"], {"axis": -1}), ("Gather", [constant("i", [1], i64)], {"axis": 1}),
            ("MaxPool", [], {"kernel_shape": [2, 2], "ceil_mode": 1}), ("LpPool", [], {"kernel_shape": [2, 2]}), ("Shape", [], {}),
            ("LRN", [], {"size": 3}), ("Cast", [], {"to": onnx.TensorProto.FLOAT16}), ("Cast", [], {"to": onnx.TensorProto.DOUBLE}),
            ("MatMul", [constant("m", np.ones((4, 5)), "float32")], {}), ("CumSum", [constant("along", 1, i64)], {}),
            ("Resize", ["", constant("factors", [1, 1, 2, 2], "float32")], {"mode": "nearest"}),
            ("TopK", [constant("k", [2], i64)], {}), ("ArgMax", [], {"axis": 1}), ("ConvTranspose", [constant("t", np.ones((2, 3, 2, 2)), "float32")], {}),
            ("QuantizeLinear", [constant("scale", 0.5, "float32"), constant("zero", 0, "int8")], {}), ("Unsqueeze", [constant("ax", [0], i64)], {}),
            ("LayerNormalization", [constant("one", np.ones(4), "float32")], {}), ("PRelu", [constant("slope", [0.5], "float32")], {}),
            ("Einsum", [], {"equation": "nchw->nc"}), ("Mod", ["x"], {"fmod": 1}), ("GridSample", [constant("grid", np.zeros((1, 2, 2, 2)), "float32")], {}),
            ("BatchNormalization", [constant(f"b{j}", np.ones(2), "float32") for j in range(4)], {})]:
        name = f"{op}{len(made)}"
        y = node(op, ["x", *others], [name] + ([name + "i"] if op == "TopK" else []), **attributes)
        if attributes.get("to") != onnx.TensorProto.DOUBLE:  # no output of the API can be
            results.append(y)
    outputs = [helper.make_tensor_value_info(r, onnx.TensorProto.UNDEFINED, None) for r in results]
    graph = helper.make_graph(made, "kinds", [x], outputs, constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8), path)
