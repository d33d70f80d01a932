// Floats as sums of two narrower ones, side by side as channels, so that one convolution on tensor cores multiplies by
// all of them (docs/decisions/0014).
#pragma once
#include "kernels/cuda/text.h"

namespace tenon::cuda {

// Channels that hold `channels` of them as high, low and high parts, filled up with zeros to what tensor cores take.
constexpr int64_t split_channels(int64_t channels, ElementType part) {
  int64_t step = part == ElementType::f16 ? 8 : 4;
  return (3 * channels + step - 1) / step * step;
}

// Kernels `split(long long count, int channels, int wide, const float* x, part* y)`, channels last: `count` numbers of
// x, or packs of split_width in `split_wide`; `split_long` for 2^31 of them and more. A part is a half, or a float of
// no more digits than TF32 has.
constexpr int split_width = 4;
std::string split_source(ElementType part);

}  // namespace tenon::cuda
