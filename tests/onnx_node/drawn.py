"""Tests whose answer ONNX leaves to a random generator: judged by type, shape and what the operator promises, not by the numbers drawn."""
import numpy as np

DRAWN = ("test_bernoulli", "test_training_dropout")         # …_zero_ratio draws nothing that shows


def is_drawn(test):
    return test.startswith(DRAWN) and "zero_ratio" not in test


def bernoulli(inputs, answers):
    y = answers["y"]
    return None if np.isin(y, (0, 1)).all() else "values other than 0 and 1"


def dropout(inputs, answers):
    x, ratio, y = inputs["x"], inputs["r"], answers["y"]
    kept = answers["z"] if "z" in answers else y != 0
    if not np.array_equal(y != 0, kept & (x != 0)):
        return "mask and values disagree"
    if not 0 < kept.sum() < kept.size:
        return f"{int(kept.sum())} of {kept.size} elements kept at ratio {ratio}"
    return None if np.allclose(y[kept], x[kept] / (1 - ratio), rtol=1e-3) else "a kept element is not x / (1 - ratio)"


def broken_promise(test, inputs, answers, wants):
    for name, want in wants.items():
        got = np.asarray(answers[name])
        if (got.dtype, got.shape) != (want.dtype, want.shape):
            return f"{name}: is {got.dtype.name} {got.shape}, expected {want.dtype.name} {want.shape}"
    return (dropout if "dropout" in test else bernoulli)(inputs, answers)
