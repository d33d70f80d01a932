// The body that each width instantiates.
#pragma once
#include <algorithm>

#include "kernels/cpu/panel_product.h"
#include "kernels/cpu/simd.h"

namespace tenon {

// R rows by V vectors of a panel, the first of them `at`: sums stay in registers.
template <int N, int R, int V>
inline void multiply_tile(const PanelProduct& p, int64_t row, int64_t panel, int64_t at) {
  using F = Floats<N>;
  constexpr int64_t width = panel_vectors * N;
  const float *start = p.start + panel * width + at * N, *b = p.panels + panel * p.inner * width + at * N;
  const float* from[R];
  F sum[R][V];
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
    from[r] = p.rows[row + r];
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) sum[r][v] = load<N>(start + v * N);
  }
  for (int64_t k = 0; k < p.inner; ++k, b += width) {
    F w[V];
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) w[v] = load<N>(b + v * N);
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      F a = splat<N>(from[r][k]);
#pragma GCC unroll 4
      for (int v = 0; v < V; ++v) sum[r][v] = fma<N>(a, w[v], sum[r][v]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) store<N>(p.to[row + r] + panel * width + (at + v) * N, sum[r][v]);
}

template <int N, int V>
inline void multiply_rows(const PanelProduct& p, int64_t row, int64_t count, int64_t panel) {
  for (int64_t at = 0; at < panel_vectors; at += V) switch (count) {
      case 1: multiply_tile<N, 1, V>(p, row, panel, at); break;
      case 2: multiply_tile<N, 2, V>(p, row, panel, at); break;
      case 3: multiply_tile<N, 3, V>(p, row, panel, at); break;
      case 4: multiply_tile<N, 4, V>(p, row, panel, at); break;
      case 5: multiply_tile<N, 5, V>(p, row, panel, at); break;
      default: multiply_tile<N, 6, V>(p, row, panel, at);
    }
}

template <int N>
void multiply_panels(const PanelProduct& p) {
  constexpr int64_t most = 6;
  int64_t groups = (p.count + most - 1) / most, each = groups ? (p.count + groups - 1) / groups : 0;
  for (int64_t panel = p.first_panel; panel < p.past_panel; ++panel)
    for (int64_t row = 0; row < p.count; row += each) {
      int64_t count = std::min(each, p.count - row);
      // Sixteen registers hold six rows of half a panel, or three of a whole one.
      if (N < 16 && count > 3) multiply_rows<N, 2>(p, row, count, panel);
      else multiply_rows<N, 4>(p, row, count, panel);
    }
}

}  // namespace tenon
