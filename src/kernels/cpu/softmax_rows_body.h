// The body that each width instantiates. Three passes over a row that stays in the nearest cache.
#pragma once
#include <cmath>

#include "kernels/cpu/simd.h"
#include "kernels/cpu/softmax_rows.h"

namespace tenon {

template <int N>
void softmax_row(const SoftmaxCall& call) {
  auto [x, y, length, log] = call;
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
  // The largest goes first: beside it, the logarithm of the sum would lose its last digits.
  float total = sum_of_lanes<N>(sum), log_total = std::log(total);
  auto finish = [&, log = log](F v) { return log ? v - largest - log_total : v / total; };
  const float* from = log ? x : y;
  for (int64_t i = 0; i < whole; i += N) store<N>(y + i, finish(load<N>(from + i)));
  if (rest) store_some<N>(y + whole, rest, finish(load_some<N>(from + whole, rest)));
}

template <int N>
void softmax_columns(const SoftmaxCall& call, int64_t stride, int64_t columns) {
  auto [x, y, length, log] = call;
  using F = Floats<N>;
  auto load_at = [&, columns = columns](const float* from, int64_t i) {
    return columns == N ? load<N>(from + i * stride) : load_some<N>(from + i * stride, columns);
  };
  auto store_at = [&, to = y](int64_t i, F v) {
    if (columns == N) store<N>(to + i * stride, v);
    else store_some<N>(to + i * stride, columns, v);
  };
  F most = splat<N>(-INFINITY), sum{};
  for (int64_t i = 0; i < length; ++i) most = max<N>(most, load_at(x, i));
  for (int64_t i = 0; i < length; ++i) {
    F e = exp<N>(load_at(x, i) - most);
    sum += e;
    if (!log) store_at(i, e);
  }
  if (log)
    for (int64_t i = 0; i < columns; ++i) sum[i] = std::log(sum[i]);
  for (int64_t i = 0; i < length; ++i) store_at(i, log ? load_at(x, i) - most - sum : load_at(y, i) / sum);
}

}  // namespace tenon
