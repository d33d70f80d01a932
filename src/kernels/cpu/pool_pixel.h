// One output of a pooling window, all channels side by side.
#pragma once
#include <cstdint>

namespace tenon {

// The taps that meet the input: counts and steps in elements along up to three axes.
struct PoolTaps {
  const float* x;  // the first
  int64_t count[3], step[3];
};

// y[c] = the largest x of all taps (NaN wins; -inf if there are none), or their sum times `scale`.
template <int N>
void pool_pixel(const PoolTaps& taps, float* y, int64_t channels, bool average, float scale);
extern template void pool_pixel<4>(const PoolTaps&, float*, int64_t, bool, float);
extern template void pool_pixel<8>(const PoolTaps&, float*, int64_t, bool, float);
extern template void pool_pixel<16>(const PoolTaps&, float*, int64_t, bool, float);

}  // namespace tenon
