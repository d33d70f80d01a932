// The body that each width instantiates: tiles of N x N elements in registers, halves swapped log2 N times.
#pragma once
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

template <class T, int N>
inline void transpose_tile(const char* x, int64_t x_step, char* y, int64_t y_step) {
  Row<T, N> rows[N];
#pragma GCC unroll 16
  for (int i = 0; i < N; ++i) std::memcpy(&rows[i], x + i * x_step, sizeof rows[i]);
  swap_halves<T, N, N / 2>(rows);
#pragma GCC unroll 16
  for (int i = 0; i < N; ++i) std::memcpy(y + i * y_step, &rows[i], sizeof rows[i]);
}

template <class T>
inline void transpose_scalars(const char* x, int64_t x_step, char* y, int64_t y_step, int64_t rows, int64_t columns) {
  for (int64_t c = 0; c < columns; ++c)
    for (int64_t r = 0; r < rows; ++r)
      std::memcpy(y + c * y_step + r * int64_t(sizeof(T)), x + r * x_step + c * int64_t(sizeof(T)), sizeof(T));
}

// Bands of N rows; what remains goes to narrower tiles, at last to single elements.
template <class T, int N>
inline void transpose_bands(const char* x, int64_t x_step, char* y, int64_t y_step, int64_t rows, int64_t columns) {
  constexpr int64_t size = sizeof(T);
  if constexpr (N < 4) {
    transpose_scalars<T>(x, x_step, y, y_step, rows, columns);
  } else {
    int64_t r = 0, whole = columns / N * N;
    for (; r + N <= rows; r += N) {
      const char* from = x + r * x_step;
      char* to = y + r * size;
      for (int64_t c = 0; c < whole; c += N) transpose_tile<T, N>(from + c * size, x_step, to + c * y_step, y_step);
      if (whole < columns)
        transpose_bands<T, N / 2>(from + whole * size, x_step, to + whole * y_step, y_step, N, columns - whole);
    }
    if (r < rows) transpose_bands<T, N / 2>(x + r * x_step, x_step, y + r * size, y_step, rows - r, columns);
  }
}

}  // namespace

template <class T, int N>
void transpose_tiles(const Tiles& t) {
  transpose_bands<T, N>(static_cast<const char*>(t.x), t.x_step, static_cast<char*>(t.y), t.y_step, t.rows, t.columns);
}

}  // namespace tenon
