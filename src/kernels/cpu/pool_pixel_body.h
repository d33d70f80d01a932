// The body that each width instantiates: channels stay in registers while the taps go by.
#pragma once
#include <algorithm>
#include <cmath>

#include "kernels/cpu/pool_pixel.h"
#include "kernels/cpu/simd.h"

namespace tenon {

template <int N, bool average>
void pool_channels(const PoolTaps& t, float* y, int64_t channels, float scale) {
  using F = Floats<N>;
  auto strip = [&](auto vectors_known, int64_t c, int64_t lanes) {
    constexpr int vectors = vectors_known;
    F sum[vectors];
    for (F& s : sum) s = splat<N>(average ? 0.f : -INFINITY);
    for (int64_t d = 0; d < t.count[0]; ++d)
      for (int64_t h = 0; h < t.count[1]; ++h)
        for (int64_t w = 0; w < t.count[2]; ++w) {
          const float* at = t.x + d * t.step[0] + h * t.step[1] + w * t.step[2] + c;
#pragma GCC unroll 4
          for (int v = 0; v < vectors; ++v) {
            F x = vectors == 1 && lanes < N ? load_some<N>(at, lanes) : load<N>(at + v * N);
            sum[v] = average ? sum[v] + x : max<N>(sum[v], x);
          }
        }
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v) {
      F result = average ? sum[v] * scale : sum[v];
      if (vectors == 1 && lanes < N) store_some<N>(y + c, lanes, result);
      else store<N>(y + c + v * N, result);
    }
  };
  int64_t c = 0;
  for (; c + 4 * N <= channels; c += 4 * N) strip(std::integral_constant<int, 4>(), c, N);
  for (; c < channels; c += N) strip(std::integral_constant<int, 1>(), c, std::min<int64_t>(N, channels - c));
}

template <int N>
void pool_pixel(const PoolTaps& taps, float* y, int64_t channels, bool average, float scale) {
  if (average) pool_channels<N, true>(taps, y, channels, scale);
  else pool_channels<N, false>(taps, y, channels, scale);
}

}  // namespace tenon
