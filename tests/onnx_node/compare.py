"""The one table of tolerances, and how an answer is judged by it."""
import ml_dtypes  # noqa: F401  (registers bfloat16, float8 and the 4-bit types with numpy)
import numpy as np

# Integers, booleans and strings are exact everywhere. Changing a row needs a decision record.
NODE = {"relative": 1e-3, "absolute": 1e-7}                # of each element
MODEL = {"of_largest": 1e-4, "of_largest_half": 5e-3}      # of the largest value of an output
TOLERANCES = {"node": NODE, "model": MODEL}


def is_float(dtype):
    return "float" in dtype.name                            # bfloat16, float8… have no numpy kind of their own


def is_string(dtype):
    return dtype.kind in "OUST"


def as_text(array):
    return [s.decode() if isinstance(s, bytes) else str(s) for s in array.ravel().tolist()]


def float_difference(got, want, tolerance):
    half = want.dtype.itemsize < 4
    got, want = got.astype(np.float64), want.astype(np.float64)
    finite = np.isfinite(want)
    if not np.array_equal(got[~finite], want[~finite], equal_nan=True) or not np.isfinite(got[finite]).all():
        return "NaN or infinity in other places"
    got, want = got[finite], want[finite]
    if want.size == 0:
        return None
    if tolerance is NODE:
        allowed = NODE["absolute"] + NODE["relative"] * np.abs(want)
    else:
        allowed = np.full_like(want, MODEL["of_largest_half" if half else "of_largest"] * np.abs(want).max())
    error = np.abs(got - want)
    bad = error > allowed
    if not bad.any():
        return None
    worst = int(np.argmax(error - allowed))
    return f"{int(bad.sum())} of {want.size} elements differ, worst {got[worst]:.7g}, expected {want[worst]:.7g}"


def difference(got, want, tolerance):
    """None if `got` is the answer `want`, else one line that says what differs. Values may be arrays, lists (sequences) or None."""
    if want is None or got is None:
        return None if got is want else f"is {type(got).__name__}, expected {type(want).__name__}"
    if isinstance(want, list):
        if not isinstance(got, (list, tuple)) or len(got) != len(want):
            return f"is {type(got).__name__} of {len(got)}, expected a sequence of {len(want)}"
        return next((f"element {i}: {d}" for i, (g, w) in enumerate(zip(got, want)) if (d := difference(g, w, tolerance))), None)
    got, want = np.asarray(got), np.asarray(want)
    if got.dtype != want.dtype and not (is_string(got.dtype) and is_string(want.dtype)):
        return f"type is {got.dtype.name}, expected {want.dtype.name}"
    if got.shape != want.shape:
        return f"shape is {got.shape}, expected {want.shape}"
    if is_float(want.dtype):
        return float_difference(got, want, tolerance)
    if is_string(want.dtype):
        return None if as_text(got) == as_text(want) else "strings differ"
    bad = got != want
    if not bad.any():
        return None
    i = tuple(int(k) for k in np.argwhere(bad)[0])
    return f"{int(bad.sum())} of {want.size} elements differ, at {i} {got[i]}, expected {want[i]}"
