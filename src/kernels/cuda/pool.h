// Maximum and average of windows that slide over up to three axes: one thread an output.
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

// Kernel `pool(PoolArguments, x, y)`. `channels_last`: neighbouring threads take neighbouring channels.
std::string pool_source(bool max, bool count_pads, bool channels_last, ElementType in, ElementType out);

}  // namespace tenon::cuda
