// Maximum and average of windows that slide over up to three axes: one thread an output, or 16 bytes of channels.
#pragma once
#include "kernels/cuda/text.h"

namespace tenon::cuda {

// Outermost axes first; fewer than three spatial axes: extents of 1 in front. Strides in elements.
struct PoolArguments {
  long long count = 0;  // outputs
  long long out[5] = {1, 1, 1, 1, 1}, stride_x[5] = {}, stride_y[5] = {};
  long long in[3] = {1, 1, 1}, window[3] = {1, 1, 1}, stride[3] = {1, 1, 1}, dilation[3] = {1, 1, 1}, pad[3] = {},
            pad_end[3] = {};
};

// Kernels `pool32(PoolArguments, x, y)` and, for indices that need them, `pool64`. `channels_last`: neighbouring
// threads take neighbouring channels; `pool32_wide` takes pool_width of them each and has so many fewer in `count`.
std::string pool_source(bool max, bool count_pads, bool channels_last, ElementType in, ElementType out);

int pool_width(ElementType in);

}  // namespace tenon::cuda
