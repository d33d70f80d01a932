#!/usr/bin/env python3
"""Trains a small convolutional network on scikit-learn's handwritten digits with numpy alone and writes digits.onnx.

The file takes scans as they are (8x8, 0…16) and lists, in its metadata, the scans it was not trained on.
"""
import pathlib
import time

import numpy as np
import onnx
from onnx import helper, numpy_helper
from sklearn.datasets import load_digits

SEED, EPOCHS, BATCH, HELD_OUT = 7, 100, 32, 450
HERE = pathlib.Path(__file__).parent


def patches(x):
    """[n, c, h, w] to [n, h, w, c*9]: the 3x3 neighbourhood of every pixel, zeros outside."""
    n, c, h, w = x.shape
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (2, 3))
    return windows.transpose(0, 2, 3, 1, 4, 5).reshape(n, h, w, c * 9)


class Conv:
    """3x3 convolution, ReLU, 2x2 max pooling."""

    def __init__(self, random, c_in, c_out):
        self.params = [random.normal(0, np.sqrt(2 / (9 * c_in)), (c_in * 9, c_out)).astype(np.float32), np.zeros(c_out, np.float32)]
        self.weight_shape = (c_out, c_in, 3, 3)

    def forward(self, x):
        self.x_shape, self.columns = x.shape, patches(x)
        y = self.columns @ self.params[0] + self.params[1]
        n, h, w, c = y.shape
        tiles = y.reshape(n, h // 2, 2, w // 2, 2, c).transpose(0, 1, 3, 5, 2, 4).reshape(n, h // 2, w // 2, c, 4)
        self.winner = tiles.argmax(-1)[..., None]
        best = np.take_along_axis(tiles, self.winner, -1)[..., 0]
        self.alive = best > 0                               # max and ReLU commute
        return (best * self.alive).transpose(0, 3, 1, 2)

    def backward(self, grad):
        n, c_in, h, w = self.x_shape
        grad = grad.transpose(0, 2, 3, 1) * self.alive
        tiles = np.zeros((*grad.shape, 4), np.float32)
        np.put_along_axis(tiles, self.winner, grad[..., None], -1)
        c = grad.shape[-1]
        grad = tiles.reshape(n, h // 2, w // 2, c, 2, 2).transpose(0, 1, 4, 2, 5, 3).reshape(n, h, w, c)
        flat = grad.reshape(-1, c)
        self.grads = [self.columns.reshape(-1, c_in * 9).T @ flat, flat.sum(0)]
        columns = (grad @ self.params[0].T).reshape(n, h, w, c_in, 3, 3)
        back = np.zeros((n, c_in, h + 2, w + 2), np.float32)
        for i in range(3):
            for j in range(3):
                back[:, :, i:i + h, j:j + w] += columns[..., i, j].transpose(0, 3, 1, 2)
        return back[:, :, 1:-1, 1:-1]

    def onnx_weights(self):
        return self.params[0].T.reshape(self.weight_shape)


class Dense:
    def __init__(self, random, n_in, n_out):
        self.params = [random.normal(0, np.sqrt(1 / n_in), (n_in, n_out)).astype(np.float32), np.zeros(n_out, np.float32)]

    def forward(self, x):
        self.x_shape, self.x = x.shape, x.reshape(len(x), -1)
        return self.x @ self.params[0] + self.params[1]

    def backward(self, grad):
        self.grads = [self.x.T @ grad, grad.sum(0)]
        return (grad @ self.params[0].T).reshape(self.x_shape)


class Adam:
    def __init__(self, layers):
        self.layers, self.t = layers, 0
        self.moments = [[(np.zeros_like(p), np.zeros_like(p)) for p in layer.params] for layer in layers]

    def step(self, rate):
        self.t += 1
        for layer, moments in zip(self.layers, self.moments):
            for p, g, (m, v) in zip(layer.params, layer.grads, moments):
                m += 0.1 * (g - m)
                v += 0.001 * (g * g - v)
                p -= rate * (m / (1 - 0.9 ** self.t)) / (np.sqrt(v / (1 - 0.999 ** self.t)) + 1e-8)


def forward(layers, x):
    for layer in layers:
        x = layer.forward(x)
    return x


def shifted(x, random):
    """Each scan moved by up to one pixel, so that the network learns shapes and not places."""
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    return np.stack([p[:, i:i + 8, j:j + 8] for p, (i, j) in zip(padded, random.integers(0, 3, (len(x), 2)))])


def train(x, y, random):
    layers = [Conv(random, 1, 32), Conv(random, 32, 64), Dense(random, 64 * 2 * 2, 10)]
    adam = Adam(layers)
    for epoch in range(EPOCHS):
        order, loss = random.permutation(len(x)), 0.0
        for some in np.array_split(order, len(x) // BATCH):
            scores = forward(layers, shifted(x[some], random) if epoch < EPOCHS - 10 else x[some])
            p = np.exp(scores - scores.max(1, keepdims=True))
            p /= p.sum(1, keepdims=True)
            loss -= np.log(p[np.arange(len(some)), y[some]] + 1e-9).sum()
            p[np.arange(len(some)), y[some]] -= 1           # gradient of cross entropy over softmax
            grad = p / len(some)
            for layer in reversed(layers):
                grad = layer.backward(grad)
            adam.step(2e-3 * (1 - epoch / EPOCHS))
        if epoch % 10 == 9:
            print(f"epoch {epoch + 1:3}  loss {loss / len(x):.4f}", flush=True)
    return layers


def write(layers, path, held_out):
    first, second, last = layers
    tensors = {"conv1.weight": first.onnx_weights() / 16, "conv1.bias": first.params[1],      # scans are 0…16, training saw 0…1
               "conv2.weight": second.onnx_weights(), "conv2.bias": second.params[1],
               "fc.weight": last.params[0].T, "fc.bias": last.params[1]}
    conv, pool = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}, {"kernel_shape": [2, 2], "strides": [2, 2]}
    nodes = [helper.make_node("Conv", ["scan", "conv1.weight", "conv1.bias"], ["conv1"], "conv1", **conv),
             helper.make_node("Relu", ["conv1"], ["relu1"], "relu1"),
             helper.make_node("MaxPool", ["relu1"], ["pool1"], "pool1", **pool),
             helper.make_node("Conv", ["pool1", "conv2.weight", "conv2.bias"], ["conv2"], "conv2", **conv),
             helper.make_node("Relu", ["conv2"], ["relu2"], "relu2"),
             helper.make_node("MaxPool", ["relu2"], ["pool2"], "pool2", **pool),
             helper.make_node("Flatten", ["pool2"], ["flat"], "flat", axis=1),
             helper.make_node("Gemm", ["flat", "fc.weight", "fc.bias"], ["scores"], "fc", transB=1)]
    graph = helper.make_graph(nodes, "digits",
                              [helper.make_tensor_value_info("scan", onnx.TensorProto.FLOAT, ["N", 1, 8, 8])],
                              [helper.make_tensor_value_info("scores", onnx.TensorProto.FLOAT, ["N", 10])],
                              [numpy_helper.from_array(np.ascontiguousarray(v, np.float32), k) for k, v in tensors.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="tenon examples/digits")
    helper.set_model_props(model, {"held_out": ",".join(map(str, held_out)),
                                   "data": "E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI, CC BY 4.0"})
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def main():
    start, random, digits = time.perf_counter(), np.random.default_rng(SEED), load_digits()
    x, y = (digits.images / 16).astype(np.float32)[:, None], digits.target
    order = random.permutation(len(x))
    held_out, rest = np.sort(order[:HELD_OUT]), np.sort(order[HELD_OUT:])
    layers = train(x[rest], y[rest], random)
    right = forward(layers, x[held_out]).argmax(1) == y[held_out]
    write(layers, HERE / "digits.onnx", held_out)
    print(f"{right.mean():.2%} of {len(held_out)} held-out scans right; digits.onnx has {(HERE / 'digits.onnx').stat().st_size / 1000:.0f} kB; {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
