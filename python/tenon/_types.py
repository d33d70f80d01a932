"""Element types: Tenon's names and numpy's."""
import numpy as np

_NAMES = {"f32": "float32", "f16": "float16", "f64": "float64", "bool": "bool",
          **{f"{k}{n}": f"{word}{n}" for k, word in (("i", "int"), ("u", "uint")) for n in (8, 16, 32, 64)}}
# numpy has these from ml_dtypes, a byte for each element of fewer than 8 bits
_EXTENDED = {"bf16": "bfloat16", "f8e4m3fn": "float8_e4m3fn", "f8e4m3fnuz": "float8_e4m3fnuz", "f8e5m2": "float8_e5m2",
             "f8e5m2fnuz": "float8_e5m2fnuz", "f8e8m0": "float8_e8m0fnu", "f4e2m1": "float4_e2m1fn",
             "i4": "int4", "u4": "uint4", "i2": "int2", "u2": "uint2"}
_ELEMENTS = {numpy: ours for ours, numpy in (_NAMES | _EXTENDED).items()}


def dtype_of(element):
    if element in _EXTENDED:
        import ml_dtypes
        return np.dtype(getattr(ml_dtypes, _EXTENDED[element]))
    return np.dtype(_NAMES[element])


def element_of(dtype):
    """Tenon's name of what numpy takes for a type; one of Tenon's own names, or what nobody knows, stays as it is."""
    if isinstance(dtype, str) and (dtype in _NAMES or dtype in _EXTENDED):
        return dtype
    try:
        name = np.dtype(dtype).name
    except TypeError:
        name = str(dtype)
    return _ELEMENTS.get(name, name)


def shape_of(extents):
    """Numbers where they are known, else texts."""
    return tuple(int(d) if d.lstrip("-").isdigit() else d for d in extents)
