// The body that each width instantiates.
#pragma once
#include <algorithm>

#include "kernels/cpu/byte_max.h"
#include "kernels/cpu/simd.h"

namespace tenon {

template <int N, class Byte>
inline void max_bytes_of(const std::byte* x, int64_t count, std::byte* y) {
  using Vector = typename VectorOf<Byte, 4 * N>::type;
  int64_t i = 0;
  for (; i + 4 * N <= count; i += 4 * N) {
    Vector a, b;
    std::memcpy(&a, x + i, sizeof a);
    std::memcpy(&b, y + i, sizeof b);
    a = a > b ? a : b;
    std::memcpy(y + i, &a, sizeof a);
  }
  for (; i < count; ++i) y[i] = std::byte(std::max(Byte(x[i]), Byte(y[i])));
}

template <int N>
void max_bytes(const std::byte* x, int64_t count, bool is_signed, std::byte* y) {
  if (is_signed) max_bytes_of<N, int8_t>(x, count, y);
  else max_bytes_of<N, uint8_t>(x, count, y);
}

}  // namespace tenon
