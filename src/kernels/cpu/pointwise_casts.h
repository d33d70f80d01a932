// Functions of pointwise programs that change types, choose or copy.
#pragma once
#include <limits>

#include "base/dispatch.h"
#include "kernels/cpu/pointwise_floats.h"
#include "kernels/cpu/pointwise_scalars.h"

namespace tenon {

// Truncates; what does not fit saturates at 64 bits, NaN gives 0.
template <int N, class To>
inline To truncated(double x) {
  constexpr double end = std::is_signed_v<To> ? 0x1p63 : 0x1p64;
  if (x != x) return 0;
  if (x >= end) return std::numeric_limits<To>::max();
  return x <= double(std::numeric_limits<To>::min()) ? std::numeric_limits<To>::min() : To(x);
}

template <int N, class From, class To>
inline To converted(From x) {
  if constexpr (is_float<From> && is_half<To>) return To(double(x));
  else if constexpr (is_half<From>) return converted<N, float, To>(float(x));
  else if constexpr (std::is_same_v<To, bool>) return x != From(0);
  else if constexpr (is_float<From> && std::is_integral_v<To>) {
    if (std::is_signed_v<To> || x < 0) return To(truncated<N, int64_t>(x));
    return To(truncated<N, uint64_t>(x));
  } else if constexpr (is_half<To>) return To(double(x));
  else return To(x);
}

// Floats whose whole part an i32 holds go through it: a vector instruction. The rest takes the long way.
template <int N, class To>
PointwiseFunction float_to_integer() {
  return [](const PointwiseStrip& s) {
    const float* a = static_cast<const float*>(s.in[0]);
    To* y = static_cast<To*>(s.out);
    for (int i = 0; i < s.count; i += N, a += N * s.moves[0]) {
      Floats<N> x = load<N>(a);
      Ints<N> beyond = ~(abs<N>(x) < 0x1p31f), whole = __builtin_convertvector(x, Ints<N>);
      if (any<N>(beyond))
        for (int k = 0; k < N; ++k) y[i + k] = converted<N, float, To>(x[k]);
      else
        for (int k = 0; k < N; ++k) y[i + k] = To(whole[k]);
    }
  };
}

template <int N>
PointwiseFunction float_to_half() {
  return [](const PointwiseStrip& s) {
    const float* a = static_cast<const float*>(s.in[0]);
    uint16_t* y = static_cast<uint16_t*>(s.out);
    for (int i = 0; i < s.count; i += N, a += N * s.moves[0]) store_half<N>(y + i, load<N>(a));
  };
}
template <int N>
PointwiseFunction half_to_float() {
  return [](const PointwiseStrip& s) {
    const uint16_t* a = static_cast<const uint16_t*>(s.in[0]);
    float* y = static_cast<float*>(s.out);
    for (int i = 0; i < s.count; i += N, a += N * s.moves[0]) store<N>(y + i, load_half<N>(a));
  };
}
template <int N>
PointwiseFunction float_to_bfloat16() {
  return [](const PointwiseStrip& s) {
    const float* a = static_cast<const float*>(s.in[0]);
    uint16_t* y = static_cast<uint16_t*>(s.out);
    for (int i = 0; i < s.count; i += N, a += N * s.moves[0]) store_bfloat16<N>(y + i, load<N>(a));
  };
}
template <int N>
PointwiseFunction bfloat16_to_float() {
  return [](const PointwiseStrip& s) {
    const uint16_t* a = static_cast<const uint16_t*>(s.in[0]);
    float* y = static_cast<float*>(s.out);
    for (int i = 0; i < s.count; i += N, a += N * s.moves[0]) store<N>(y + i, load_bfloat16<N>(a));
  };
}

template <int N, class From, class To>
PointwiseFunction cast_function() {
  constexpr bool from_float = std::is_same_v<From, float>, to_float = std::is_same_v<To, float>;
  if constexpr (from_float && std::is_same_v<To, Half>) return float_to_half<N>();
  else if constexpr (to_float && std::is_same_v<From, Half>) return half_to_float<N>();
  else if constexpr (from_float && std::is_same_v<To, BFloat16>) return float_to_bfloat16<N>();
  else if constexpr (to_float && std::is_same_v<From, BFloat16>) return bfloat16_to_float<N>();
  else if constexpr (from_float && std::is_same_v<To, bool>) return asks_1<N>([](Floats<N> x) { return x != 0.f; });
  else if constexpr (from_float && std::is_integral_v<To>) return float_to_integer<N, To>();
  else if constexpr (std::is_same_v<From, bool>)  // bytes, true unless 0
    return elements_1<N, uint8_t>([](uint8_t x) { return converted<N, bool, To>(x != 0); });
  else return elements_1<N, From>([](From x) { return converted<N, From, To>(x); });
}

template <int N, class T>  // T as wide as the elements
PointwiseFunction select_function() {
  return [](const PointwiseStrip& s) {
    const uint8_t* c = static_cast<const uint8_t*>(s.in[0]);
    const T *a = static_cast<const T*>(s.in[1]), *b = static_cast<const T*>(s.in[2]);
    T* y = static_cast<T*>(s.out);
    for (int i = 0; i < s.count; i += pointwise_group) {
#pragma GCC ivdep
      for (int k = 0; k < pointwise_group; ++k) {
        T yes = a[k], no = b[k];
        y[i + k] = c[k] ? yes : no;
      }
      c += pointwise_group * s.moves[0], a += pointwise_group * s.moves[1], b += pointwise_group * s.moves[2];
    }
  };
}

}  // namespace tenon
