// Functions of pointwise programs on f32, over vectors of N.
#pragma once
#include "kernels/cpu/pointwise_functions.h"
#include "kernels/cpu/vector_math.h"

namespace tenon {

template <int N>
using Bytes = typename VectorOf<uint8_t, N>::type;

template <int N>
inline Ints<N> load_answers(const uint8_t* p) {  // bytes to lanes
  Bytes<N> bytes;
  std::memcpy(&bytes, p, sizeof bytes);
  return __builtin_convertvector(bytes, Ints<N>);
}
template <int N>
inline void store_answers(uint8_t* p, Ints<N> lanes) {  // 0 or -1 to 0 or 1
  Bytes<N> bytes = __builtin_convertvector(lanes & 1, Bytes<N>);
  std::memcpy(p, &bytes, sizeof bytes);
}

// Strip functions of a vector function: f(x), f(x, y), and questions, which answer in bytes.
template <int N, class F>
PointwiseFunction floats_1(F) {
  return [](const PointwiseStrip& s) {
    const float* a = static_cast<const float*>(s.in[0]);
    float* y = static_cast<float*>(s.out);
    for (int i = 0; i < s.count; i += N, a += N * s.moves[0]) store<N>(y + i, F()(load<N>(a)));
  };
}
template <int N, class F>
PointwiseFunction floats_2(F) {
  return [](const PointwiseStrip& s) {
    const float *a = static_cast<const float*>(s.in[0]), *b = static_cast<const float*>(s.in[1]);
    float* y = static_cast<float*>(s.out);
    for (int i = 0; i < s.count; i += N, a += N * s.moves[0], b += N * s.moves[1])
      store<N>(y + i, F()(load<N>(a), load<N>(b)));
  };
}
template <int N, class F>
PointwiseFunction asks_1(F) {
  return [](const PointwiseStrip& s) {
    const float* a = static_cast<const float*>(s.in[0]);
    uint8_t* y = static_cast<uint8_t*>(s.out);
    for (int i = 0; i < s.count; i += N, a += N * s.moves[0]) store_answers<N>(y + i, F()(load<N>(a)));
  };
}
template <int N, class F>
PointwiseFunction asks_2(F) {
  return [](const PointwiseStrip& s) {
    const float *a = static_cast<const float*>(s.in[0]), *b = static_cast<const float*>(s.in[1]);
    uint8_t* y = static_cast<uint8_t*>(s.out);
    for (int i = 0; i < s.count; i += N, a += N * s.moves[0], b += N * s.moves[1])
      store_answers<N>(y + i, F()(load<N>(a), load<N>(b)));
  };
}

// Lane by lane in double, rounded once.
template <int N, class F>
PointwiseFunction in_double_1(F) {
  return floats_1<N>([](Floats<N> x) {
    for (int i = 0; i < N; ++i) x[i] = float(F()(double(x[i])));
    return x;
  });
}
template <int N, class F>
PointwiseFunction in_double_2(F) {
  return floats_2<N>([](Floats<N> x, Floats<N> y) {
    for (int i = 0; i < N; ++i) x[i] = float(F()(double(x[i]), double(y[i])));
    return x;
  });
}

// x^y: a few exponents are common enough for ways of their own.
template <int N>
inline Floats<N> power(Floats<N> x, Floats<N> y) {
  if (!any<N>(y != 2.f)) return x * x;
  if (!any<N>(y != 3.f)) return x * x * x;
  if (!any<N>(y != -1.f)) return 1.f / x;
  for (int i = 0; i < N; ++i) x[i] = float(std::pow(double(x[i]), double(y[i])));
  return x;
}

template <int N>
PointwiseFunction select_floats() {
  return [](const PointwiseStrip& s) {
    const uint8_t* c = static_cast<const uint8_t*>(s.in[0]);
    const float *a = static_cast<const float*>(s.in[1]), *b = static_cast<const float*>(s.in[2]);
    float* y = static_cast<float*>(s.out);
    for (int i = 0; i < s.count; i += N, c += N * s.moves[0], a += N * s.moves[1], b += N * s.moves[2])
      store<N>(y + i, load_answers<N>(c) != 0 ? load<N>(a) : load<N>(b));
  };
}

template <int N>
PointwiseFunction float_function(Opcode code) {
  using F = Floats<N>;
  switch (code) {
    case Opcode::add: return floats_2<N>([](F x, F y) { return x + y; });
    case Opcode::sub: return floats_2<N>([](F x, F y) { return x - y; });
    case Opcode::mul: return floats_2<N>([](F x, F y) { return x * y; });
    case Opcode::div: return floats_2<N>([](F x, F y) { return x / y; });
    case Opcode::floor_div: return in_double_2<N>([](double x, double y) { return std::floor(x / y); });
    case Opcode::fmod: return in_double_2<N>([](double x, double y) { return std::fmod(x, y); });
    case Opcode::pow: return floats_2<N>([](F x, F y) { return power<N>(x, y); });
    case Opcode::max: return floats_2<N>([](F x, F y) { return max<N>(x, y); });
    case Opcode::min: return floats_2<N>([](F x, F y) { return min<N>(x, y); });
    case Opcode::neg: return floats_1<N>([](F x) { return -x; });
    case Opcode::abs: return floats_1<N>([](F x) { return abs<N>(x); });
    case Opcode::sign: return floats_1<N>([](F x) { return x > 0.f ? F{} + 1.f : x < 0.f ? F{} - 1.f : x; });
    case Opcode::exp: return floats_1<N>([](F x) { return exp_near<N>(x); });
    case Opcode::log: return floats_1<N>([](F x) { return log_near<N>(x); });
    case Opcode::sqrt: return floats_1<N>([](F x) { return sqrt<N>(x); });
    case Opcode::sin: return in_double_1<N>([](double x) { return std::sin(x); });
    case Opcode::cos: return in_double_1<N>([](double x) { return std::cos(x); });
    case Opcode::tan: return in_double_1<N>([](double x) { return std::tan(x); });
    case Opcode::sinh: return in_double_1<N>([](double x) { return std::sinh(x); });
    case Opcode::cosh: return in_double_1<N>([](double x) { return std::cosh(x); });
    case Opcode::tanh: return floats_1<N>([](F x) { return tanh_near<N>(x); });
    case Opcode::asin: return in_double_1<N>([](double x) { return std::asin(x); });
    case Opcode::acos: return in_double_1<N>([](double x) { return std::acos(x); });
    case Opcode::atan: return in_double_1<N>([](double x) { return std::atan(x); });
    case Opcode::asinh: return in_double_1<N>([](double x) { return std::asinh(x); });
    case Opcode::acosh: return in_double_1<N>([](double x) { return std::acosh(x); });
    case Opcode::atanh: return in_double_1<N>([](double x) { return std::atanh(x); });
    case Opcode::erf: return floats_1<N>([](F x) { return erf_near<N>(x); });
    case Opcode::floor: return floats_1<N>([](F x) { return floor<N>(x); });
    case Opcode::ceil: return floats_1<N>([](F x) { return -floor<N>(-x); });
    case Opcode::round: return floats_1<N>([](F x) { return round<N>(x); });
    case Opcode::is_nan: return asks_1<N>([](F x) { return x != x; });
    case Opcode::is_inf: return asks_1<N>([](F x) { return abs<N>(x) == INFINITY; });
    case Opcode::equal: return asks_2<N>([](F x, F y) { return x == y; });
    case Opcode::less: return asks_2<N>([](F x, F y) { return x < y; });
    case Opcode::less_equal: return asks_2<N>([](F x, F y) { return x <= y; });
    default: return nullptr;
  }
}

}  // namespace tenon
