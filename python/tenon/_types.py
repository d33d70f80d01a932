"""Element types: Tenon's names and numpy's."""
import numpy as np

_NAMES = {"f32": "float32", "f16": "float16", "f64": "float64", "bool": "bool",
          **{f"{k}{n}": f"{word}{n}" for k, word in (("i", "int"), ("u", "uint")) for n in (8, 16, 32, 64)}}
_ELEMENTS = {numpy: ours for ours, numpy in _NAMES.items()} | {"bfloat16": "bf16"}


def dtype_of(element):
    if element == "bf16":
        import ml_dtypes
        return np.dtype(ml_dtypes.bfloat16)
    return np.dtype(_NAMES[element])


def element_of(dtype):
    """Tenon's name of what numpy takes for a type; one of Tenon's own names, or what nobody knows, stays as it is."""
    if isinstance(dtype, str) and (dtype in _NAMES or dtype == "bf16"):
        return dtype
    try:
        name = np.dtype(dtype).name
    except TypeError:
        return str(dtype)
    return _ELEMENTS.get(name, name)


def shape_of(extents):
    """Numbers where they are known, else texts."""
    return tuple(int(d) if d.lstrip("-").isdigit() else d for d in extents)
