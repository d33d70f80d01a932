// The bodies that each width instantiates.
#pragma once
#include <algorithm>
#include <cmath>

#include "kernels/cpu/reduce_rows.h"
#include "kernels/cpu/simd.h"

namespace tenon {

// What a reduction of nothing gives, how one element enters it, and how two results become one.
template <int N, Reduction kind>
struct Reducer {
  using F = Floats<N>;
  static constexpr bool is_sum = kind != Reduction::max && kind != Reduction::min;
  static constexpr float nothing = is_sum ? 0 : kind == Reduction::max ? -INFINITY : INFINITY;
  static F entered(F all, F x) {
    if constexpr (kind == Reduction::sum_of_magnitudes) return all + (F)((Ints<N>)x & 0x7fffffff);
    else if constexpr (kind == Reduction::sum_of_squares) return fma<N>(x, x, all);
    else return joined(all, x);
  }
  static F joined(F a, F b) {
    if constexpr (kind == Reduction::max) return max<N>(a, b);
    else if constexpr (kind == Reduction::min) return min<N>(a, b);
    else return a + b;
  }
  static float of_lanes(F v) {
    if constexpr (kind == Reduction::max) return max_of_lanes<N>(v);
    else if constexpr (kind == Reduction::min) return min_of_lanes<N>(v);
    else return sum_of_lanes<N>(v);
  }
};

constexpr int64_t longest_sum = 64;  // vectors added one to another before a sum joins the others

template <int N, Reduction kind>
inline float reduce_row_of(const float* x, int64_t length) {
  using R = Reducer<N, kind>;
  using F = Floats<N>;
  constexpr int lanes = 4;
  F total = splat<N>(R::nothing);
  int64_t i = 0;
  while (length - i >= lanes * N) {
    int64_t steps = std::min(longest_sum, (length - i) / (lanes * N));
    F all[lanes];
    for (F& v : all) v = splat<N>(R::nothing);
    for (int64_t s = 0; s < steps; ++s, i += lanes * N)
#pragma GCC unroll 4
      for (int v = 0; v < lanes; ++v) all[v] = R::entered(all[v], load<N>(x + i + v * N));
    total = R::joined(total, R::joined(R::joined(all[0], all[1]), R::joined(all[2], all[3])));
  }
  for (; length - i >= N; i += N) total = R::entered(total, load<N>(x + i));
  if (i < length) {
    F last = load_part<N>(x + i, length - i);
    if (!R::is_sum)
      for (int64_t k = length - i; k < N; ++k) last[k] = R::nothing;
    total = R::entered(total, last);
  }
  return R::of_lanes(total);
}

// V vectors of columns, or the first `count` lanes of one.
template <int N, int V, Reduction kind>
inline void reduce_vectors(const float* x, int64_t step, int64_t rows, float* y, int64_t count = N) {
  using R = Reducer<N, kind>;
  using F = Floats<N>;
  F total[V];
  for (F& v : total) v = splat<N>(R::nothing);
  for (int64_t r = 0; r < rows;) {
    int64_t past = std::min(rows, r + longest_sum);
    F all[V];
    for (F& v : all) v = splat<N>(R::nothing);
    for (; r < past; ++r)
#pragma GCC unroll 8
      for (int v = 0; v < V; ++v) {
        const float* from = x + r * step + v * N;
        all[v] = R::entered(all[v], V == 1 && count < N ? load_part<N>(from, count) : load<N>(from));
      }
    for (int v = 0; v < V; ++v) total[v] = R::joined(total[v], all[v]);
  }
  if (V == 1 && count < N) return store_part<N>(y, count, total[0]);
  for (int v = 0; v < V; ++v) store<N>(y + v * N, total[v]);
}

template <int N, Reduction kind>
inline void reduce_columns_of(const float* x, int64_t step, int64_t rows, int64_t columns, float* y) {
  int64_t c = 0;
  for (; c + 8 * N <= columns; c += 8 * N) reduce_vectors<N, 8, kind>(x + c, step, rows, y + c);
  for (; c + 2 * N <= columns; c += 2 * N) reduce_vectors<N, 2, kind>(x + c, step, rows, y + c);
  for (; c < columns; c += N) reduce_vectors<N, 1, kind>(x + c, step, rows, y + c, std::min<int64_t>(N, columns - c));
}

template <int N>
float reduce_row(Reduction kind, const float* x, int64_t length) {
  switch (kind) {
    case Reduction::sum: return reduce_row_of<N, Reduction::sum>(x, length);
    case Reduction::sum_of_magnitudes: return reduce_row_of<N, Reduction::sum_of_magnitudes>(x, length);
    case Reduction::sum_of_squares: return reduce_row_of<N, Reduction::sum_of_squares>(x, length);
    case Reduction::max: return reduce_row_of<N, Reduction::max>(x, length);
    default: return reduce_row_of<N, Reduction::min>(x, length);
  }
}

template <int N>
void reduce_columns(Reduction kind, const float* x, int64_t step, int64_t rows, int64_t columns, float* y) {
  switch (kind) {
    case Reduction::sum: return reduce_columns_of<N, Reduction::sum>(x, step, rows, columns, y);
    case Reduction::sum_of_magnitudes:
      return reduce_columns_of<N, Reduction::sum_of_magnitudes>(x, step, rows, columns, y);
    case Reduction::sum_of_squares: return reduce_columns_of<N, Reduction::sum_of_squares>(x, step, rows, columns, y);
    case Reduction::max: return reduce_columns_of<N, Reduction::max>(x, step, rows, columns, y);
    default: return reduce_columns_of<N, Reduction::min>(x, step, rows, columns, y);
  }
}

}  // namespace tenon
