// y = exp(x - max x) / sum exp(x - max x) for floats; `log`: its logarithm.
#pragma once
#include <cstdint>

namespace tenon {

struct SoftmaxCall {
  const float* x;
  float* y;
  int64_t length;
  bool log;
};

// A dense row.
template <int N>
void softmax_row(const SoftmaxCall& call);
// `columns` of them side by side, at most N, whose elements are `stride` apart.
template <int N>
void softmax_columns(const SoftmaxCall& call, int64_t stride, int64_t columns);

#define TENON_SOFTMAX(prefix, N)                           \
  prefix template void softmax_row<N>(const SoftmaxCall&); \
  prefix template void softmax_columns<N>(const SoftmaxCall&, int64_t, int64_t);
TENON_SOFTMAX(extern, 4)
TENON_SOFTMAX(extern, 8)
TENON_SOFTMAX(extern, 16)

}  // namespace tenon
