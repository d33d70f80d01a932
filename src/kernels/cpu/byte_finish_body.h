// The body that each width instantiates.
#pragma once
#include "kernels/cpu/byte_finish.h"
#include "kernels/cpu/byte_vectors.h"

namespace tenon {

template <int N>
inline Ints<N> whole(Floats<N> x) {  // of whole numbers
  return __builtin_convertvector(x, Ints<N>);
}

template <int N>
inline Floats<N> floats_of(const int32_t* p) {
  Ints<N> sums;
  std::memcpy(&sums, p, sizeof sums);
  return __builtin_convertvector(sums, Floats<N>);
}

// What the definition says, in its order.
template <int N>
inline Floats<N> defined(const ByteFinish& f, Floats<N> sum, int64_t c) {
  Floats<N> x = sum * load<N>(f.factor + c) + load<N>(f.shift + c);
  return clamp<N>(round<N>(x / f.scale), f.low, f.high);
}

// Whether a lane comes so near to a tie that only the definition can tell: roundings of numbers below 2 max_near_shift
// are off by less.
template <int N>
inline bool near_tie(Floats<N> quotient, Floats<N> rounded) {
  constexpr float margin = 0x1p-10f;
  return any<N>(abs<N>(quotient - rounded) > .5f - margin);
}

template <int N>
inline Floats<N> finished(const ByteFinish& f, Floats<N> sum, int64_t c) {
  if (!f.near_factor) return defined<N>(f, sum, c);
  Floats<N> q = fma<N>(sum, load<N>(f.near_factor + c), load<N>(f.near_shift + c));
  q = clamp<N>(q, f.low, f.high);
  Floats<N> n = round_small<N>(q);
  return near_tie<N>(q, n) ? defined<N>(f, sum, c) : n;
}

template <int N>
void finish_bytes(const ByteFinish& f, const int32_t* sums, int64_t columns, void* to) {
  auto* y = static_cast<uint8_t*>(to);
  int64_t c = 0;
  for (; c + N <= columns; c += N) store_bytes<N>(y + c, whole<N>(finished<N>(f, floats_of<N>(sums + c), c)) + f.zero);
  if (c == columns) return;
  alignas(64) int32_t rest[N] = {};
  alignas(64) float numbers[4][N] = {};
  uint8_t bytes[N];
  size_t count = size_t(columns - c) * sizeof(float);
  std::memcpy(rest, sums + c, count);
  ByteFinish part = f;
  const float** lists[] = {&part.factor, &part.shift, &part.near_factor, &part.near_shift};
  for (int i = 0; i < 4; ++i)
    if (*lists[i]) {
      std::memcpy(numbers[i], *lists[i] + c, count);
      *lists[i] = numbers[i];
    }
  store_bytes<N>(bytes, whole<N>(finished<N>(part, floats_of<N>(rest), 0)) + f.zero);
  std::memcpy(y + c, bytes, size_t(columns - c));
}

template <int N, bool a_signed, bool b_signed>
inline Ints<N> added(const ByteAdd& f, const std::byte* a, const std::byte* b) {
  using F = Floats<N>;
  F x = __builtin_convertvector(widened<N, a_signed>(a) - f.a_zero, F);
  F y = __builtin_convertvector(widened<N, b_signed>(b) - f.b_zero, F);
  if (f.near) {
    F q = clamp<N>(fma<N>(x, splat<N>(f.a_near), y * f.b_near), f.low, f.high), n = round_small<N>(q);
    if (!near_tie<N>(q, n)) return whole<N>(n) + f.zero;
  }
  F sum = x * f.a_scale + y * f.b_scale;
  return whole<N>(clamp<N>(round<N>(sum / f.scale), f.low, f.high)) + f.zero;
}

template <int N, bool a_signed, bool b_signed>
inline void add_bytes_of(const ByteAdd& f, const std::byte* a, const std::byte* b, int64_t count, std::byte* to) {
  int64_t i = 0;
  for (; i + N <= count; i += N) store_bytes<N>(to + i, added<N, a_signed, b_signed>(f, a + i, b + i));
  if (i == count) return;
  std::byte rest[3][N] = {};
  std::memcpy(rest[0], a + i, size_t(count - i));
  std::memcpy(rest[1], b + i, size_t(count - i));
  store_bytes<N>(rest[2], added<N, a_signed, b_signed>(f, rest[0], rest[1]));
  std::memcpy(to + i, rest[2], size_t(count - i));
}

template <int N>
void add_bytes(const ByteAdd& f, const std::byte* a, const std::byte* b, int64_t count, std::byte* to) {
  if (f.a_signed) (f.b_signed ? add_bytes_of<N, true, true> : add_bytes_of<N, true, false>)(f, a, b, count, to);
  else (f.b_signed ? add_bytes_of<N, false, true> : add_bytes_of<N, false, false>)(f, a, b, count, to);
}

}  // namespace tenon
