// Elements around a tensor, which repeat it or are one number: one thread a result.
#pragma once
#include "base/extents.h"
#include "kernels/cuda/text.h"

namespace tenon::cuda {

enum class PadWay { constant, reflect, edge, wrap };

struct PadArguments {
  long long count = 0, rank = 0;
  long long extent[Extents::max_rank] = {};  // of the result, which is dense
  // Along each axis: the element at place `before` of the result is x's at `first`, and x goes on for `kept` elements.
  long long before[Extents::max_rank] = {}, first[Extents::max_rank] = {}, kept[Extents::max_rank] = {};
  long long step[Extents::max_rank] = {};  // of x, in elements
};

// Kernels `pad1(PadArguments, x, number, y)` to `pad8` for elements of so many bytes; a null number is 0.
std::string pad_source(PadWay way);

}  // namespace tenon::cuda
