// The body that each width instantiates. Three passes over a row that stays in the nearest cache.
#pragma once
#include <cmath>

#include "kernels/cpu/simd.h"
#include "kernels/cpu/softmax_rows.h"

namespace tenon {

template <int N>
void softmax_row(const float* x, float* y, int64_t length, bool log) {
  using F = Floats<N>;
  int64_t whole = length / N * N, rest = length - whole;
  F most = splat<N>(-INFINITY);
  for (int64_t i = 0; i < whole; i += N) most = max<N>(most, load<N>(x + i));
  if (rest) most = max<N>(most, load_some<N>(x + whole, rest, -INFINITY));
  float largest = max_of_lanes<N>(most);
  F sum{};
  for (int64_t i = 0; i < whole; i += N) {
    F e = exp<N>(load<N>(x + i) - largest);
    sum += e;
    if (!log) store<N>(y + i, e);
  }
  if (rest) {
    F e = exp<N>(load_some<N>(x + whole, rest, -INFINITY) - largest);
    for (int64_t i = rest; i < N; ++i) e[i] = 0;  // -inf - largest is NaN where all are -inf
    sum += e;
    if (!log) store_some<N>(y + whole, rest, e);
  }
  float total = sum_of_lanes<N>(sum), shift = largest + (log ? std::log(total) : 0.f);
  auto finish = [&](F v) { return log ? v - shift : v / total; };
  const float* from = log ? x : y;
  for (int64_t i = 0; i < whole; i += N) store<N>(y + i, finish(load<N>(from + i)));
  if (rest) store_some<N>(y + whole, rest, finish(load_some<N>(from + whole, rest)));
}

}  // namespace tenon
