"""Tenon: load a model or build a network by code (tenon.Network), call it with numpy arrays.

    m = tenon.load("model.onnx", threads=2)
    y = m(x)                     # one input, one output
    ys = m({"name": x})          # a dict of outputs, in the model's order, where there are several
"""
import os

import numpy as np

from ._error import Error
from ._tenon import Model as _Model
from ._tenon import catalogue as _catalogue
from ._options import native_options
from ._types import dtype_of, shape_of
from .network import Network, Value

__all__ = ["load", "catalogue", "Model", "Network", "Value", "Port", "Error"]


class Port:
    """A named input or output: `.name`, `.dtype`, `.shape` (numbers, or the names of dimensions)."""

    def __init__(self, native):
        self.name = native.name
        self.dtype = dtype_of(native.element)
        self.shape = shape_of(native.shape)

    def __repr__(self):
        return f"{self.name}: {self.dtype}[{', '.join(map(str, self.shape))}]"


class Model:
    """A built model. Give each thread a `copy()` of its own: copies share weights, not memory for runs."""

    def __init__(self, native):
        self._native = native
        self.inputs = [Port(p) for p in native.inputs]
        self.outputs = [Port(p) for p in native.outputs]

    def copy(self):
        return Model(self._native.copy())

    def __call__(self, *arrays, **named):
        given = self._named(arrays, named)
        inputs = []
        for port in self.inputs:
            array = np.asarray(given[port.name])
            if array.dtype != port.dtype:
                raise Error(f"TN101: input '{port.name}' is {port.dtype}, found {array.dtype}; convert it with astype",
                            "TN101", "invalid_argument")
            inputs.append(np.ascontiguousarray(array).reshape(array.shape))
        shapes = [list(a.shape) for a in inputs]
        raw = lambda list: [a.reshape(-1).view(np.uint8) for a in list]
        extents = self._native.bind(raw(inputs), shapes)
        late = [any(e < 0 for e in shape) for shape in extents]  # their extents follow from values
        outputs = [None if l else np.empty(shape, port.dtype) for l, shape, port in zip(late, extents, self.outputs)]
        self._native.run(raw(inputs), shapes, [None if o is None else raw([o])[0] for o in outputs])
        for i, port in enumerate(self.outputs):
            if late[i]:
                shape, data = self._native.result(i)
                outputs[i] = np.frombuffer(data, port.dtype).reshape(shape).copy()
        if len(outputs) == 1:
            return outputs[0]
        return {port.name: array for port, array in zip(self.outputs, outputs)}

    def _named(self, arrays, named):
        if len(arrays) == 1 and isinstance(arrays[0], dict) and not named:
            named, arrays = arrays[0], ()
        names = [p.name for p in self.inputs]
        given = {**dict(zip(names, arrays)), **named}
        if set(given) != set(names) or len(arrays) > len(names):
            raise Error(f"TN101: the model's inputs are {', '.join(names) or 'none'}; found {', '.join(given) or 'none'}",
                        "TN101", "invalid_argument")
        return given

    def save(self, path):
        """Writes an engine file, atomically; `load` reads it back."""
        self._native.save(os.fspath(path))

    def explain(self):
        """Every step with what it beat and who refused, as text."""
        return self._native.explain()

    def dump(self, after=""):
        """The graph as text: as it was loaded, or as it is behind a pass, named by `catalogue()["passes"]`."""
        return self._native.dump(after)

    def profile(self, *arrays, runs=10, **named):
        """Milliseconds of every step, the mean of `runs`: (kernel, names of ONNX nodes, ms), in the order they run."""
        self(*arrays, **named)
        self._native.set_profiling(True)
        for _ in range(runs):
            self(*arrays, **named)
        times = [(kernel, origins, ms / runs) for kernel, origins, ms in self._native.step_times()]
        self._native.set_profiling(False)
        return times

    @property
    def stats(self):
        return self._native.stats()


def catalogue():
    """What there is, by name: `{"kernels": […], "rules": […]}` as `Model.stats` counts them, "passes", "operators", and "onnx", the operators of ONNX that can be imported."""
    return dict(zip(("kernels", "rules", "passes", "operators", "onnx"), _catalogue()))


def load(source, **options):
    """Builds a model from the path or the bytes of an ONNX or engine file. Ctrl-C ends a build. Options:

    device="cpu"     "cuda": the first NVIDIA GPU; "auto": it if there is one
    permit=()        what f32 values inside may be stored as where that is faster: "f16", "bf16"
    keep=()          names of values, as in the ONNX file, that no permission is for
    threads=0        how many; 0 takes all that the process may use
    optimize=True    False runs every node by its reference kernel
    tuning_ms=0      time for measuring kernels; 0 chooses by prediction alone
    providers=()     those whose kernels may be chosen beside the reference's; none means all
    profile=None     for every open dimension its lowest, typical and highest size: {"N": (1, 4, 16)};
                     memory is planned once, for the highest
    timing_cache=""  a file of measured times, which tuning reads and adds to"""
    source = source if isinstance(source, bytes) else os.fspath(source)
    return Model(_Model.load(source, native_options(**options)))
