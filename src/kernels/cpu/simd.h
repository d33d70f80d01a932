// Vectors of N lanes as GCC and clang write them: + - * / < == and ?: work lane by lane. Kernel bodies are templates
// over N, so that one source serves every instruction set; helpers here are what the language has no operator for.
#pragma once
#include <immintrin.h>

#include <cstdint>
#include <cstring>
#include <initializer_list>

#include "base/half.h"

namespace tenon {

template <class T, int N>
struct VectorOf {
  typedef T type __attribute__((vector_size(sizeof(T) * N)));
};
template <int N>
using Floats = typename VectorOf<float, N>::type;
template <int N>
using Ints = typename VectorOf<int32_t, N>::type;

template <int N>
inline Floats<N> splat(float x) {
  return x - Floats<N>{};  // folds to a broadcast; 0 + x would not, for it turns -0 into 0
}
template <int N>
inline Floats<N> load(const float* p) {
  Floats<N> v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
template <int N>
inline void store(float* p, Floats<N> v) {
  std::memcpy(p, &v, sizeof v);
}
// The first `count` lanes; the others are `fill`, and not stored.
template <int N>
inline Floats<N> load_some(const float* p, int64_t count, float fill = 0) {
  Floats<N> v = splat<N>(fill);
  std::memcpy(&v, p, size_t(count) * sizeof(float));
  return v;
}
template <int N>
inline void store_some(float* p, int64_t count, Floats<N> v) {
  std::memcpy(p, &v, size_t(count) * sizeof(float));
}
// The same by masks where the machine has them, without a detour through memory: for short rows. The rest is 0.
template <int N>
inline Floats<N> load_part(const float* p, int64_t count) {
#ifdef __AVX512F__
  if constexpr (N == 16) return (Floats<N>)_mm512_maskz_loadu_ps(__mmask16((1u << count) - 1), p);
#endif
#ifdef __AVX2__
  static constexpr int32_t masks[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
  if constexpr (N == 8)
    return (Floats<N>)_mm256_maskload_ps(p, _mm256_loadu_si256((const __m256i*)(masks + 8 - count)));
#endif
  return load_some<N>(p, count);
}
template <int N>
inline void store_part(float* p, int64_t count, Floats<N> v) {
#ifdef __AVX512F__
  if constexpr (N == 16) return _mm512_mask_storeu_ps(p, __mmask16((1u << count) - 1), (__m512)v);
#endif
#ifdef __AVX2__
  static constexpr int32_t masks[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
  if constexpr (N == 8)
    return _mm256_maskstore_ps(p, _mm256_loadu_si256((const __m256i*)(masks + 8 - count)), (__m256)v);
#endif
  store_some<N>(p, count, v);
}

// a * b + c, rounded once where the machine can.
template <int N>
inline Floats<N> fma(Floats<N> a, Floats<N> b, Floats<N> c) {
#ifdef __AVX512F__
  if constexpr (N == 16) return (Floats<N>)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#endif
#ifdef __FMA__
  if constexpr (N == 8) return (Floats<N>)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#endif
  return a * b + c;
}

// The larger; NaN if either is.
template <int N>
inline Floats<N> max(Floats<N> a, Floats<N> b) {
#ifdef __AVX512F__
  if constexpr (N == 16) {  // maxps gives b where a is NaN or b is: ordered lanes keep it, others add up to NaN
    __mmask16 nan = _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_UNORD_Q);
    __m512 most = _mm512_max_ps((__m512)a, (__m512)b);
    return (Floats<N>)_mm512_mask_add_ps(most, nan, (__m512)a, (__m512)b);
  }
#endif
  return a != a || a > b ? a : b;
}
template <int N>
inline Floats<N> min(Floats<N> a, Floats<N> b) {
#ifdef __AVX512F__
  if constexpr (N == 16) {
    __mmask16 nan = _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_UNORD_Q);
    __m512 least = _mm512_min_ps((__m512)a, (__m512)b);
    return (Floats<N>)_mm512_mask_add_ps(least, nan, (__m512)a, (__m512)b);
  }
#endif
  return a != a || a < b ? a : b;
}

// True if any lane is: lanes are 0 or -1.
template <int N>
inline bool any(Ints<N> lanes) {
#ifdef __AVX512F__
  if constexpr (N == 16) return _mm512_test_epi32_mask((__m512i)lanes, (__m512i)lanes) != 0;
#endif
#ifdef __AVX2__
  if constexpr (N == 8) return _mm256_movemask_ps((__m256)lanes) != 0;
#endif
  int either = 0;
  for (int i = 0; i < N; ++i) either |= lanes[i];
  return either != 0;
}

// Within bounds; NaN stays.
template <int N>
inline Floats<N> clamp(Floats<N> x, float low, float high) {
  Floats<N> least = splat<N>(low), most = splat<N>(high);
#ifdef __AVX512F__
  if constexpr (N == 16)  // these give the second operand where either is NaN
    return (Floats<N>)_mm512_max_ps((__m512)least, _mm512_min_ps((__m512)most, (__m512)x));
#endif
#ifdef __AVX2__
  if constexpr (N == 8) return (Floats<N>)_mm256_max_ps((__m256)least, _mm256_min_ps((__m256)most, (__m256)x));
#endif
  return x > most ? most : x < least ? least : x;
}

template <int N>
inline Floats<N> abs(Floats<N> x) {
  return (Floats<N>)((Ints<N>)x & 0x7fffffff);
}
// `magnitude` with the sign of `x`; its own must be plus.
template <int N>
inline Floats<N> with_sign_of(Floats<N> x, Floats<N> magnitude) {
  return (Floats<N>)((Ints<N>)magnitude | ((Ints<N>)x & INT32_MIN));
}
template <int N>
inline Floats<N> sqrt(Floats<N> x) {
#ifdef __AVX512F__
  if constexpr (N == 16) return (Floats<N>)_mm512_sqrt_ps((__m512)x);
#endif
#ifdef __AVX2__
  if constexpr (N == 8) return (Floats<N>)_mm256_sqrt_ps((__m256)x);
#endif
  for (int i = 0; i < N; ++i) x[i] = __builtin_sqrtf(x[i]);
  return x;
}
// To whole numbers, ties to even; and down.
template <int N>
inline Floats<N> round(Floats<N> x) {
  Floats<N> size = abs<N>(x), whole = (size + 0x1p23f) - 0x1p23f;  // from 2^23 on all are whole
  return size < 0x1p23f ? with_sign_of<N>(x, whole) : x;
}
template <int N>
inline Floats<N> floor(Floats<N> x) {
  Floats<N> whole = round<N>(x);
  return whole > x ? whole - 1.f : whole;
}

// Half precision in memory, floats in the register; rounds to nearest even.
template <int N>
inline Floats<N> load_half(const uint16_t* p) {
#ifdef __AVX512F__
  if constexpr (N == 16) return (Floats<N>)_mm512_cvtph_ps(_mm256_loadu_si256((const __m256i*)p));
#endif
#ifdef __F16C__
  if constexpr (N == 8) return (Floats<N>)_mm256_cvtph_ps(_mm_loadu_si128((const __m128i*)p));
#endif
  Floats<N> x;
  for (int i = 0; i < N; ++i) x[i] = half_to_float(p[i]);
  return x;
}
template <int N>
inline void store_half(uint16_t* p, Floats<N> x) {
#ifdef __AVX512F__
  if constexpr (N == 16)
    return _mm256_storeu_si256((__m256i*)p, _mm512_cvtps_ph((__m512)x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
#endif
#ifdef __F16C__
  if constexpr (N == 8)
    return _mm_storeu_si128((__m128i*)p, _mm256_cvtps_ph((__m256)x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
#endif
  for (int i = 0; i < N; ++i) p[i] = float_to_half(x[i]);
}
template <int N>
inline Floats<N> load_bfloat16(const uint16_t* p) {
  typename VectorOf<uint16_t, N>::type bits;
  std::memcpy(&bits, p, sizeof bits);
  return (Floats<N>)(__builtin_convertvector(bits, Ints<N>) << 16);
}
template <int N>
inline void store_bfloat16(uint16_t* p, Floats<N> x) {
  using Bits = typename VectorOf<uint32_t, N>::type;
  Bits bits = (Bits)x, rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  auto narrow = __builtin_convertvector(x == x ? rounded : bits >> 16 | 0x40, typename VectorOf<uint16_t, N>::type);
  std::memcpy(p, &narrow, sizeof narrow);
}

// Sums in a fixed order: pairs of halves.
template <int N>
inline float sum_of_lanes(Floats<N> v) {
  float part[N];
  std::memcpy(part, &v, sizeof v);
  for (int half = N / 2; half > 0; half /= 2)
    for (int i = 0; i < half; ++i) part[i] += part[i + half];
  return part[0];
}
template <int N>
inline float max_of_lanes(Floats<N> v) {
  float most = v[0];
  for (int i = 1; i < N; ++i) most = most != most || most > v[i] ? most : v[i];
  return most;
}
template <int N>
inline float min_of_lanes(Floats<N> v) {
  float least = v[0];
  for (int i = 1; i < N; ++i) least = least != least || least < v[i] ? least : v[i];
  return least;
}

// Whole numbers nearest to lanes of magnitude below 2^22, ties to even.
template <int N>
inline Floats<N> round_small(Floats<N> x) {
  constexpr float magic = 0x1.8p23f;
  return (x + magic) - magic;
}

// 2^n for whole n from -126 to 127.
template <int N>
inline Floats<N> power_of_two(Floats<N> n) {
  Ints<N> bits = (__builtin_convertvector(n, Ints<N>) + 127) << 23;
  return (Floats<N>)bits;
}

// e^x within 2 ulp, subnormal results and infinities included: x = n ln 2 + r, |r| <= ln 2 / 2, Taylor to r^7.
template <int N>
inline Floats<N> exp(Floats<N> x) {
  using F = Floats<N>;
  F bounded = x > 89.f ? splat<N>(89.f) : x < -104.f ? splat<N>(-104.f) : x;
  F n = round_small<N>(bounded * 0x1.715476p+0f);
  F r = fma<N>(n, splat<N>(-0x1.62e4p-1f), bounded);
  r = fma<N>(n, splat<N>(-0x1.7f7d1cp-20f), r);
  F p = splat<N>(1.f / 5040);
  for (float c : {1.f / 720, 1.f / 120, 1.f / 24, 1.f / 6, .5f, 1.f, 1.f}) p = fma<N>(p, r, splat<N>(c));
  F first = round_small<N>(n * .5f);  // two factors: one alone would overflow or flush
  F y = p * power_of_two<N>(first) * power_of_two<N>(n - first);
  return x == x ? y : x;
}

}  // namespace tenon
