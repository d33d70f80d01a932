// The body that each width instantiates: tiles of rows and vectors of columns whose sums stay in registers.
#pragma once
#include <algorithm>

#include "kernels/cpu/byte_product.h"
#include "kernels/cpu/byte_vectors.h"

namespace tenon {

// Lanes wrap.
template <int N>
inline Ints<N> add_lanes(Ints<N> a, Ints<N> b) {
  using Lanes = typename VectorOf<uint32_t, N>::type;
  return (Ints<N>)((Lanes)a + (Lanes)b);
}

// Products of pairs of words, added to the lanes of `sum`.
template <int N>
inline Ints<N> add_pairs(Ints<N> sum, Ints<N> a, Ints<N> b) {
#ifdef __AVX512BW__
  if constexpr (N == 16) return add_lanes<N>(sum, (Ints<N>)_mm512_madd_epi16((__m512i)a, (__m512i)b));
#endif
#ifdef __AVX2__
  if constexpr (N == 8) return add_lanes<N>(sum, (Ints<N>)_mm256_madd_epi16((__m256i)a, (__m256i)b));
#endif
#ifdef __SSE2__
  if constexpr (N == 4) return add_lanes<N>(sum, (Ints<N>)_mm_madd_epi16((__m128i)a, (__m128i)b));
#endif
  Ints<N> low = (a << 16 >> 16) * (b << 16 >> 16), high = (a >> 16) * (b >> 16);
  return add_lanes<N>(add_lanes<N>(sum, low), high);
}

// Step: how four bytes of a row meet the same four of each column. R rows by V vectors of a panel, the first `at`.
template <int N, class Step, int R, int V>
inline void multiply_byte_tile(const ByteProduct& p, int64_t row, int64_t panel, int64_t at) {
  constexpr int64_t width = byte_vectors * N, bytes = 4;  // of a group
  int64_t groups = p.inner * Step::element_bytes / bytes;
  const auto* b = static_cast<const std::byte*>(p.panels) + (panel * p.taps * groups * width + at * N) * bytes;
  Ints<N> sum[R][V];
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v)
      sum[r][v] = add_lanes<N>(load_ints<N>(p.start + panel * width + (at + v) * N),
                               (p.row_start ? p.row_start[row + r] : 0) - Ints<N>{});
  for (int64_t tap = 0; tap < p.taps; ++tap) {
    const std::byte* from[R];
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) from[r] = static_cast<const std::byte*>(p.rows[(row + r) * p.taps + tap]);
    for (int64_t k = 0; k < groups; ++k, b += width * bytes) {
      Ints<N> w[V];
#pragma GCC unroll 4
      for (int v = 0; v < V; ++v) w[v] = load_ints<N>(b + v * N * bytes);
#pragma GCC unroll 8
      for (int r = 0; r < R; ++r) {
        int32_t group;
        std::memcpy(&group, from[r] + k * bytes, sizeof group);
        Ints<N> a = Step::spread(group);
#pragma GCC unroll 4
        for (int v = 0; v < V; ++v) sum[r][v] = Step::add(sum[r][v], a, w[v]);
      }
    }
  }
  int32_t* to = p.to + row * p.to_step + (panel - p.first_panel) * width + at * N;
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) std::memcpy(to + r * p.to_step + v * N, &sum[r][v], sizeof sum[r][v]);
}

template <int N, class Step, int V>
inline void multiply_byte_rows(const ByteProduct& p, int64_t row, int64_t count, int64_t panel, int64_t at) {
  switch (count) {
    case 1: multiply_byte_tile<N, Step, 1, V>(p, row, panel, at); break;
    case 2: multiply_byte_tile<N, Step, 2, V>(p, row, panel, at); break;
    case 3: multiply_byte_tile<N, Step, 3, V>(p, row, panel, at); break;
    case 4: multiply_byte_tile<N, Step, 4, V>(p, row, panel, at); break;
    case 5: multiply_byte_tile<N, Step, 5, V>(p, row, panel, at); break;
    default: multiply_byte_tile<N, Step, 6, V>(p, row, panel, at);
  }
}

template <int N, class Step>
inline void multiply_byte_panels(const ByteProduct& p) {
  constexpr int64_t most = 6;
  int64_t blocks = (p.count + most - 1) / most, each = blocks ? (p.count + blocks - 1) / blocks : 0;
  for (int64_t panel = p.first_panel; panel < p.past_panel; ++panel) {
    int64_t vectors = std::min(byte_vectors, (p.columns - panel * byte_vectors * N + N - 1) / N);
    for (int64_t row = 0; row < p.count; row += each) {
      int64_t count = std::min(each, p.count - row), at = 0;
      // Sixteen registers hold six rows of half a panel, or three of a whole one.
      if (N == 16 || count <= 3)
        for (; at + 4 <= vectors; at += 4) multiply_byte_rows<N, Step, 4>(p, row, count, panel, at);
      for (; at + 2 <= vectors; at += 2) multiply_byte_rows<N, Step, 2>(p, row, count, panel, at);
      if (at < vectors) multiply_byte_rows<N, Step, 1>(p, row, count, panel, at);
    }
  }
}

template <int N>
struct WordStep {
  static constexpr int64_t element_bytes = 2;
  static Ints<N> spread(int32_t pair) { return pair - Ints<N>{}; }
  static Ints<N> add(Ints<N> sum, Ints<N> a, Ints<N> w) { return add_pairs<N>(sum, a, w); }
};

template <int N>
void multiply_words(const ByteProduct& p) {
  multiply_byte_panels<N, WordStep<N>>(p);
}

template <int N, class Byte>
inline void widen_bytes_of(const std::byte* from, int64_t count, int16_t* to) {
  typename VectorOf<Byte, 2 * N>::type bytes;
  int64_t i = 0;
  for (; i + 2 * N <= count; i += 2 * N) {
    std::memcpy(&bytes, from + i, sizeof bytes);
    auto words = __builtin_convertvector(bytes, typename VectorOf<int16_t, 2 * N>::type);
    std::memcpy(to + i, &words, sizeof words);
  }
  for (; i < count; ++i) to[i] = int16_t(Byte(from[i]));
}

template <int N>
void widen_bytes(const std::byte* from, int64_t count, bool is_signed, int16_t* to) {
  if (is_signed) widen_bytes_of<N, int8_t>(from, count, to);
  else widen_bytes_of<N, uint8_t>(from, count, to);
}

}  // namespace tenon
