// The body that each width instantiates. Scores lie transposed, [key][row]: a vector holds one key's scores of
// neighbouring queries, so that softmax needs no sums across lanes and neither product needs its right side packed.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/cpu/attention.h"
#include "kernels/cpu/simd.h"
#include "kernels/cpu/transpose_tiles.h"

namespace tenon {

// y[r][c] = sum over i of a[r][i] * b[i][c], or that much more. Elements of a: a_row and a_step apart.
struct Product {
  const float* a;
  int64_t a_row, a_step;
  const float* b;
  int64_t b_row, inner;
  float* y;
  int64_t y_row;
  bool more;
};

template <int N, int R, int V>
inline void multiply_block(const Product& p, int64_t row, int64_t column) {
  using F = Floats<N>;
  const float *a = p.a + row * p.a_row, *b = p.b + column;
  float* y = p.y + row * p.y_row + column;
  F sum[R][V];
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
    for (int v = 0; v < V; ++v) sum[r][v] = p.more ? load<N>(y + r * p.y_row + v * N) : F{};
  for (int64_t i = 0; i < p.inner; ++i, a += p.a_step, b += p.b_row) {
    F w[V];
#pragma GCC unroll 8
    for (int v = 0; v < V; ++v) w[v] = load<N>(b + v * N);
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      F x = splat<N>(a[r * p.a_row]);
#pragma GCC unroll 8
      for (int v = 0; v < V; ++v) sum[r][v] = fma<N>(x, w[v], sum[r][v]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
    for (int v = 0; v < V; ++v) store<N>(y + r * p.y_row + v * N, sum[r][v]);
}

// All rows of V vectors of columns; six rows at a time, or as near to that as divides them evenly.
template <int N, int V>
inline void multiply_columns(const Product& p, int64_t rows, int64_t column) {
  constexpr int64_t most = 6;
  int64_t groups = (rows + most - 1) / most;
  for (int64_t g = 0; g < groups; ++g) {
    int64_t row = g * rows / groups;
    switch ((g + 1) * rows / groups - row) {
      case 1: multiply_block<N, 1, V>(p, row, column); break;
      case 2: multiply_block<N, 2, V>(p, row, column); break;
      case 3: multiply_block<N, 3, V>(p, row, column); break;
      case 4: multiply_block<N, 4, V>(p, row, column); break;
      case 5: multiply_block<N, 5, V>(p, row, column); break;
      default: multiply_block<N, 6, V>(p, row, column);
    }
  }
}

// Columns: a multiple of N.
template <int N>
inline void multiply(const Product& p, int64_t rows, int64_t columns) {
  constexpr int V = N == 16 ? 4 : 2;  // what the registers hold beside six rows
  int64_t c = 0;
  for (; rows == 1 && c + 8 * N <= columns; c += 8 * N) multiply_block<N, 1, 8>(p, 0, c);
  for (; c + V * N <= columns; c += V * N) multiply_columns<N, V>(p, rows, c);
  for (; c + 2 * N <= columns; c += 2 * N) multiply_columns<N, 2>(p, rows, c);
  for (; c < columns; c += N) multiply_columns<N, 1>(p, rows, c);
}

// From [row][key] to [key][row]; rows that are not there become 0.
template <int N>
inline void turn(const float* from, int64_t row_step, int64_t key_step, int64_t rows, int64_t keys, float* to) {
  constexpr int64_t width = attention_rows, bytes = sizeof(float);
  int64_t padded = (rows + N - 1) / N * N;
  if (key_step == 1)
    return transpose_tiles<uint32_t, N>({from, to, rows, keys, row_step * bytes, width * bytes, padded - rows});
  for (int64_t j = 0; j < keys; ++j)
    for (int64_t r = 0; r < padded; ++r) to[j * width + r] = r < rows ? from[r * row_step + j * key_step] : 0;
}

template <int N>
inline void apply(const ScoreStep& step, int64_t first_key, int64_t rows, int64_t keys, float* scores, float* spare) {
  constexpr int64_t width = attention_rows;
  using F = Floats<N>;
  const auto* floats = static_cast<const float*>(step.data) + first_key * step.key_step;
  if (step.kind == ScoreStep::add && step.row_step != 0)
    turn<N>(floats, step.row_step, step.key_step, rows, keys, spare);
  for (int64_t j = 0; j < keys; ++j) {
    float* s = scores + j * width;
    if (step.kind == ScoreStep::select) {
      const auto* keep = static_cast<const bool*>(step.data) + (first_key + j) * step.key_step;
      for (int64_t r = 0; r < rows; ++r)
        if (keep[r * step.row_step] != step.keep) s[r] = step.number;
      continue;
    }
    F factor = splat<N>(step.number), same = splat<N>(step.data && !step.row_step ? floats[j * step.key_step] : 0);
    for (int64_t r = 0; r < rows; r += N) {
      F more = step.row_step ? load<N>(spare + j * width + r) : same;
      store<N>(s + r, step.data ? fma<N>(load<N>(s + r), factor, more) : load<N>(s + r) * factor);
    }
  }
}

// e^x for x up to 0 within 2 ulp of 1, and 0 below -87: what weighs so little beside a 1 shows nowhere.
template <int N>
inline Floats<N> exp_of_negative(Floats<N> x) {
  using F = Floats<N>;
  using I = Ints<N>;
  constexpr float magic = 0x1.8p23f, least = -87;
  constexpr float c[] = {1, 1, 0x1.fffffcp-2f, 0x1.555492p-3f, 0x1.5558f2p-5f, 0x1.1239d4p-7f, 0x1.6a244ep-10f};
  I tiny = x < least;
  F bounded = tiny ? splat<N>(least) : x, t = fma<N>(bounded, splat<N>(0x1.715476p+0f), splat<N>(magic));
  F r = fma<N>(t - magic, splat<N>(-0x1.62e43p-1f), bounded), p = splat<N>(c[6]);
#pragma GCC unroll 6
  for (int i = 5; i >= 0; --i) p = fma<N>(p, r, splat<N>(c[i]));
  return tiny ? F{} : (F)((I)p + ((I)t << 23));
}

// Scores of V vectors of queries become their exponentials, relative to the largest so far; `factor`: what brings
// earlier sums to the same measure. Of -inf alone the sum stays 0, and 0 / 0 is what softmax makes of that.
template <int N, int V>
inline void exponentials(float* scores, int64_t keys, float scale, float* largest, float* sum, float* factor) {
  constexpr int64_t width = attention_rows;
  using F = Floats<N>;
  F top[V], shift[V], total[V];
  for (int v = 0; v < V; ++v) top[v] = splat<N>(-INFINITY);
  for (int64_t j = 0; j < keys; ++j)
    for (int v = 0; v < V; ++v) top[v] = max<N>(top[v], load<N>(scores + j * width + v * N));
  for (int v = 0; v < V; ++v) {
    top[v] = max<N>(load<N>(largest + v * N), top[v] * scale);
    shift[v] = top[v] == -INFINITY ? F{} : top[v];
    F f = exp<N>(load<N>(largest + v * N) - shift[v]);
    store<N>(factor + v * N, f);
    store<N>(largest + v * N, top[v]);
    total[v] = load<N>(sum + v * N) * f;
  }
  for (int64_t j = 0; j < keys; ++j)
    for (int v = 0; v < V; ++v) {
      F e = exp_of_negative<N>(load<N>(scores + j * width + v * N) * scale - shift[v]);
      total[v] += e;
      store<N>(scores + j * width + v * N, e);
    }
  for (int v = 0; v < V; ++v) store<N>(sum + v * N, total[v]);
}

template <int N>
void attend(const AttentionBlock& a) {
  constexpr int64_t width = attention_rows;
  int64_t padded_rows = (a.rows + N - 1) / N * N, columns = (a.columns + N - 1) / N * N;
  float *q = a.scratch, *scores = q + a.inner * width, *spare = scores + attention_keys * width;
  float *sums = spare + attention_keys * width, *values = sums + width * columns;
  alignas(64) float largest[width], sum[width] = {}, factor[width];
  std::fill_n(largest, width, -INFINITY);
  turn<N>(a.q, a.q_row, a.q_step, a.rows, a.inner, q);
  if (a.q_factor != 1)
    for (int64_t i = 0; i < a.inner; ++i)
      for (int64_t r = 0; r < padded_rows; r += N) store<N>(q + i * width + r, load<N>(q + i * width + r) * a.q_factor);
  for (int64_t first = 0; first < a.keys; first += attention_keys) {
    int64_t keys = std::min(attention_keys, a.keys - first);
    multiply<N>({a.k + first * a.k_row, a.k_row, a.k_step, q, width, a.inner, scores, width, false}, keys, padded_rows);
    for (const ScoreStep& step : a.steps) apply<N>(step, first, a.rows, keys, scores, spare);
    int64_t r = 0;
    for (; r + 2 * N <= padded_rows; r += 2 * N)
      exponentials<N, 2>(scores + r, keys, a.scale, largest + r, sum + r, factor + r);
    for (; r < padded_rows; r += N) exponentials<N, 1>(scores + r, keys, a.scale, largest + r, sum + r, factor + r);
    const float* v = a.v + first * a.v_row;
    if (a.v_row != columns)  // far apart they would fall on the same lines of the cache
      for (int64_t j = 0; j < keys; ++j) {
        std::memcpy(values + j * columns, v + j * a.v_row, size_t(a.columns) * sizeof(float));
        std::fill(values + j * columns + a.columns, values + (j + 1) * columns, 0.f);
      }
    for (r = 0; first > 0 && r < a.rows; ++r)
      for (int64_t c = 0; factor[r] != 1 && c < columns; c += N)
        store<N>(sums + r * columns + c, load<N>(sums + r * columns + c) * factor[r]);
    multiply<N>({scores, 1, width, a.v_row != columns ? values : v, columns, keys, sums, columns, first > 0}, a.rows,
                columns);
  }
  for (int64_t r = 0; r < a.rows; ++r)
    for (int64_t c = 0; c < a.columns; c += N) {
      Floats<N> y = a.keys ? load<N>(sums + r * columns + c) / sum[r] : Floats<N>{};
      store_part<N>(a.y + r * a.y_row + c, std::min<int64_t>(N, a.columns - c), y);
    }
}

}  // namespace tenon
