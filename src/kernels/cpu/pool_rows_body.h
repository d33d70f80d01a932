// The bodies that each width instantiates. Means add taps of a line first, then lines: long sums stay short.
#pragma once
#include <algorithm>
#include <cmath>
#include <utility>

#include "kernels/cpu/pool_rows.h"
#include "kernels/cpu/simd.h"

namespace tenon {

template <int N, bool average>
inline Floats<N> nothing_pooled() {
  return splat<N>(average ? 0 : -INFINITY);
}
template <int N, bool average>
inline Floats<N> pooled(Floats<N> a, Floats<N> b) {
  if constexpr (average) return a + b;
  else return max<N>(a, b);
}

// Where the lines of a window's taps begin.
template <class Visit>
inline void each_line(const PoolRow& row, Visit visit) {
  for (int64_t i = 0; i < row.outer[0].count; ++i)
    for (int64_t j = 0; j < row.outer[1].count; ++j)
      visit(row.x + (row.outer[0].first + i * row.outer_dilations[0]) * row.plane_steps[0] +
            (row.outer[1].first + j * row.outer_dilations[1]) * row.plane_steps[1]);
}

// V vectors, `apart` in x and in y: channels of one output, or outputs whose windows have as many taps.
template <int N, int V, bool average>
inline void pool_vectors(const PoolRow& row, const Taps& taps, int64_t c, float* y, int64_t x_apart, int64_t y_apart) {
  using F = Floats<N>;
  F all[V];
#pragma GCC unroll 4
  for (int v = 0; v < V; ++v) all[v] = nothing_pooled<N, average>();
  int64_t step = row.dilation * row.channels;
  each_line(row, [&](const float* line) {
    const float* x = line + taps.first * row.channels + c;
    F sums[V];
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) sums[v] = average ? F{} : all[v];
    for (int64_t k = 0; k < taps.count; ++k, x += step)
#pragma GCC unroll 4
      for (int v = 0; v < V; ++v) sums[v] = pooled<N, average>(sums[v], load<N>(x + v * x_apart));
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) all[v] = average ? all[v] + sums[v] : sums[v];
  });
  F divisor = splat<N>(average ? row.outer[0].divisor * row.outer[1].divisor * taps.divisor : 1);
#pragma GCC unroll 4
  for (int v = 0; v < V; ++v) store<N>(y + c + v * y_apart, average ? all[v] / divisor : all[v]);
}

template <bool average>
inline void pool_one_channel(const PoolRow& row, const Taps& taps, int64_t c, float* y) {
  float all = average ? 0 : -INFINITY;
  each_line(row, [&](const float* line) {
    const float* x = line + taps.first * row.channels + c;
    float sum = average ? 0 : all;
    for (int64_t k = 0; k < taps.count; ++k) {
      float v = x[k * row.dilation * row.channels];
      sum = average ? sum + v : sum != sum || sum > v ? sum : v;
    }
    all = average ? all + sum : sum;
  });
  y[c] = average ? all / (row.outer[0].divisor * row.outer[1].divisor * taps.divisor) : all;
}

template <int N, bool average>
inline void pool_output(const PoolRow& row, const Taps& taps, float* y) {
  if (row.outer[0].count * row.outer[1].count * taps.count == 0) {
    std::fill_n(y, row.real, average ? 0.f : -INFINITY);
    std::fill_n(y + row.real, row.channels - row.real, 0.f);
    return;
  }
  int64_t c = 0;
  for (; c + 4 * N <= row.channels; c += 4 * N) pool_vectors<N, 4, average>(row, taps, c, y, N, N);
  for (; c + N <= row.channels; c += N) pool_vectors<N, 1, average>(row, taps, c, y, N, N);
  if (c < row.channels && c > 0)
    return pool_vectors<N, 1, average>(row, taps, row.channels - N, y, N, N);  // some again
  for (; c < row.channels; ++c) pool_one_channel<average>(row, taps, c, y);
}

template <int N, bool average>
inline void pool_channels_of(const PoolRow& row) {
  int64_t o = 0;
  while (o < row.outputs) {
    float* y = row.y + o * row.channels;
    const Taps* taps = row.last + o;
    bool alike = row.channels == 16 && o + 4 <= row.outputs && taps[0].count == row.extent &&
                 taps[3].count == row.extent && taps[0].divisor == taps[3].divisor &&
                 row.outer[0].count * row.outer[1].count > 0;
    for (int64_t c = 0; alike && c < 16; c += N) pool_vectors<N, 4, average>(row, taps[0], c, y, row.stride * 16, 16);
    if (!alike) pool_output<N, average>(row, taps[0], y);
    o += alike ? 4 : 1;
  }
}

template <int N>
void pool_channels(const PoolRow& row) {
  row.average ? pool_channels_of<N, true>(row) : pool_channels_of<N, false>(row);
}

// The lines of the windows combined: `count` positions from `first` on.
template <int N, bool average>
inline void pool_lines(const PoolRow& row, int64_t first, int64_t count, float* to) {
  int64_t i = 0;
  for (; i + N <= count; i += N) {
    Floats<N> all = nothing_pooled<N, average>();
    each_line(row, [&](const float* line) { all = pooled<N, average>(all, load<N>(line + first + i)); });
    store<N>(to + i, all);
  }
  if (i == count) return;
  Floats<N> all = nothing_pooled<N, average>();
  each_line(row, [&](const float* line) { all = pooled<N, average>(all, load_part<N>(line + first + i, count - i)); });
  store_part<N>(to + i, count - i, all);
}

template <int N, int... I>
inline Floats<N> even_lanes(Floats<N> a, Floats<N> b, std::integer_sequence<int, I...>) {
  return __builtin_shufflevector(a, b, 2 * I...);
}

template <int N, int stride>
inline Floats<N> load_strided(const float* p) {
  if constexpr (stride == 1) return load<N>(p);
  else return even_lanes<N>(load<N>(p), load<N>(p + N), std::make_integer_sequence<int, N>());
}

// Outputs from combined lines; line[0] is where the first one's window begins. Behind the last window the line goes on
// for N * stride numbers of whatever value.
template <int N, int stride, bool average>
inline void pool_along(const PoolRow& row, const float* line, const float* divisors, int64_t outputs, float* y) {
  float outer = row.outer[0].divisor * row.outer[1].divisor;
  for (int64_t o = 0; o < outputs; o += N) {
    Floats<N> all = nothing_pooled<N, average>();
    for (int64_t k = 0; k < row.extent; ++k)
      all = pooled<N, average>(all, load_strided<N, stride>(line + o * stride + k * row.dilation));
    if (o + N <= outputs) store<N>(y + o, average ? all / (load<N>(divisors + o) * outer) : all);
    else {
      if (average) all = all / (load_part<N>(divisors + o, outputs - o) * outer);
      store_part<N>(y + o, outputs - o, all);
    }
  }
}

template <bool average>
inline void pool_sparsely(const PoolRow& row, const float* line, const float* divisors, int64_t outputs, float* y) {
  float outer = row.outer[0].divisor * row.outer[1].divisor;
  for (int64_t o = 0; o < outputs; ++o) {
    float all = average ? 0 : -INFINITY;
    for (int64_t k = 0; k < row.extent; ++k) {
      float v = line[o * row.stride + k * row.dilation];
      all = average ? all + v : all != all || all > v ? all : v;
    }
    y[o] = average ? all / (outer * divisors[o]) : all;
  }
}

// As many outputs at a time as a short buffer has room for; padding stands in it as what changes nothing.
template <int N, bool average>
inline void pool_positions_of(const PoolRow& row) {
  constexpr int64_t room = 2 * longest_pool_window, behind = 2 * N;
  float buffer[room + behind];
  float nothing = average ? 0 : -INFINITY;
  int64_t covered = (row.extent - 1) * row.dilation + 1, at_once = (room - covered) / row.stride + 1;
  for (int64_t done = 0; done < row.outputs; done += at_once) {
    int64_t outputs = std::min(at_once, row.outputs - done), start = done * row.stride - row.pad_begin;
    int64_t span = (outputs - 1) * row.stride + covered;
    int64_t low = std::clamp<int64_t>(-start, 0, span), high = std::clamp<int64_t>(row.input - start, low, span);
    std::fill_n(buffer, low, nothing);
    pool_lines<N, average>(row, start + low, high - low, buffer + low);
    std::fill(buffer + high, buffer + span + behind, nothing);
    const float* divisors = row.divisors + done;
    float* y = row.y + done;
    if (row.stride == 1) pool_along<N, 1, average>(row, buffer, divisors, outputs, y);
    else if (row.stride == 2) pool_along<N, 2, average>(row, buffer, divisors, outputs, y);
    else pool_sparsely<average>(row, buffer, divisors, outputs, y);
  }
}

template <int N>
void pool_positions(const PoolRow& row) {
  row.average ? pool_positions_of<N, true>(row) : pool_positions_of<N, false>(row);
}

}  // namespace tenon
