// The body that each width instantiates.
#pragma once
#include "kernels/cpu/byte_finish.h"
#include "kernels/cpu/simd.h"

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

template <int N>
inline Floats<N> bounded(Floats<N> x, float low, float high) {
  return clamp<N>(x, low, high);
}

// What the definition says, in its order.
template <int N>
inline Floats<N> defined(const ByteFinish& f, Floats<N> sum, int64_t c) {
  Floats<N> x = sum * load<N>(f.factor + c) + load<N>(f.shift + c);
  return bounded<N>(round<N>(x / f.scale), f.low, f.high);
}

template <int N>
inline void store_bytes(void* to, Ints<N> x) {
#ifdef __AVX512F__
  if constexpr (N == 16) return _mm_storeu_si128((__m128i*)to, _mm512_cvtepi32_epi8((__m512i)x));
#endif
#ifdef __AVX2__
  if constexpr (N == 8) {
    __m256i low = _mm256_and_si256((__m256i)x, _mm256_set1_epi32(255));
    __m128i words = _mm_packus_epi32(_mm256_castsi256_si128(low), _mm256_extracti128_si256(low, 1));
    return _mm_storel_epi64((__m128i*)to, _mm_packus_epi16(words, words));
  }
#endif
  auto bytes = __builtin_convertvector(x, typename VectorOf<int8_t, N>::type);
  std::memcpy(to, &bytes, sizeof bytes);
}

// A quotient that comes within `margin` of a tie is left to the definition: three roundings of numbers below
// 2 max_near_shift are off by less.
template <int N>
inline Floats<N> finished(const ByteFinish& f, Floats<N> sum, int64_t c) {
  if (!f.near_factor) return defined<N>(f, sum, c);
  constexpr float margin = 0x1p-10f;
  Floats<N> q = fma<N>(sum, load<N>(f.near_factor + c), load<N>(f.near_shift + c));
  q = bounded<N>(q, f.low, f.high);
  Floats<N> n = round_small<N>(q);
  if (any<N>(abs<N>(q - n) > .5f - margin)) return defined<N>(f, sum, c);
  return n;
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

}  // namespace tenon
