// The body that each width instantiates. Weights of N channels stay in registers while the window slides along the row.
#pragma once
#include <algorithm>

#include "kernels/cpu/depthwise_row.h"
#include "kernels/cpu/simd.h"

namespace tenon {

template <int N>
inline Floats<N> finished(const DepthwiseRow& r, Floats<N> y) {
  y = min<N>(max<N>(y, splat<N>(r.low)), splat<N>(r.high));
  return r.silu ? y / (1.f + exp<N>(-y)) : y;
}

// One output whose window may hang over the edges.
template <int N>
inline void edge(const DepthwiseRow& r, int64_t c, int64_t o) {
  Floats<N> sum = load<N>(r.bias + c);
  int64_t start = o * r.stride - r.pad;
  for (int64_t h = 0; h < r.height_taps; ++h) {
    if (!r.rows[h]) continue;
    const float *x = r.rows[h] + c, *w = r.weights + h * r.width_taps * r.channels + c;
    for (int64_t k = 0, at = start; k < r.width_taps; ++k, at += r.dilation)
      if (at >= 0 && at < r.x_width) sum = fma<N>(load<N>(x + at * r.x_step), load<N>(w + k * r.channels), sum);
  }
  store<N>(r.y + o * r.y_step + c, finished<N>(r, sum));
}

// The same of fewer than N channels.
template <int N>
inline void narrow(const DepthwiseRow& r, int64_t o) {
  constexpr int64_t c = 0;
  int64_t lanes = r.channels;
  Floats<N> sum = load_some<N>(r.bias + c, lanes);
  for (int64_t h = 0; h < r.height_taps; ++h) {
    if (!r.rows[h]) continue;
    for (int64_t k = 0; k < r.width_taps; ++k) {
      int64_t at = o * r.stride - r.pad + k * r.dilation;
      if (at < 0 || at >= r.x_width) continue;
      Floats<N> w = load_some<N>(r.weights + (h * r.width_taps + k) * r.channels + c, lanes);
      sum = fma<N>(load_some<N>(r.rows[h] + at * r.x_step + c, lanes), w, sum);
    }
  }
  store_some<N>(r.y + o * r.y_step + c, lanes, finished<N>(r, sum));
}

// Outputs [first, past), whose windows lie inside. K x K taps are known to the compiler; rows may be missing.
template <int N, int K>
inline void inside(const DepthwiseRow& r, int64_t c, int64_t first, int64_t past) {
  Floats<N> w[K][K];
  const float* x[K];
  int heights = 0;
  for (int h = 0; h < K; ++h) {
    if (!r.rows[h]) continue;
    for (int k = 0; k < K; ++k) w[heights][k] = load<N>(r.weights + (h * K + k) * r.channels + c);
    x[heights++] = r.rows[h] + c - r.pad * r.x_step;
  }
  Floats<N> bias = load<N>(r.bias + c);
  int64_t tap = r.dilation * r.x_step, next = r.stride * r.x_step;
  auto run = [&](auto rows_known) {
    constexpr int rows = rows_known;
    for (int64_t o = first; o < past; ++o) {
      Floats<N> sum = bias;
#pragma GCC unroll 5
      for (int h = 0; h < rows; ++h)
#pragma GCC unroll 5
        for (int k = 0; k < K; ++k) sum = fma<N>(load<N>(x[h] + o * next + k * tap), w[h][k], sum);
      store<N>(r.y + o * r.y_step + c, finished<N>(r, sum));
    }
  };
  switch (heights) {  // fewer at the upper and lower edge
    case 1: return run(std::integral_constant<int, 1>());
    case 2: return run(std::integral_constant<int, 2>());
    case 3: return run(std::integral_constant<int, 3>());
    case 4: return run(std::integral_constant<int, std::min(K, 4)>());
    case 5: return run(std::integral_constant<int, K>());
    default: return run(std::integral_constant<int, 0>());
  }
}

template <int N>
inline void inside_any(const DepthwiseRow& r, int64_t c, int64_t first, int64_t past) {
  for (int64_t o = first; o < past; ++o) edge<N>(r, c, o);
}

template <int N>
void depthwise_row(const DepthwiseRow& r) {
  int64_t last_tap = (r.width_taps - 1) * r.dilation;
  int64_t first = std::min((r.pad + r.stride - 1) / r.stride, r.y_width);
  int64_t fits = r.x_width + r.pad - last_tap;  // windows that start before end inside
  int64_t past = std::clamp(fits > 0 ? (fits - 1) / r.stride + 1 : 0, first, r.y_width);
  if (r.channels < N)
    for (int64_t o = 0; o < r.y_width; ++o) narrow<N>(r, o);
  for (int64_t done = 0; done < r.channels && r.channels >= N; done += N) {
    int64_t c = std::min(done, r.channels - N);  // the last vector overlaps the one before: equal numbers twice
    for (int64_t o = 0; o < first; ++o) edge<N>(r, c, o);
    if (r.width_taps == 3 && r.height_taps == 3) inside<N, 3>(r, c, first, past);
    else if (r.width_taps == 5 && r.height_taps == 5) inside<N, 5>(r, c, first, past);
    else inside_any<N>(r, c, first, past);
    for (int64_t o = past; o < r.y_width; ++o) edge<N>(r, c, o);
  }
}

}  // namespace tenon
