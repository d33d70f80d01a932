// What kernels that only move elements share: where a logical axis lies in another layout.
#pragma once
#include "select/node_kernel.h"

namespace tenon {

// The axis of stored_extents; in c16 that of channels counts blocks.
inline int stored_axis(int axis, int rank, Layout layout) {
  if (layout != Layout::nhwc || axis == 0) return axis;
  return axis == 1 ? rank - 1 : axis - 1;
}

// Steps along logical axes, in elements; not of c16, whose channels have two.
inline Extents strides_in(const Extents& extents, Layout layout) {
  Extents stored = strides_of(stored_extents(extents, layout)), strides = extents;
  for (int d = 0; d < extents.rank; ++d) strides[d] = stored[stored_axis(d, extents.rank, layout)];
  return strides;
}

}  // namespace tenon
