#!/usr/bin/env python3
"""Writes the networks that speed is measured on: public architectures with seeded weights, in the form exporters give them (opset 17).

    models.py OUT [name…]

Batch normalisation is folded into convolutions, SiLU is Sigmoid and Mul, GELU is written with Erf, attention is MatMul and Softmax.
Weights keep every layer's activations near unit size and different inputs' answers apart; nothing was trained.
"""
import math
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Net:
    """A graph under construction. Values are names; `channels` remembers the last dense axis of each."""

    def __init__(self, name):
        self.name, self.random, self.channels = name, np.random.default_rng(0), {}
        self.nodes, self.tensors, self.inputs, self.outputs, self.counts = [], [], [], [], {}

    def input(self, name, shape, kind=TensorProto.FLOAT):
        self.inputs.append(helper.make_tensor_value_info(name, kind, shape))
        self.channels[name] = shape[1]
        return name

    def output(self, value, name, shape):
        self.nodes.append(helper.make_node("Identity", [value], [name], f"/Identity_{name}"))
        self.outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))

    def op(self, kind, *inputs, outputs=1, channels=None, **attributes):
        count = self.counts[kind] = self.counts.get(kind, -1) + 1
        name = f"/{kind}_{count}"
        values = [f"{name}_output_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, values, name, **attributes))
        for v in values:
            self.channels[v] = channels or self.channels.get(inputs[0] if inputs else None)
        return values[0] if outputs == 1 else values

    def weights(self, array, label="weight"):
        name = f"{label}_{len(self.tensors)}"
        self.tensors.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def constant(self, values, dtype=np.int64):
        """A Constant node, as torch leaves them for Clip, Reshape and the like."""
        return self.op("Constant", value=numpy_helper.from_array(np.array(values, dtype)))

    def normal(self, shape, deviation):
        return self.random.standard_normal(shape, np.float32) * np.float32(deviation)

    def conv(self, x, c_out, size, stride=1, groups=1, act=None, gain=None, pad=None):
        """Convolution with its batch normalisation folded in: filters sum to zero, so no mean of the input survives."""
        c_in = self.channels[x] // groups
        gain = gain or GAINS[act]
        w = self.normal((c_out, c_in, size, size), gain / math.sqrt(c_in * size * size))
        if c_in * size * size > 1:
            w -= w.mean((1, 2, 3), keepdims=True)
        pad = (size - 1) // 2 if pad is None else pad
        y = self.op("Conv", x, self.weights(w, "conv.weight"), self.weights(self.normal(c_out, .1), "conv.bias"), channels=c_out,
                    dilations=[1, 1], group=groups, kernel_shape=[size, size], pads=[pad] * 4, strides=[stride, stride])
        return ACTIVATIONS[act](self, y)

    def gemm(self, x, n_out):
        n_in = self.channels[x]
        return self.op("Gemm", x, self.weights(self.normal((n_out, n_in), 1 / math.sqrt(n_in)), "fc.weight"),
                       self.weights(self.normal(n_out, .1), "fc.bias"), channels=n_out, alpha=1., beta=1., transB=1)

    def linear(self, x, n_in, n_out):
        """A linear layer over the last axis: MatMul by the transposed weights, then Add."""
        y = self.op("MatMul", x, self.weights(self.normal((n_in, n_out), 1 / math.sqrt(n_in)), "linear.weight"))
        return self.op("Add", self.weights(self.normal(n_out, .02), "linear.bias"), y)

    def layer_norm(self, x, n, epsilon):
        return self.op("LayerNormalization", x, self.weights(1 + self.normal(n, .05), "norm.weight"), self.weights(self.normal(n, .05), "norm.bias"),
                       axis=-1, epsilon=epsilon)

    def reshape(self, x, shape):
        return self.op("Reshape", x, self.constant(shape))

    def transpose(self, x, perm):
        return self.op("Transpose", x, perm=perm)

    def pick(self, x, index, axis):
        return self.op("Gather", x, self.constant(index), axis=axis)

    def model(self):
        graph = helper.make_graph(self.nodes, self.name, self.inputs, self.outputs, self.tensors)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="tenon bench/models.py")


def relu6(net, x):
    return net.op("Clip", x, net.constant(0, np.float32), net.constant(6, np.float32))


def silu(net, x):
    return net.op("Mul", x, net.op("Sigmoid", x))


ACTIVATIONS = {None: lambda net, x: x, "relu": lambda net, x: net.op("Relu", x), "relu6": relu6, "silu": silu}
# of weights, so that variance is near one after the activation
GAINS = {None: 1., "relu": 1.7, "relu6": 1.7, "silu": 1.72}


def classify(net, x):
    x = net.op("Flatten", net.op("GlobalAveragePool", x), axis=1)
    net.output(net.gemm(x, 1000), "output", [1, 1000])
    return net


def resnet50():
    net = Net("resnet50")
    x = net.conv(net.input("input", [1, 3, 224, 224]), 64, 7, 2, act="relu")
    x = net.op("MaxPool", x, ceil_mode=0, kernel_shape=[3, 3], pads=[1] * 4, strides=[2, 2])
    for width, blocks, stride in (64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2):
        for b in range(blocks):
            step = stride if b == 0 else 1
            y = net.conv(net.conv(x, width, 1, act="relu"), width, 3, step, act="relu")
            y = net.conv(y, width * 4, 1, gain=.7)
            x = net.op("Relu", net.op("Add", y, net.conv(x, width * 4, 1, step) if b == 0 else x))
    return classify(net, x)


def mobilenet_v2():
    net = Net("mobilenet_v2")
    x = net.conv(net.input("input", [1, 3, 224, 224]), 32, 3, 2, act="relu6")
    for expand, width, blocks, stride in (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1):
        for b in range(blocks):
            c_in, step = net.channels[x], stride if b == 0 else 1
            y = net.conv(x, c_in * expand, 1, act="relu6") if expand > 1 else x
            y = net.conv(y, c_in * expand, 3, step, groups=c_in * expand, act="relu6")
            y = net.conv(y, width, 1, gain=.8)
            x = net.op("Add", x, y) if step == 1 and c_in == width else y
    return classify(net, net.conv(x, 1280, 1, act="relu6"))


def efficientnet_b0():
    net = Net("efficientnet_b0")
    x = net.conv(net.input("input", [1, 3, 224, 224]), 32, 3, 2, act="silu")
    for expand, size, stride, width, blocks in (1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3), (6, 5, 2, 192, 4), (6, 3, 1, 320, 1):
        for b in range(blocks):
            c_in, step = net.channels[x], stride if b == 0 else 1
            y = net.conv(x, c_in * expand, 1, act="silu") if expand > 1 else x
            y = net.conv(y, c_in * expand, size, step, groups=c_in * expand, act="silu")
            squeezed = net.conv(net.op("GlobalAveragePool", y), max(1, c_in // 4), 1, act="silu")
            y = net.op("Mul", net.op("Sigmoid", net.conv(squeezed, c_in * expand, 1)), y)
            y = net.conv(y, width, 1, gain=1.7)             # the gate halves
            x = net.op("Add", y, x) if step == 1 and c_in == width else y
    return classify(net, net.conv(x, 1280, 1, act="silu"))


def yolov8n():
    """Backbone, neck and decoupled head at 640x640, 80 classes: [1, 84, 8400] boxes in pixels and scores."""
    net, regs, classes = Net("yolov8n"), 16, 80

    def conv(x, c, size=3, stride=1):
        return net.conv(x, c, size, stride, act="silu")

    def c2f(x, c, depth, shortcut):
        h = c // 2
        parts = net.op("Split", conv(x, c, 1), net.constant([h, h]), outputs=2, channels=h, axis=1)
        for _ in range(depth):
            y = net.conv(conv(parts[-1], h), h, 3, act="silu", gain=1.2)
            parts.append(net.op("Add", parts[-1], y) if shortcut else y)
        return conv(concat(*parts), c, 1)

    def concat(*values):
        return net.op("Concat", *values, channels=sum(net.channels[v] for v in values), axis=1)

    def upsample(x):
        return net.op("Resize", x, "", net.constant([1, 1, 2, 2], np.float32), coordinate_transformation_mode="asymmetric", mode="nearest", nearest_mode="floor")

    x = conv(conv(net.input("images", [1, 3, 640, 640]), 16, 3, 2), 32, 3, 2)
    x = c2f(x, 32, 1, True)
    p3 = c2f(conv(x, 64, 3, 2), 64, 2, True)
    p4 = c2f(conv(p3, 128, 3, 2), 128, 2, True)
    x = conv(c2f(conv(p4, 256, 3, 2), 256, 1, True), 128, 1)
    pools = [x]
    for _ in range(3):
        pools.append(net.op("MaxPool", pools[-1], ceil_mode=0, kernel_shape=[5, 5], pads=[2] * 4, strides=[1, 1]))
    p5 = conv(concat(*pools), 256, 1)
    n4 = c2f(concat(upsample(p5), p4), 128, 1, False)
    n3 = c2f(concat(upsample(n4), p3), 64, 1, False)
    n4 = c2f(concat(conv(n3, 64, 3, 2), n4), 128, 1, False)
    n5 = c2f(concat(conv(n4, 128, 3, 2), p5), 256, 1, False)

    levels = []
    for x in n3, n4, n5:
        box = net.conv(conv(conv(x, 64), 64), 4 * regs, 1)
        score = net.conv(conv(conv(x, 80), 80), classes, 1)
        levels.append(net.reshape(concat(box, score), [1, 4 * regs + classes, -1]))
    box, score = net.op("Split", net.op("Concat", *levels, axis=2), net.constant([4 * regs, classes]), outputs=2, axis=1)
    # distribution focal loss: the mean of a softmax over 16 distances for each of four sides
    box = net.op("Softmax", net.transpose(net.reshape(box, [1, 4, regs, 8400]), [0, 2, 1, 3]), axis=1)
    ramp = net.weights(np.arange(regs, dtype=np.float32).reshape(1, regs, 1, 1), "dfl.weight")
    box = net.op("Conv", box, ramp, dilations=[1, 1], group=1, kernel_shape=[1, 1], pads=[0] * 4, strides=[1, 1])
    box = net.reshape(box, [1, 4, 8400])
    near, far = (net.op("Slice", box, net.constant([i]), net.constant([i + 2]), net.constant([1])) for i in (0, 2))
    sizes = (80, 40, 20)
    anchors = np.concatenate([np.stack([(np.arange(n * n) % n) + .5, (np.arange(n * n) // n) + .5]) for n in sizes], 1).astype(np.float32)[None]
    strides = np.concatenate([np.full(n * n, 640 / n, np.float32) for n in sizes])[None]
    low, high = net.op("Sub", net.weights(anchors, "anchors"), near), net.op("Add", net.weights(anchors, "anchors"), far)
    centre = net.op("Div", net.op("Add", low, high), net.constant(2, np.float32))
    box = net.op("Mul", net.op("Concat", centre, net.op("Sub", high, low), axis=1), net.weights(strides, "strides"))
    net.output(net.op("Concat", box, net.op("Sigmoid", score), axis=1), "output0", [1, 4 + classes, 8400])
    return net


def gelu(net, x):
    y = net.op("Erf", net.op("Div", x, net.constant(math.sqrt(2), np.float32)))
    y = net.op("Mul", x, net.op("Add", y, net.constant(1, np.float32)))
    return net.op("Mul", y, net.constant(.5, np.float32))


def attention(net, q, k, v, head, mask=None):
    """softmax(q kᵀ / √head + mask) v on [1, heads, tokens, head], k already transposed."""
    scores = net.op("Div", net.op("MatMul", q, k), net.constant(math.sqrt(head), np.float32))
    if mask:
        scores = net.op("Add", scores, mask)
    return net.op("MatMul", net.op("Softmax", scores, axis=-1), v)


def vit_b_16():
    net, d, heads, tokens = Net("vit_b_16"), 768, 12, 197
    x = net.conv(net.input("input", [1, 3, 224, 224]), d, 16, 16, pad=0)
    x = net.transpose(net.reshape(x, [1, d, tokens - 1]), [0, 2, 1])
    x = net.op("Concat", net.weights(net.normal((1, 1, d), .5), "class_token"), x, axis=1)
    x = net.op("Add", x, net.weights(net.normal((1, tokens, d), .5), "position"))
    for _ in range(12):
        qkv = net.linear(net.layer_norm(x, d, 1e-6), d, 3 * d)
        qkv = net.transpose(net.reshape(qkv, [1, tokens, 3, heads, d // heads]), [2, 0, 3, 1, 4])
        q, k, v = (net.pick(qkv, i, 0) for i in range(3))
        y = attention(net, q, net.transpose(k, [0, 1, 3, 2]), v, d // heads)
        x = net.op("Add", x, net.linear(net.reshape(net.transpose(y, [0, 2, 1, 3]), [1, tokens, d]), d, d))
        y = gelu(net, net.linear(net.layer_norm(x, d, 1e-6), d, 4 * d))
        x = net.op("Add", x, net.linear(y, 4 * d, d))
    x = net.pick(net.layer_norm(x, d, 1e-6), 0, 1)
    net.channels[x] = d
    net.output(net.gemm(x, 1000), "output", [1, 1000])
    return net


def bert_base():
    """The encoder without pooler, 128 tokens, a mask that is added to the scores."""
    net, d, heads, tokens = Net("bert_base"), 768, 12, 128
    ids = net.input("input_ids", [1, tokens], TensorProto.INT64)
    mask = net.input("attention_mask", [1, tokens], TensorProto.INT64)
    mask = net.op("Cast", net.op("Unsqueeze", net.op("Unsqueeze", mask, net.constant([1])), net.constant([2])), to=TensorProto.FLOAT)
    mask = net.op("Mul", net.op("Sub", net.constant(1, np.float32), mask), net.constant(np.finfo(np.float32).min, np.float32))
    x = net.op("Gather", net.weights(net.normal((30522, d), 1), "word"), ids)
    x = net.op("Add", x, net.op("Gather", net.weights(net.normal((2, d), .2), "type"), net.constant([[0] * tokens])))
    x = net.op("Add", x, net.op("Gather", net.weights(net.normal((512, d), .5), "position"), net.constant([[*range(tokens)]])))
    x = net.layer_norm(x, d, 1e-12)

    def split(y, perm):
        return net.transpose(net.reshape(y, [1, tokens, heads, d // heads]), perm)
    for _ in range(12):
        q, k, v = (net.linear(x, d, d) for _ in range(3))
        y = attention(net, split(q, [0, 2, 1, 3]), split(k, [0, 2, 3, 1]), split(v, [0, 2, 1, 3]), d // heads, mask)
        y = net.linear(net.reshape(net.transpose(y, [0, 2, 1, 3]), [1, tokens, d]), d, d)
        x = net.layer_norm(net.op("Add", y, x), d, 1e-12)
        y = net.linear(gelu(net, net.linear(x, d, 4 * d)), 4 * d, d)
        x = net.layer_norm(net.op("Add", y, x), d, 1e-12)
    net.output(x, "last_hidden_state", [1, tokens, d])
    return net


MODELS = {f.__name__: f for f in (resnet50, mobilenet_v2, efficientnet_b0, yolov8n, vit_b_16, bert_base)}


def write(name, folder):
    """The path of the model in `folder`, written unless it is there."""
    path = pathlib.Path(folder) / f"{name}.onnx"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        model = MODELS[name]().model()
        onnx.checker.check_model(model)
        unfinished = path.with_suffix(".part")
        onnx.save(model, unfinished)
        unfinished.rename(path)
    return path


if __name__ == "__main__":
    if len(sys.argv) < 2 or not set(sys.argv[2:]) <= set(MODELS):
        raise SystemExit(f"{__doc__}\nnames: {', '.join(MODELS)}")
    for name in sys.argv[2:] or MODELS:
        print(f"{name}: {write(name, sys.argv[1]).stat().st_size / 1e6:.0f} MB", flush=True)
