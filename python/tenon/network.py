"""Networks built by code. Operators are methods, by the names in `tenon.catalogue()["operators"]`; their fields are keywords:

    n = tenon.Network()
    x = n.input("x", "f32", ["N", 3, 8, 8])
    y = n.relu(n.conv(x, w, strides=[1, 1])) * 2      # arrays and numbers become constants
    n.output(y, "y")
    m = n.build(threads=2)
"""
import functools

import numpy as np

from ._tenon import Network as _Network
from ._tenon import catalogue as _catalogue
from ._options import native_options
from ._types import dtype_of, element_of, shape_of


@functools.cache
def _operators():
    return frozenset(_catalogue()[3])


def _field(value):
    """As the text form writes it."""
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (list, tuple, np.ndarray)):
        return f"[{','.join(map(_field, value))}]"
    if isinstance(value, (float, np.floating)):
        return repr(float(value))
    return element_of(value) if isinstance(value, (type, np.dtype)) else str(value)


class Value:
    """What a node makes: `.name`, `.dtype`, `.shape`. Arithmetic with values, arrays and numbers makes further nodes."""
    __array_ufunc__ = None  # array + value is ours

    def __init__(self, network, native):
        self._network, self._native = network, native
        port = network._native.describe(native)
        self.name, self.dtype, self.shape = port.name, dtype_of(port.element), shape_of(port.shape)

    def __repr__(self):
        return f"{self.name}: {self.dtype}[{', '.join(map(str, self.shape))}]"

    def __neg__(self):
        return self._network.add("neg", self)


def _operator(op):
    return lambda a, b: a._network.add(op, a, b), lambda a, b: a._network.add(op, b, a)


for _python, _op in {"add": "add", "sub": "sub", "mul": "mul", "truediv": "div", "pow": "pow", "matmul": "matmul"}.items():
    _forward, _backward = _operator(_op)
    setattr(Value, f"__{_python}__", _forward)
    setattr(Value, f"__r{_python}__", _backward)


class Network:
    """A network to add nodes to. Mistakes are refused where they are made, by node and field."""

    def __init__(self, _native=None):
        self._native = _native or _Network()

    @staticmethod
    def parse(text):
        """From the text form, as `dump` writes it."""
        return Network(_Network.parse(text))

    def input(self, name, dtype, shape):
        """`shape`: numbers, and names of dimensions that are known when the model runs."""
        return Value(self, self._native.input(name, element_of(dtype), [str(d) for d in shape]))

    def constant(self, array, name=""):
        array = np.asarray(array)
        bytes = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
        return Value(self, self._native.constant(element_of(array.dtype), list(array.shape), bytes, name))

    def add(self, op, *operands, name="", **fields):
        """A node; returns its value, or a tuple where it makes several. Numbers take the first value's type."""
        like = next((v.dtype for v in operands if isinstance(v, Value)), None)
        values = [v if isinstance(v, Value) else
                  self.constant(np.asarray(v, like if isinstance(v, (bool, int, float)) else None)) for v in operands]
        texts = {key: _field(value) for key, value in fields.items()}
        made = tuple(Value(self, v) for v in self._native.add_all(op, [v._native for v in values], texts, name))
        return made if len(made) > 1 else made[0]

    def __getattr__(self, op):
        """`n.relu(x)`; where Python or this class has the name already, `n.and_(a, b)` and `n.add("add", a, b)`."""
        op = op.removesuffix("_")
        if op not in _operators():
            raise AttributeError(f"no operator is called '{op}'")
        return functools.partial(self.add, op)

    def output(self, value, name=""):
        self._native.output(value._native, name)

    def dump(self):
        """The network as text; constants of over 16 elements only as a digest."""
        return self._native.dump()

    def build(self, **options):
        """The model; options as those of `tenon.load`. The network stays as it is."""
        from . import Model
        return Model(self._native.build(native_options(**options)))
