// Functions of vectors, close to their correct rounding: what a later subtraction leaves is still right.
#pragma once
#include <cmath>

#include "kernels/cpu/simd.h"

namespace tenon {

// c[0] + c[1] x + c[2] x² + …
template <int N, int terms>
inline Floats<N> polynomial(Floats<N> x, const float (&c)[terms]) {
  Floats<N> y = splat<N>(c[terms - 1]);
#pragma GCC unroll 16
  for (int k = terms - 2; k >= 0; --k) y = fma<N>(y, x, splat<N>(c[k]));
  return y;
}

// y * 2^n for whole n from -151 to 128; two factors, for one alone would overflow or flush.
template <int N>
inline Floats<N> scale_by_power(Floats<N> y, Floats<N> n) {
#ifdef __AVX512F__
  if constexpr (N == 16) return (Floats<N>)_mm512_scalef_ps((__m512)y, (__m512)n);
#endif
  Ints<N> all = __builtin_convertvector(n, Ints<N>), first = all >> 1;
  return y * (Floats<N>)((first + 127) << 23) * (Floats<N>)((all - first + 127) << 23);
}

// e^x = 2^n (1 + r + tail), |r| <= ln 2 / 2; the tail's error is below 2^-34.
template <int N>
struct ExpParts {
  Floats<N> n, r, tail;
  explicit ExpParts(Floats<N> x) {
    n = round_small<N>(x * 0x1.715476p+0f);
    r = fma<N>(n, splat<N>(-0x1.62e4p-1f), x);  // exact
    r = fma<N>(n, splat<N>(-0x1.7f7d1cp-20f), r);
    constexpr float q[] = {.5f, 0x1.555556p-3f, 0x1.555480p-5f, 0x1.11107cp-7f, 0x1.6d9684p-10f, 0x1.a1b804p-13f};
    tail = r * r * polynomial<N>(r, q);
  }
};

// e^x within 0.8 ulp, within 0.51 where |x| < 0.1.
template <int N>
inline Floats<N> exp_near(Floats<N> x) {
  ExpParts<N> e(clamp<N>(x, -104, 89));
  Floats<N> sum = 1.f + e.r, lost = e.r - (sum - 1.f);
  return scale_by_power<N>(sum + (lost + e.tail), e.n);
}

// Natural logarithm within 1 ulp: x = 2^k (1 + f), s = f / (2 + f), ln(1 + f) = f - (f²/2 - s (f²/2 + R(s²))).
template <int N>
inline Floats<N> log_near(Floats<N> x) {
  using F = Floats<N>;
  using I = Ints<N>;
  I tiny = x < 0x1p-126f;
  F scaled = tiny ? x * 0x1p25f : x;
  using Bits = typename VectorOf<uint32_t, N>::type;
  Bits bits = (Bits)scaled - 0x3f3504f3;  // of the root of 1/2: 1 + f lies between it and the root of 2
  F k = __builtin_convertvector((I)bits >> 23, F) - (tiny ? splat<N>(25.f) : F{});
  F f = (F)((bits & 0x007fffff) + 0x3f3504f3) - 1.f;
  F s = f / (2.f + f), z = s * s, half = .5f * f * f;
  constexpr float c[] = {0x1.555556p-1f, 0x1.999a36p-2f, 0x1.2448a4p-2f, 0x1.e0ca42p-3f};
  F low = fma<N>(s, half + z * polynomial<N>(z, c), k * 0x1.7f7d1cp-20f);
  F y = k * 0x1.62e4p-1f - ((half - low) - f);
  y = x == INFINITY ? x : x == 0.f ? splat<N>(-INFINITY) : y;
  return x >= 0.f ? y : x != x ? x : splat<N>(NAN);
}

// Within 2.5 ulp: (e^2a - 1) / (e^2a + 1) for small a = |x|, and 1 - 2 / (e^2a + 1), which knows its distance from 1
// better.
template <int N>
inline Floats<N> tanh_near(Floats<N> x) {
  using F = Floats<N>;
  F a = abs<N>(x);
  ExpParts<N> e(clamp<N>(a + a, 0, 20));
  F power = power_of_two<N>(e.n), less_one = fma<N>(power, e.r + e.tail, power - 1.f);
  Ints<N> large = a > .6f;
  F quotient = (large ? splat<N>(-2.f) : less_one) / (less_one + 2.f);
  F y = large ? 1.f + quotient : quotient;
  return with_sign_of<N>(x, y);
}

// Within 1.4 ulp: x + x P(x²) up to 1, then 1 - e^G(x - 1), where G is the logarithm of 1 - erf.
template <int N>
inline Floats<N> erf_near(Floats<N> x) {
  using F = Floats<N>;
  F a = abs<N>(x);
  constexpr float p[] = {0x1.06eba8p-3f, -0x1.81273ep-2f,  0x1.ce2d20p-4f, -0x1.b7fbb4p-6f,
                         0x1.5419f6p-8f, -0x1.a485ecp-11f, 0x1.4ae4d0p-14f};
  constexpr float g[] = {-0x1.d97fc0p+0f, -0x1.51c9b0p+1f, -0x1.afabbcp-1f, -0x1.547cf0p-5f,
                         0x1.4933c0p-7f,  -0x1.07b664p-9f, 0x1.2f9790p-12f, -0x1.6bd7eap-16f};
  F near = fma<N>(a, polynomial<N>(a * a, p), a);
  F t = clamp<N>(a, 0, 4) - 1.f;
  F far = 1.f - exp_near<N>(polynomial<N>(t, g));
  F y = a < 1.f ? near : far;
  return with_sign_of<N>(x, y);
}

// sin x, or cos x = sin (x + quarter turn), within 1.6 ulp: x = k pi/2 + r by three fused steps, which keep r exact
// enough while |x| < 2^15. Larger x, and machines that do not fuse, go lane by lane in double.
template <int N>
inline Floats<N> sin_near(Floats<N> x, bool cosine) {
  using F = Floats<N>;
  using I = Ints<N>;
  if (N == 4 || any<N>(~(abs<N>(x) < 0x1p15f))) {
    for (int i = 0; i < N; ++i) x[i] = float(cosine ? std::cos(double(x[i])) : std::sin(double(x[i])));
    return x;
  }
  F k = round_small<N>(x * 0x1.45f306p-1f);
  F r = fma<N>(k, splat<N>(-0x1.921fb6p+0f), x);
  r = fma<N>(k, splat<N>(0x1.777a5cp-25f), r);
  r = fma<N>(k, splat<N>(0x1.ee59dap-50f), r);
  I quarters = __builtin_convertvector(k, I) + int(cosine);
  F z = r * r;
  constexpr float s[] = {-0x1.555546p-3f, 0x1.11075cp-7f, -0x1.994cfap-13f};
  constexpr float c[] = {0x1.55554ap-5f, -0x1.6c0c86p-10f, 0x1.9a00cep-16f};
  F sine = fma<N>(z * r, polynomial<N>(z, s), r), rest = fma<N>(z * z, polynomial<N>(z, c), z * -.5f);
  F y = (quarters & 1) != 0 ? 1.f + rest : sine;
  return (F)((I)y ^ (quarters & 2) << 30);
}

}  // namespace tenon
