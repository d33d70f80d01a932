// The body that each width instantiates.
#pragma once
#include "kernels/cpu/byte_finish.h"
#include "kernels/cpu/byte_finish_groups.h"
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

// Whether a lane comes so near to a tie that only the definition can tell.
template <int N>
inline bool near_tie(Floats<N> quotient, Floats<N> rounded, float margin) {
  return any<N>(abs<N>(quotient - rounded) > .5f - margin);
}

template <int N>
inline Floats<N> finished(const ByteFinish& f, Floats<N> sum, int64_t c) {
  if (!f.near_factor) return defined<N>(f, sum, c);
  Floats<N> q = fma<N>(sum, load<N>(f.near_factor + c), load<N>(f.near_shift + c));
  q = clamp<N>(q, f.low, f.high);
  Floats<N> n = round_small<N>(q);
  return near_tie<N>(q, n, f.margin) ? defined<N>(f, sum, c) : n;
}

template <int N>
inline void finish_one(const ByteFinish& f, int64_t c, const int32_t* sums, std::byte* to) {
  store_bytes<N>(to, whole<N>(finished<N>(f, floats_of<N>(sums), c)) + f.zero);
}

// Fewer columns than a vector has.
template <int N>
inline void finish_rest(const ByteFinish& f, int64_t c, int64_t columns, Sums sums, int64_t rows, BytesOut to) {
  alignas(64) int32_t rest[N] = {};
  alignas(64) float numbers[4][N] = {};
  std::byte bytes[N];
  size_t count = size_t(columns - c);
  ByteFinish part = f;
  const float** lists[] = {&part.factor, &part.shift, &part.near_factor, &part.near_shift};
  for (int i = 0; i < 4; ++i)
    if (*lists[i]) {
      std::memcpy(numbers[i], *lists[i] + c, count * sizeof(float));
      *lists[i] = numbers[i];
    }
  for (int64_t r = 0; r < rows; ++r) {
    std::memcpy(rest, sums.data + r * sums.step + c, count * sizeof(int32_t));
    finish_one<N>(part, 0, rest, bytes);
    std::memcpy(to.data + r * to.step + c, bytes, count);
  }
}

template <int N>
void finish_bytes(const ByteFinish& f, Sums sums, int64_t rows, int64_t columns, BytesOut to) {
  int64_t c = 0;
#ifdef __AVX512F__
  if constexpr (N == 16)
    if (f.near_factor)
      c = for_groups(columns, [&]<int vectors>(int64_t first) {
        finish_group<vectors>(f, first, sums, rows, to, [&](int64_t at, const int32_t* from, std::byte* made) {
          finish_one<N>(f, at, from, made);
        });
      });
#endif
  for (; c + N <= columns; c += N)
    for (int64_t r = 0; r < rows; ++r) finish_one<N>(f, c, sums.data + r * sums.step + c, to.data + r * to.step + c);
  if (c < columns) finish_rest<N>(f, c, columns, sums, rows, to);
}

template <int N, bool a_signed, bool b_signed>
inline Ints<N> added(const ByteAdd& f, const std::byte* a, const std::byte* b) {
  using F = Floats<N>;
  F x = __builtin_convertvector(widened<N, a_signed>(a) - f.a_zero, F);
  F y = __builtin_convertvector(widened<N, b_signed>(b) - f.b_zero, F);
  if (f.near) {
    F q = clamp<N>(fma<N>(x, splat<N>(f.a_near), y * f.b_near), f.low, f.high), n = round_small<N>(q);
    if (!near_tie<N>(q, n, f.margin)) return whole<N>(n) + f.zero;
  }
  F sum = x * f.a_scale + y * f.b_scale;
  return whole<N>(clamp<N>(round<N>(sum / f.scale), f.low, f.high)) + f.zero;
}

template <int N, bool a_signed, bool b_signed>
inline void add_bytes_of(const ByteAdd& f, Bytes a, Bytes b, int64_t rows, int64_t columns, BytesOut to) {
  int64_t c = 0;
  auto one = [&](const std::byte* left, const std::byte* right, std::byte* made) {
    store_bytes<N>(made, added<N, a_signed, b_signed>(f, left, right));
  };
#ifdef __AVX512F__
  if constexpr (N == 16)
    if (f.near)
      c = for_groups(columns, [&]<int vectors>(int64_t first) {
        add_group<vectors, a_signed, b_signed>(f, first, a, b, rows, to, one);
      });
#endif
  for (int64_t r = 0; r < rows; ++r) {
    const std::byte *left = a.data + r * a.step, *right = b.data + r * b.step;
    std::byte* made = to.data + r * to.step;
    int64_t i = c;
    for (; i + N <= columns; i += N) one(left + i, right + i, made + i);
    if (i == columns) continue;
    std::byte rest[3][N] = {};
    std::memcpy(rest[0], left + i, size_t(columns - i));
    std::memcpy(rest[1], right + i, size_t(columns - i));
    one(rest[0], rest[1], rest[2]);
    std::memcpy(made + i, rest[2], size_t(columns - i));
  }
}

template <int N>
void add_bytes(const ByteAdd& f, Bytes a, Bytes b, int64_t rows, int64_t columns, BytesOut to) {
  if (f.a_signed) (f.b_signed ? add_bytes_of<N, true, true> : add_bytes_of<N, true, false>)(f, a, b, rows, columns, to);
  else (f.b_signed ? add_bytes_of<N, false, true> : add_bytes_of<N, false, false>)(f, a, b, rows, columns, to);
}

}  // namespace tenon
