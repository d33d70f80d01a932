"""Images and regions of them: sampled, pooled, put back together."""
import numpy as np

from .net import is_map
from .windows import conv_extent


def small_map(n):
    return n.find(lambda v: is_map(v) and v.rank == 4 and v.dtype in (np.float32, np.float64) and v.size < 4000 and min(v.shape[2:]) > 1)


def columns_to_image(n):
    x = n.find(lambda v: is_map(v) and v.rank == 4 and v.size < 4000 and min(v.shape[2:]) >= 2)
    if not x:
        return
    b, c, h, w = x.shape                                    # each place of x a block of 2 by 2, or c channels of blocks
    if c % 4:
        return
    columns = n.move("Reshape", [x, n.i64(0, c, h * w)], [b, c, h * w], x)
    s, p = n.pick([1, 2]), n.number(0, 1)
    image = [(h - 1) * s + 2 - 2 * p, (w - 1) * s + 2 - 2 * p]
    if min(image) > 0:
        n.node("Col2Im", [columns, n.i64(*image), n.i64(2, 2)], [b, c // 4, *image], x.dtype, strides=[s, s], pads=[p] * 4)


def deformed(n):
    x = small_map(n)
    if not x or n.open_batch:
        return
    (b, c, h, w), k, pad = x.shape, n.pick([1, 2, 3]), n.number(0, 1)
    y = [conv_extent(e, k, 1, 1, pad, pad) for e in (h, w)]
    if min(y) < 1:
        return
    groups, out = n.pick([1, 2]) if c % 2 == 0 else 1, n.pick([2, 4])
    offsets = n.constant(n.random.uniform(-1, 1, [b, 2 * k * k, *y]), x.dtype)
    operands = [x, n.weights([out, c // groups, k, k], x.dtype, 1 / np.sqrt(c * k * k)), offsets]
    if n.chance(.5):
        operands.append(n.weights([out], x.dtype))
        if n.chance(.6):
            operands.append(n.constant(n.random.random([b, k * k, *y]), x.dtype))
    n.node("DeformConv", operands, [b, out, *y], x.dtype, opset=22, kernel_shape=[k, k], pads=[pad] * 4, group=groups)


def sampled(n):
    x = small_map(n)
    if not x:
        return
    b, c, h, w = x.shape
    align, exact = n.number(0, 1), False
    size = [n.number(1 + align, 5), n.number(1 + align, 5)]             # one place cannot stand on both corners
    mode = n.pick(["linear", "linear", "cubic", "nearest"])
    if n.open_batch or n.chance(.5):
        grid = n.hidden_input([b, *size, 2], x.dtype, "unit")
        exact = mode == "nearest"
    else:
        theta = n.weights([b, 2, 3], x.dtype, .5)
        grid = n.node("AffineGrid", [theta, n.i64(b, c, *size)], [b, *size, 2], x.dtype, align_corners=align)
        n.forget(grid)
        mode = "linear" if mode == "nearest" else mode      # places that are computed stand on either side of an edge
    if exact:                                               # in doubles too: (g + 1) * e / 2 rounds nowhere near an edge
        mode = "linear"
    n.node("GridSample", [x, grid], [b, c, *size], x.dtype, mode=mode, padding_mode=n.pick(["zeros", "border", "reflection"]), align_corners=align)


def regions(n):
    x = small_map(n)
    if not x or n.open_batch:
        return
    (b, c, h, w), count = x.shape, n.number(1, 4)
    corner = n.random.uniform(0, 1, [count, 2]) * [w - 1, h - 1]
    far = corner + n.random.uniform(.3, 1, [count, 2]) * [w, h]
    maps = n.random.integers(0, b, count)
    if n.chance(.5):                                        # whole elements: nothing to round
        boxes = np.concatenate([maps[:, None], np.floor(corner), np.floor(far)], 1)
        return n.node("MaxRoiPool", [x, n.constant(boxes, x.dtype)], [count, c, 2, 3], x.dtype, pooled_shape=[2, 3])
    boxes, more = np.concatenate([corner, far], 1), {"output_height": n.number(1, 3), "output_width": n.number(1, 3), "sampling_ratio": n.pick([1, 2, 2])}
    more |= {"coordinate_transformation_mode": n.pick(["half_pixel", "output_half_pixel"]), "mode": n.pick(["avg", "avg", "max"]), "spatial_scale": n.pick([1., .5])}
    n.node("RoiAlign", [x, n.constant(boxes, x.dtype), n.constant(maps, np.int64)], [count, c, more["output_height"], more["output_width"]], x.dtype, **more)


STEPS = [(columns_to_image, 1.2), (deformed, 1.5), (sampled, 2), (regions, 2)]
