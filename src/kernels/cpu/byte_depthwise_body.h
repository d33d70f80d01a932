// The body that each width instantiates. Bytes become lanes of 32 bits, each met by one weight; neighbouring outputs
// share the columns they load.
#pragma once
#include <algorithm>

#include "kernels/cpu/byte_depthwise.h"
#include "kernels/cpu/byte_product_body.h"

namespace tenon {

// One output of N channels whose window may hang over the edges.
template <int N, bool is_signed, class Step>
inline void byte_edge(const ByteDepthwise& r, int64_t c, int64_t o) {
  Ints<N> sum = load_ints<N>(r.start + c), zero = r.zero - Ints<N>{};
  for (int64_t h = 0; h < r.height_taps; ++h)
    for (int64_t k = 0; k < r.width_taps; ++k) {
      int64_t at = o * r.stride - r.pad + k * r.dilation;
      bool outside = !r.rows[h] || at < 0 || at >= r.x_width;
      Ints<N> x = outside ? zero : widened<N, is_signed>(r.rows[h] + at * r.channels + c);
      sum = Step::add(sum, x, load_ints<N>(r.weights + (h * r.width_taps + k) * r.channels + c));
    }
  std::memcpy(r.to + o * r.channels + c, &sum, sizeof sum);
}

// The same where the window is K x K, without dilation, and all its rows are there.
template <int N, bool is_signed, class Step, int K>
inline void byte_side(const ByteDepthwise& r, int64_t c, int64_t o) {
  Ints<N> sum = load_ints<N>(r.start + c), zero = r.zero - Ints<N>{};
  const int32_t* w = r.weights + c;
#pragma GCC unroll 5
  for (int k = 0; k < K; ++k, w += r.channels) {
    int64_t at = o * r.stride - r.pad + k;
    bool outside = at < 0 || at >= r.x_width;
#pragma GCC unroll 5
    for (int h = 0; h < K; ++h) {
      Ints<N> x = outside ? zero : widened<N, is_signed>(r.rows[h] + at * r.channels + c);
      sum = Step::add(sum, x, load_ints<N>(w + h * K * r.channels));
    }
  }
  std::memcpy(r.to + o * r.channels + c, &sum, sizeof sum);
}

// O outputs from `o` on, whose K x K windows lie inside, `stride` apart.
template <int N, bool is_signed, class Step, int K, int O, int stride>
inline void byte_inside(const ByteDepthwise& r, int64_t c, int64_t o) {
  Ints<N> sum[O];
#pragma GCC unroll 4
  for (int i = 0; i < O; ++i) sum[i] = load_ints<N>(r.start + c);
#pragma GCC unroll 5
  for (int h = 0; h < K; ++h) {
    const std::byte* x = r.rows[h] + (o * stride - r.pad) * r.channels + c;
    const int32_t* w = r.weights + h * K * r.channels + c;
#pragma GCC unroll 12
    for (int j = 0; j < (O - 1) * stride + K; ++j) {
      Ints<N> column = widened<N, is_signed>(x + j * r.channels);
#pragma GCC unroll 4
      for (int i = 0; i < O; ++i)
        if (int k = j - i * stride; k >= 0 && k < K)
          sum[i] = Step::add(sum[i], column, load_ints<N>(w + k * r.channels));
    }
  }
#pragma GCC unroll 4
  for (int i = 0; i < O; ++i) std::memcpy(r.to + (o + i) * r.channels + c, &sum[i], sizeof sum[i]);
}

template <int N, bool is_signed, class Step, int K, int stride>
inline void byte_row(const ByteDepthwise& r, int64_t c, int64_t first, int64_t past) {
  int64_t o = first;
  for (int64_t side = 0; side < first; ++side) byte_side<N, is_signed, Step, K>(r, c, side);
  for (; o + 4 <= past; o += 4) byte_inside<N, is_signed, Step, K, 4, stride>(r, c, o);
  for (; o < past; ++o) byte_inside<N, is_signed, Step, K, 1, stride>(r, c, o);
  for (; o < r.y_width; ++o) byte_side<N, is_signed, Step, K>(r, c, o);
}

template <int N, bool is_signed, class Step>
inline void depthwise_of(const ByteDepthwise& r) {
  int64_t last_tap = (r.width_taps - 1) * r.dilation;
  int64_t first = std::min((r.pad + r.stride - 1) / r.stride, r.y_width);
  int64_t fits = r.x_width + r.pad - last_tap;  // windows that start before end inside
  int64_t past = std::clamp(fits > 0 ? (fits - 1) / r.stride + 1 : 0, first, r.y_width);
  bool whole = std::all_of(r.rows, r.rows + r.height_taps, [](const std::byte* row) { return row; });
  bool square = r.height_taps == r.width_taps && r.dilation == 1 && r.stride <= 2 && whole;
  void (*row)(const ByteDepthwise&, int64_t, int64_t, int64_t) = nullptr;
  if (square && r.width_taps == 3)
    row = r.stride == 1 ? byte_row<N, is_signed, Step, 3, 1> : byte_row<N, is_signed, Step, 3, 2>;
  if (square && r.width_taps == 5)
    row = r.stride == 1 ? byte_row<N, is_signed, Step, 5, 1> : byte_row<N, is_signed, Step, 5, 2>;
  for (int64_t done = 0; done < r.channels; done += N) {
    int64_t c = std::min(done, r.channels - N);  // the last vector overlaps the one before: equal numbers twice
    if (row) row(r, c, first, past);
    else
      for (int64_t o = 0; o < r.y_width; ++o) byte_edge<N, is_signed, Step>(r, c, o);
  }
}

// Fewer channels than a vector holds, one by one.
inline void depthwise_few(const ByteDepthwise& r) {
  for (int64_t o = 0; o < r.y_width; ++o)
    for (int64_t c = 0; c < r.channels; ++c) {
      int64_t sum = r.start[c];
      for (int64_t h = 0; h < r.height_taps; ++h)
        for (int64_t k = 0; k < r.width_taps; ++k) {
          int64_t at = o * r.stride - r.pad + k * r.dilation;
          int32_t x = r.zero;
          if (r.rows[h] && at >= 0 && at < r.x_width) {
            std::byte b = r.rows[h][at * r.channels + c];
            x = r.is_signed ? int32_t(int8_t(b)) : int32_t(b);
          }
          sum += x * int16_t(r.weights[(h * r.width_taps + k) * r.channels + c]);
        }
      r.to[o * r.channels + c] = int32_t(sum);
    }
}

template <int N>
void depthwise_bytes(const ByteDepthwise& r) {
  if (r.channels < N) {
    if constexpr (N > 4) return depthwise_bytes<N / 2>(r);
    else return depthwise_few(r);
  }
  if (r.is_signed) depthwise_of<N, true, WordStep<N>>(r);
  else depthwise_of<N, false, WordStep<N>>(r);
}

}  // namespace tenon
