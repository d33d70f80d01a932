// One row of outputs of a pool: the largest value or the mean of each window.
#pragma once
#include <cstdint>

namespace tenon {

// Those taps of one window along one axis that meet the input.
struct Taps {
  int64_t first, count;  // where the first one is in the input
  float divisor;         // along this axis, of a mean; at least 1
};

// The windows of a row have their taps along the outer spatial axes in common.
struct PoolRow {
  const float* x;                                               // where the plane begins
  float* y;                                                     // the row's first output
  Taps outer[2];                                                // one tap at 0 where there are fewer axes
  int64_t plane_steps[2], outer_dilations[2];                   // in floats; in positions
  const float* divisors;                                        // for each output, along the last axis
  const Taps* last;                                             // for each output
  int64_t input, outputs, extent, stride, dilation, pad_begin;  // along the last axis
  int64_t channels;                                             // that stand side by side at each position
  int64_t real;                                                 // of those; the others are padding and stay 0
  bool average;
};

constexpr int64_t longest_pool_window = 1024;  // (extent - 1) * dilation + 1 of the last axis, for pool_positions

template <int N>
void pool_channels(const PoolRow& row);  // nhwc, c16: vectors of channels
template <int N>
void pool_positions(const PoolRow& row);  // plain: vectors of outputs

extern template void pool_channels<4>(const PoolRow&);
extern template void pool_channels<8>(const PoolRow&);
extern template void pool_channels<16>(const PoolRow&);
extern template void pool_positions<4>(const PoolRow&);
extern template void pool_positions<8>(const PoolRow&);
extern template void pool_positions<16>(const PoolRow&);

}  // namespace tenon
