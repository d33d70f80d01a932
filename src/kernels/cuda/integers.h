// Integers that follow from extents or from one another: what shapes are computed with.
#pragma once
#include "base/extents.h"
#include "kernels/cuda/text.h"

namespace tenon::cuda {

struct IntegerList {
  long long count = 0;
  long long number[Extents::max_rank] = {};
};
// Kernel `list(IntegerList, long long* y)`.
std::string list_source();

// Kernel `range(long long count, start, delta, y)`, all of one type and on the device: start + i * delta.
std::string range_source(ElementType element);

}  // namespace tenon::cuda
