// Vectors of bytes on their way to and from lanes of 32 bits.
#pragma once
#include "kernels/cpu/simd.h"

namespace tenon {

template <int N>
inline Ints<N> load_ints(const void* p) {
  Ints<N> v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

template <int N, bool is_signed>
inline Ints<N> widened(const std::byte* p) {
#ifdef __AVX512F__
  if constexpr (N == 16) {
    __m128i bytes = _mm_loadu_si128((const __m128i*)p);
    return (Ints<N>)(is_signed ? _mm512_cvtepi8_epi32(bytes) : _mm512_cvtepu8_epi32(bytes));
  }
#endif
#ifdef __AVX2__
  if constexpr (N == 8) {
    __m128i bytes = _mm_loadl_epi64((const __m128i*)p);
    return (Ints<N>)(is_signed ? _mm256_cvtepi8_epi32(bytes) : _mm256_cvtepu8_epi32(bytes));
  }
#endif
  typename VectorOf<std::conditional_t<is_signed, int8_t, uint8_t>, N>::type bytes;
  std::memcpy(&bytes, p, sizeof bytes);
  return __builtin_convertvector(bytes, Ints<N>);
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

}  // namespace tenon
