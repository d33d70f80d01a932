// The body that each width instantiates.
#pragma once
#include <algorithm>
#include <cmath>

#include "kernels/cpu/normalize_row.h"
#include "kernels/cpu/reduce.h"
#include "kernels/cpu/simd.h"

namespace tenon {

template <int N>
void normalize_row(const float* x, float* y, int64_t length, const float* scale, const float* bias, float epsilon,
                   bool center) {
  using F = Floats<N>;
  constexpr int64_t block = 256 * N;  // partial sums: long rows stay accurate
  // What the mean is off by falls out of the second pass: a row of nearly equal numbers is divided by next to
  // nothing, so that every ulp of the mean would show.
  float mean = center ? reduce_row<N>(Reduction::sum, x, length) / float(length) : 0.f;
  double squares = 0, differences = 0;
  for (int64_t first = 0; first < length; first += block) {
    F square[2]{}, sum[2]{};
    int64_t past = std::min(length, first + block), i = first;
    for (; i + 2 * N <= past; i += 2 * N)
      for (int v = 0; v < 2; ++v) {
        F d = load<N>(x + i + v * N) - mean;
        sum[v] += d;
        square[v] = fma<N>(d, d, square[v]);
      }
    for (; i < past; i += N) {
      F d = load_some<N>(x + i, std::min<int64_t>(N, past - i), mean) - mean;
      sum[0] += d;
      square[0] = fma<N>(d, d, square[0]);
    }
    squares += double(sum_of_lanes<N>(square[0] + square[1]));
    differences += double(sum_of_lanes<N>(sum[0] + sum[1]));
  }
  double left = center ? differences / double(length) : 0;
  float rest_of_mean = float(left);
  float factor = float(1 / std::sqrt(std::max(0.0, squares / double(length) - left * left) + double(epsilon)));
  auto finished = [&](F v, F s, F b) { return fma<N>((v - mean - rest_of_mean) * factor, s, b); };
  for (int64_t i = 0; i + N <= length; i += N)
    store<N>(y + i, finished(load<N>(x + i), scale ? load<N>(scale + i) : splat<N>(1), bias ? load<N>(bias + i) : F{}));
  if (int64_t rest = length % N, i = length - rest; rest) {
    F s = scale ? load_some<N>(scale + i, rest) : splat<N>(1), b = bias ? load_some<N>(bias + i, rest) : F{};
    store_some<N>(y + i, rest, finished(load_some<N>(x + i, rest), s, b));
  }
}

}  // namespace tenon
