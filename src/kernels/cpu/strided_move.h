// y[i·to] = x[i·from] at every position i: what transposes, slices, broadcasts, concatenations and layouts come to.
#pragma once
#include "base/extents.h"
#include "base/workers.h"

namespace tenon {

struct Move {
  Extents extents, from, to;  // strides in elements; those of `to` are positive and no element is met twice
};

// Elements of 1, 2, 4 or 8 bytes. x[0] and y[0] are the elements at position 0.
void strided_move(const Move& move, int64_t element_bytes, const void* x, void* y, Workers& workers);

}  // namespace tenon
