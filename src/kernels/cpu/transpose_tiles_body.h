// The body that each width instantiates: tiles of N x N elements in registers, halves swapped log2 N times.
#pragma once
#include <algorithm>
#include <utility>

#include "kernels/cpu/simd.h"
#include "kernels/cpu/transpose_tiles.h"

namespace tenon {

namespace {

template <class T, int N>
using Row = typename VectorOf<T, N>::type;

// Rows a and b stand S apart: the odd blocks of S lanes in a change places with the even ones in b.
template <int S, class V, int... I>
inline void swap_blocks(V& a, V& b, std::integer_sequence<int, I...>) {
  constexpr int n = sizeof...(I);
  V low = __builtin_shufflevector(a, b, (I & S ? n + (I ^ S) : I)...);
  b = __builtin_shufflevector(a, b, (I & S ? n + I : I ^ S)...);
  a = low;
}

template <class T, int N, int S>
inline void swap_halves(Row<T, N>* rows) {
#pragma GCC unroll 16
  for (int i = 0; i < N; ++i)
    if (!(i & S)) swap_blocks<S>(rows[i], rows[i + S], std::make_integer_sequence<int, N>());
  if constexpr (S > 1) swap_halves<T, N, S / 2>(rows);
}

// Of the rows, `given` lie in x and the others are zeros.
template <class T, int N>
inline void transpose_tile(const char* x, int64_t x_step, char* y, int64_t y_step, int64_t given) {
  Row<T, N> rows[N];
  if (given >= N) {
#pragma GCC unroll 16
    for (int i = 0; i < N; ++i) std::memcpy(&rows[i], x + i * x_step, sizeof rows[i]);
  } else {
#pragma GCC unroll 16
    for (int i = 0; i < N; ++i)
      if (i < given) std::memcpy(&rows[i], x + i * x_step, sizeof rows[i]);
      else rows[i] = Row<T, N>{};
  }
  swap_halves<T, N, N / 2>(rows);
#pragma GCC unroll 16
  for (int i = 0; i < N; ++i) std::memcpy(y + i * y_step, &rows[i], sizeof rows[i]);
}

template <class T>
inline void transpose_scalars(const Tiles& t) {
  auto* x = static_cast<const char*>(t.x);
  auto* y = static_cast<char*>(t.y);
  constexpr int64_t size = sizeof(T);
  for (int64_t c = 0; c < t.columns; ++c) {
    for (int64_t r = 0; r < t.rows; ++r) std::memcpy(y + c * t.y_step + r * size, x + r * t.x_step + c * size, size);
    if (t.zero_rows > 0) std::memset(y + c * t.y_step + t.rows * size, 0, size_t(t.zero_rows * size));
  }
}

// The same with `rows` rows of y, from row `r` and column `c` on.
inline Tiles part(const Tiles& t, int64_t size, int64_t r, int64_t rows, int64_t c, int64_t columns) {
  int64_t given = std::clamp<int64_t>(t.rows - r, 0, rows);
  return {static_cast<const char*>(t.x) + (given > 0 ? r * t.x_step + c * size : 0),
          static_cast<char*>(t.y) + r * size + c * t.y_step,
          given,
          columns,
          t.x_step,
          t.y_step,
          rows - given};
}

// Bands of N rows; what remains goes to narrower tiles, at last to single elements.
template <class T, int N>
inline void transpose_bands(const Tiles& t) {
  constexpr int64_t size = sizeof(T);
  if constexpr (N < 4) {
    transpose_scalars<T>(t);
  } else {
    int64_t rows = t.rows + t.zero_rows, whole = t.columns / N * N, r = 0;
    for (; r + N <= rows; r += N) {
      Tiles band = part(t, size, r, N, 0, whole);
      auto* x = static_cast<const char*>(band.x);
      auto* y = static_cast<char*>(band.y);
      for (int64_t c = 0; c < whole; c += N)
        transpose_tile<T, N>(x + c * size, t.x_step, y + c * t.y_step, t.y_step, band.rows);
      if (whole < t.columns) transpose_bands<T, N / 2>(part(t, size, r, N, whole, t.columns - whole));
    }
    if (r < rows) transpose_bands<T, N / 2>(part(t, size, r, rows - r, 0, t.columns));
  }
}

}  // namespace

template <class T, int N>
void transpose_tiles(const Tiles& t) {
  transpose_bands<T, N>(t);
}

}  // namespace tenon
