// The body that each width instantiates.
#pragma once
#include <algorithm>

#include "kernels/cpu/panel_product.h"
#include "kernels/cpu/simd.h"

namespace tenon {

// R rows by V vectors of a panel, the first of them `at`: sums stay in registers.
template <int N, int P, int R, int V>
inline void multiply_tile(const PanelProduct& p, int64_t row, int64_t panel, int64_t at) {
  using F = Floats<N>;
  constexpr int64_t width = P * N, lane_bytes = sizeof(float), line = 64 / lane_bytes, ahead = 8;
  const float *start = p.start + panel * width + at * N, *b = p.panels + panel * p.taps * p.inner * width + at * N;
  const float* const* rows = p.rows + row;
  F sum[R][V];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) sum[r][v] = F{};
  for (int64_t tap = 0; tap < p.taps; ++tap, rows += p.tap_step) {
    const float* from[R];
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) from[r] = rows[r];
    for (int64_t k = 0; k < p.inner; ++k, b += width) {
      F w[V];
#pragma GCC unroll 4
      for (int v = 0; v < V; ++v) w[v] = load<N>(b + v * N);
#pragma GCC unroll 4
      for (int64_t i = 0; i < V * N; i += line) __builtin_prefetch(b + ahead * width + i);
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) {
        F a = splat<N>(from[r][k]);
#pragma GCC unroll 4
        for (int v = 0; v < V; ++v) sum[r][v] = fma<N>(a, w[v], sum[r][v]);
      }
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) {
      F y = sum[r][v] + load<N>(start + v * N);
      if (p.bounded) y = min<N>(max<N>(y, splat<N>(p.low)), splat<N>(p.high));
      store<N>(p.to[row + r] + panel * width + (at + v) * N, y);
    }
}

// Rows whose sums of V vectors fit the registers beside a row of the panel and a broadcast; so do their addresses.
constexpr int rows_in_registers(int lanes, int vectors) {
  return lanes == 16 ? (vectors == 4 ? 6 : 8) : vectors == 4 ? 3 : vectors == 2 ? 6 : 8;
}

template <int N, int P, int V, int R>
inline void multiply_rows(const PanelProduct& p, int64_t row, int64_t count, int64_t panel, int64_t at) {
  if (count == R) return multiply_tile<N, P, R, V>(p, row, panel, at);
  if constexpr (R > 1) multiply_rows<N, P, V, R - 1>(p, row, count, panel, at);
}

// All rows by V vectors, in groups of about equal size.
template <int N, int P, int V>
inline void multiply_vectors(const PanelProduct& p, int64_t panel, int64_t at) {
  constexpr int most = rows_in_registers(N, V);
  int64_t groups = (p.count + most - 1) / most;
  for (int64_t i = 0, row = 0; i < groups; ++i) {
    int64_t count = (p.count - row + groups - i - 1) / (groups - i);
    multiply_rows<N, P, V, most>(p, row, count, panel, at);
    row += count;
  }
}

template <int N, int P>
void multiply_panels(const PanelProduct& p) {
  for (int64_t panel = p.first_panel; panel < p.past_panel; ++panel) {
    int64_t vectors = std::min<int64_t>(P, p.past_vector - panel * P), at = 0;
    // Four at a time where registers hold enough rows of them, or there are no more rows.
    if constexpr (P == 4)
      if (vectors == 4 && (N == 16 || p.count <= rows_in_registers(N, 4)))
        multiply_vectors<N, P, 4>(p, panel, at), at = 4;
    if constexpr (N == 16)
      if (vectors == 3) multiply_vectors<N, P, 3>(p, panel, at), at = 3;
    for (; at + 2 <= vectors; at += 2) multiply_vectors<N, P, 2>(p, panel, at);
    if (at < vectors) multiply_vectors<N, P, 1>(p, panel, at);
  }
}

}  // namespace tenon
