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
PointwiseFunction integers_of_floats() {
  return [](const PointwiseStrip& s) {
    Reader<N, float> a(s, 0);
    To* y = static_cast<To*>(s.out);
    for (To* end = y + s.count; y != end; y += N) {
      Floats<N> x = load<N>(a.next());
      Ints<N> within = abs<N>(x) < 0x1p31f, whole = __builtin_convertvector(x, Ints<N>);
      if (any<N>(~within))
        for (int k = 0; k < N; ++k) y[k] = converted<N, float, To>(x[k]);
      else
        for (int k = 0; k < N; ++k) y[k] = To(whole[k]);
    }
  };
}

// Half types are narrowed and widened by vectors.
template <int N, class F>
PointwiseFunction narrows(F) {
  return [](const PointwiseStrip& s) {
    Reader<N, float> a(s, 0);
    uint16_t* y = static_cast<uint16_t*>(s.out);
    for (uint16_t* end = y + s.count; y != end; y += N) F()(y, load<N>(a.next()));
  };
}
template <int N, class F>
PointwiseFunction widens(F) {
  return [](const PointwiseStrip& s) {
    Reader<N, uint16_t> a(s, 0);
    float* y = static_cast<float*>(s.out);
    for (float* end = y + s.count; y != end; y += N) store<N>(y, F()(a.next()));
  };
}

template <int N, class From, class To>
PointwiseFunction cast_function() {
  constexpr bool from_float = std::is_same_v<From, float>, to_float = std::is_same_v<To, float>;
  if constexpr (from_float && std::is_same_v<To, Half>)
    return narrows<N>([](uint16_t* p, Floats<N> x) { store_half<N>(p, x); });
  else if constexpr (to_float && std::is_same_v<From, Half>)
    return widens<N>([](const uint16_t* p) { return load_half<N>(p); });
  else if constexpr (from_float && std::is_same_v<To, BFloat16>)
    return narrows<N>([](uint16_t* p, Floats<N> x) { store_bfloat16<N>(p, x); });
  else if constexpr (to_float && std::is_same_v<From, BFloat16>)
    return widens<N>([](const uint16_t* p) { return load_bfloat16<N>(p); });
  else if constexpr (from_float && std::is_same_v<To, bool>) return asks_1<N>([](Floats<N> x) { return x != 0.f; });
  else if constexpr (from_float && std::is_integral_v<To>) return integers_of_floats<N, To>();
  else if constexpr (std::is_same_v<From, bool>)  // bytes, true unless 0
    return elements_1<N, uint8_t>([](uint8_t x) { return converted<N, bool, To>(x != 0); });
  else return elements_1<N, From>([](From x) { return converted<N, From, To>(x); });
}

template <int N, class T>  // T as wide as the elements
PointwiseFunction select_function() {
  return [](const PointwiseStrip& s) {
    Reader<pointwise_group, uint8_t> c(s, 0);
    Reader<pointwise_group, T> a(s, 1), b(s, 2);
    T* y = static_cast<T*>(s.out);
    for (T* end = y + s.count; y != end; y += pointwise_group) {
      const uint8_t* chosen = c.next();
      const T *yes = a.next(), *no = b.next();
      TENON_IN_STEP
      for (int k = 0; k < pointwise_group; ++k) {
        T first = yes[k], second = no[k];
        y[k] = chosen[k] ? first : second;
      }
    }
  };
}

}  // namespace tenon
