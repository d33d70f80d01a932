// Functions of pointwise programs on f64, 64-bit integers and bools: loops over elements, which compilers vectorise.
#pragma once
#include <cmath>
#include <limits>

#include "kernels/cpu/pointwise_functions.h"

// Before a loop whose result may lie where an operand lies, but never elsewhere over one; others check as it runs.
#ifdef __clang__
#define TENON_IN_STEP
#else
#define TENON_IN_STEP _Pragma("GCC ivdep")
#endif

namespace tenon {

// y = f(x), y = f(x, z). N keeps the instances of each instruction set apart.
template <int N, class T, class F>
PointwiseFunction elements_1(F) {
  using R = decltype(F()(T()));
  return [](const PointwiseStrip& s) {
    const T* a = static_cast<const T*>(s.in[0]);
    R* y = static_cast<R*>(s.out);
    int step = pointwise_group * s.moves[0];
    for (R* end = y + s.count; y != end; y += pointwise_group, a += step) {
      TENON_IN_STEP
      for (int k = 0; k < pointwise_group; ++k) y[k] = F()(a[k]);
    }
  };
}
template <int N, class T, class F>
PointwiseFunction elements_2(F) {
  using R = decltype(F()(T(), T()));
  return [](const PointwiseStrip& s) {
    const T *a = static_cast<const T*>(s.in[0]), *b = static_cast<const T*>(s.in[1]);
    R* y = static_cast<R*>(s.out);
    int a_step = pointwise_group * s.moves[0], b_step = pointwise_group * s.moves[1];
    for (R* end = y + s.count; y != end; y += pointwise_group, a += a_step, b += b_step) {
      TENON_IN_STEP
      for (int k = 0; k < pointwise_group; ++k) y[k] = F()(a[k], b[k]);
    }
  };
}

template <int N, class T>
PointwiseFunction comparison(Opcode code) {
  switch (code) {
    case Opcode::equal: return elements_2<N, T>([](T x, T y) { return uint8_t(x == y); });
    case Opcode::less: return elements_2<N, T>([](T x, T y) { return uint8_t(x < y); });
    case Opcode::less_equal: return elements_2<N, T>([](T x, T y) { return uint8_t(x <= y); });
    default: return nullptr;
  }
}

template <int N>
PointwiseFunction double_function(Opcode code) {
  using D = double;
  switch (code) {
    case Opcode::add: return elements_2<N, D>([](D x, D y) { return x + y; });
    case Opcode::sub: return elements_2<N, D>([](D x, D y) { return x - y; });
    case Opcode::mul: return elements_2<N, D>([](D x, D y) { return x * y; });
    case Opcode::div: return elements_2<N, D>([](D x, D y) { return x / y; });
    case Opcode::floor_div: return elements_2<N, D>([](D x, D y) { return std::floor(x / y); });
    case Opcode::fmod: return elements_2<N, D>([](D x, D y) { return std::fmod(x, y); });
    case Opcode::pow: return elements_2<N, D>([](D x, D y) { return std::pow(x, y); });
    case Opcode::max: return elements_2<N, D>([](D x, D y) { return x != x || x > y ? x : y; });
    case Opcode::min: return elements_2<N, D>([](D x, D y) { return x != x || x < y ? x : y; });
    case Opcode::neg: return elements_1<N, D>([](D x) { return -x; });
    case Opcode::abs: return elements_1<N, D>([](D x) { return std::fabs(x); });
    case Opcode::sign: return elements_1<N, D>([](D x) { return x > 0 ? 1 : x < 0 ? -1 : x; });
    case Opcode::exp: return elements_1<N, D>([](D x) { return std::exp(x); });
    case Opcode::log: return elements_1<N, D>([](D x) { return std::log(x); });
    case Opcode::sqrt: return elements_1<N, D>([](D x) { return std::sqrt(x); });
    case Opcode::sin: return elements_1<N, D>([](D x) { return std::sin(x); });
    case Opcode::cos: return elements_1<N, D>([](D x) { return std::cos(x); });
    case Opcode::tan: return elements_1<N, D>([](D x) { return std::tan(x); });
    case Opcode::sinh: return elements_1<N, D>([](D x) { return std::sinh(x); });
    case Opcode::cosh: return elements_1<N, D>([](D x) { return std::cosh(x); });
    case Opcode::tanh: return elements_1<N, D>([](D x) { return std::tanh(x); });
    case Opcode::asin: return elements_1<N, D>([](D x) { return std::asin(x); });
    case Opcode::acos: return elements_1<N, D>([](D x) { return std::acos(x); });
    case Opcode::atan: return elements_1<N, D>([](D x) { return std::atan(x); });
    case Opcode::asinh: return elements_1<N, D>([](D x) { return std::asinh(x); });
    case Opcode::acosh: return elements_1<N, D>([](D x) { return std::acosh(x); });
    case Opcode::atanh: return elements_1<N, D>([](D x) { return std::atanh(x); });
    case Opcode::erf: return elements_1<N, D>([](D x) { return std::erf(x); });
    case Opcode::floor: return elements_1<N, D>([](D x) { return std::floor(x); });
    case Opcode::ceil: return elements_1<N, D>([](D x) { return std::ceil(x); });
    case Opcode::round: return elements_1<N, D>([](D x) { return std::nearbyint(x); });
    case Opcode::is_nan: return elements_1<N, D>([](D x) { return uint8_t(x != x); });
    case Opcode::is_inf: return elements_1<N, D>([](D x) { return uint8_t(std::fabs(x) == INFINITY); });
    default: return comparison<N, D>(code);
  }
}

template <int N, class T>
inline T integer_power(T base, T exponent) {
  if (exponent < 0) return base == 1 ? 1 : base != T(-1) ? 0 : exponent % 2 ? T(-1) : 1;
  uint64_t result = 1, x = uint64_t(base);
  for (uint64_t rest = uint64_t(exponent); rest; rest >>= 1, x *= x)
    if (rest & 1) result *= x;
  return T(result);
}

template <int N, class T>  // by 0 gives 0; the one overflow wraps
inline T integer_quotient(T x, T y) {
  if (y == 0) return 0;
  return std::is_signed_v<T> && y == T(-1) ? T(0 - uint64_t(x)) : x / y;
}
template <int N, class T>
inline T integer_remainder(T x, T y) {
  return y == 0 || (std::is_signed_v<T> && y == T(-1)) ? 0 : x % y;
}

template <int N, class T>  // int64_t or uint64_t; sums and products wrap
PointwiseFunction integer_function(Opcode code) {
  using U = uint64_t;
  switch (code) {
    case Opcode::add: return elements_2<N, T>([](T x, T y) { return T(U(x) + U(y)); });
    case Opcode::sub: return elements_2<N, T>([](T x, T y) { return T(U(x) - U(y)); });
    case Opcode::mul: return elements_2<N, T>([](T x, T y) { return T(U(x) * U(y)); });
    case Opcode::div: return elements_2<N, T>([](T x, T y) { return integer_quotient<N>(x, y); });
    case Opcode::floor_div:
      return elements_2<N, T>([](T x, T y) {
        T q = integer_quotient<N>(x, y), r = integer_remainder<N>(x, y);
        return r != 0 && (x < 0) != (y < 0) ? q - 1 : q;
      });
    case Opcode::fmod: return elements_2<N, T>([](T x, T y) { return integer_remainder<N>(x, y); });
    case Opcode::pow: return elements_2<N, T>([](T x, T y) { return integer_power<N>(x, y); });
    case Opcode::max: return elements_2<N, T>([](T x, T y) { return x > y ? x : y; });
    case Opcode::min: return elements_2<N, T>([](T x, T y) { return x < y ? x : y; });
    case Opcode::neg: return elements_1<N, T>([](T x) { return T(0 - U(x)); });
    case Opcode::abs: return elements_1<N, T>([](T x) { return x < 0 ? T(0 - U(x)) : x; });
    case Opcode::sign: return elements_1<N, T>([](T x) { return T((x > 0) - (x < 0)); });
    case Opcode::floor:
    case Opcode::ceil:
    case Opcode::round: return elements_1<N, T>([](T x) { return x; });
    case Opcode::is_nan:
    case Opcode::is_inf: return elements_1<N, T>([](T) { return uint8_t(0); });
    default: return comparison<N, T>(code);
  }
}

template <int N>  // a byte is true unless it is 0
PointwiseFunction bool_function(Opcode code) {
  using B = uint8_t;
  switch (code) {
    case Opcode::logical_not: return elements_1<N, B>([](B x) { return B(x == 0); });
    case Opcode::min:
    case Opcode::logical_and: return elements_2<N, B>([](B x, B y) { return B((x != 0) & (y != 0)); });
    case Opcode::max:
    case Opcode::logical_or: return elements_2<N, B>([](B x, B y) { return B((x | y) != 0); });
    case Opcode::logical_xor: return elements_2<N, B>([](B x, B y) { return B((x != 0) != (y != 0)); });
    case Opcode::equal: return elements_2<N, B>([](B x, B y) { return B((x != 0) == (y != 0)); });
    case Opcode::less: return elements_2<N, B>([](B x, B y) { return B((x == 0) & (y != 0)); });
    case Opcode::less_equal: return elements_2<N, B>([](B x, B y) { return B((x == 0) | (y != 0)); });
    default: return nullptr;
  }
}

}  // namespace tenon
