// Functions of pointwise programs on f32, over vectors of N.
#pragma once
#include "kernels/cpu/pointwise_functions.h"
#include "kernels/cpu/vector_math.h"

namespace tenon {

// Answers lie in memory as bytes, 0 or 1, and in registers as lanes, 0 or -1; any other byte is true as well.
template <int N>
inline Ints<N> load_answers(const uint8_t* p) {
#ifdef __AVX512BW__
  if constexpr (N == 16) {
    __m128i bytes = _mm_loadu_si128((const __m128i*)p);
    return (Ints<N>)_mm512_movm_epi32(_mm_test_epi8_mask(bytes, bytes));
  }
#endif
#ifdef __AVX2__
  if constexpr (N == 8) return (Ints<N>)_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i*)p)) != 0;
#endif
  typename VectorOf<uint8_t, N>::type bytes;
  std::memcpy(&bytes, p, sizeof bytes);
  return __builtin_convertvector(bytes, Ints<N>) != 0;
}
template <int N>
inline void store_answers(uint8_t* p, Ints<N> lanes) {
#ifdef __AVX512BW__
  if constexpr (N == 16)
    return _mm_storeu_si128((__m128i*)p, _mm_maskz_set1_epi8(_mm512_movepi32_mask((__m512i)lanes), 1));
#endif
#ifdef __AVX2__
  if constexpr (N == 8) {
    __m256i all = (__m256i)lanes;
    __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));
    return _mm_storel_epi64((__m128i*)p, _mm_and_si128(_mm_packs_epi16(words, words), _mm_set1_epi8(1)));
  }
#endif
  auto bytes = __builtin_convertvector(lanes & 1, typename VectorOf<uint8_t, N>::type);
  std::memcpy(p, &bytes, sizeof bytes);
}

// An operand of a strip, vector by vector. What a strip says is read once: stores could change it, for all that the
// compiler knows.
template <int N, class T>
struct Reader {
  const T* at;
  int step;
  Reader(const PointwiseStrip& s, int k) : at(static_cast<const T*>(s.in[k])), step(N * s.moves[k]) {}
  const T* next() {
    const T* now = at;
    at += step;
    return now;
  }
};

// Strip functions of a vector function: f(x), f(x, y), and questions, which answer in bytes.
template <int N, class F>
PointwiseFunction floats_1(F) {
  return [](const PointwiseStrip& s) {
    Reader<N, float> a(s, 0);
    float* y = static_cast<float*>(s.out);
    for (float* end = y + s.count; y != end; y += N) store<N>(y, F()(load<N>(a.next())));
  };
}
template <int N, class F>
PointwiseFunction floats_2(F) {
  return [](const PointwiseStrip& s) {
    Reader<N, float> a(s, 0), b(s, 1);
    float* y = static_cast<float*>(s.out);
#pragma GCC unroll 4
    for (float* end = y + s.count; y != end; y += N) store<N>(y, F()(load<N>(a.next()), load<N>(b.next())));
  };
}
template <int N, class F>
PointwiseFunction asks_1(F) {
  return [](const PointwiseStrip& s) {
    Reader<N, float> a(s, 0);
    uint8_t* y = static_cast<uint8_t*>(s.out);
    for (uint8_t* end = y + s.count; y != end; y += N) store_answers<N>(y, F()(load<N>(a.next())));
  };
}
template <int N, class F>
PointwiseFunction asks_2(F) {
  return [](const PointwiseStrip& s) {
    Reader<N, float> a(s, 0), b(s, 1);
    uint8_t* y = static_cast<uint8_t*>(s.out);
    for (uint8_t* end = y + s.count; y != end; y += N) store_answers<N>(y, F()(load<N>(a.next()), load<N>(b.next())));
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
    Reader<N, uint8_t> c(s, 0);
    Reader<N, float> a(s, 1), b(s, 2);
    float* y = static_cast<float*>(s.out);
    for (float* end = y + s.count; y != end; y += N) {
      Ints<N> chosen = load_answers<N>(c.next());
      Floats<N> yes = load<N>(a.next()), no = load<N>(b.next());
      store<N>(y, chosen ? yes : no);
    }
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
    case Opcode::sin: return floats_1<N>([](F x) { return sin_near<N>(x, false); });
    case Opcode::cos: return floats_1<N>([](F x) { return sin_near<N>(x, true); });
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
