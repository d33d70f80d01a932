// The bodies that each width instantiates.
#pragma once
#include "base/half.h"
#include "kernels/cpu/convert_floats.h"
#include "kernels/cpu/simd.h"

namespace tenon {

template <int N>
using Shorts = typename VectorOf<uint16_t, N>::type;

template <int N>
inline Shorts<N> load_shorts(const uint16_t* p) {
  Shorts<N> v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
template <int N>
inline void store_shorts(uint16_t* p, Shorts<N> v) {
  std::memcpy(p, &v, sizeof v);
}

template <int N>
inline Floats<N> widen_half(Shorts<N> h) {
#ifdef __AVX512F__
  if constexpr (N == 16) return (Floats<N>)_mm512_cvtph_ps((__m256i)h);
#endif
#ifdef __F16C__
  if constexpr (N == 8) return (Floats<N>)_mm256_cvtph_ps((__m128i)h);
#endif
  Floats<N> f;
  for (int i = 0; i < N; ++i) f[i] = half_to_float(h[i]);
  return f;
}

template <int N>
inline Shorts<N> narrow_to_half(Floats<N> f) {
#ifdef __AVX512F__
  if constexpr (N == 16) return (Shorts<N>)_mm512_cvtps_ph((__m512)f, _MM_FROUND_TO_NEAREST_INT);
#endif
#ifdef __F16C__
  if constexpr (N == 8) return (Shorts<N>)_mm256_cvtps_ph((__m256)f, _MM_FROUND_TO_NEAREST_INT);
#endif
  Shorts<N> h;
  for (int i = 0; i < N; ++i) h[i] = float_to_half(f[i]);
  return h;
}

template <int N>
inline Floats<N> widen_bfloat(Shorts<N> b) {
  return (Floats<N>)(__builtin_convertvector(b, Ints<N>) << 16);
}

template <int N>
inline Shorts<N> narrow_to_bfloat(Floats<N> f) {
  using Words = typename VectorOf<uint32_t, N>::type;
  Words bits = (Words)f, rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  return __builtin_convertvector((bits & 0x7fffffff) > 0x7f800000 ? bits >> 16 | 0x40 : rounded, Shorts<N>);
}

template <int N>
void widen_halves(const void* x, void* y, int64_t count) {
  auto* from = static_cast<const uint16_t*>(x);
  auto* to = static_cast<float*>(y);
  int64_t i = 0;
  for (; i + N <= count; i += N) store<N>(to + i, widen_half<N>(load_shorts<N>(from + i)));
  for (; i < count; ++i) to[i] = half_to_float(from[i]);
}

template <int N>
void narrow_to_halves(const void* x, void* y, int64_t count) {
  auto* from = static_cast<const float*>(x);
  auto* to = static_cast<uint16_t*>(y);
  int64_t i = 0;
  for (; i + N <= count; i += N) store_shorts<N>(to + i, narrow_to_half<N>(load<N>(from + i)));
  for (; i < count; ++i) to[i] = float_to_half(from[i]);
}

template <int N>
void widen_bfloats(const void* x, void* y, int64_t count) {
  auto* from = static_cast<const uint16_t*>(x);
  auto* to = static_cast<float*>(y);
  int64_t i = 0;
  for (; i + N <= count; i += N) store<N>(to + i, widen_bfloat<N>(load_shorts<N>(from + i)));
  for (; i < count; ++i) to[i] = bfloat16_to_float(from[i]);
}

template <int N>
void narrow_to_bfloats(const void* x, void* y, int64_t count) {
  auto* from = static_cast<const float*>(x);
  auto* to = static_cast<uint16_t*>(y);
  int64_t i = 0;
  for (; i + N <= count; i += N) store_shorts<N>(to + i, narrow_to_bfloat<N>(load<N>(from + i)));
  for (; i < count; ++i) to[i] = float_to_bfloat16(from[i]);
}

}  // namespace tenon
