// One implementation for all of them, with the definition's own words as parameters (OCP 8-bit and MX specifications;
// `fnuz`: arXiv 2206.02915).
#include "base/small_floats.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tenon {

namespace {

enum class Special {
  infinity,     // the largest exponent is for infinity (mantissa 0) and NaN
  one_nan,      // all bits set are NaN, and there is no infinity
  zero_is_nan,  // the code of -0 is the only NaN
  none,
};

struct SmallFloat {
  ElementType type;
  int exponent_bits, mantissa_bits, bias;
  Special special;

  int sign() const { return 1 << (exponent_bits + mantissa_bits); }  // the bit
  int infinity() const { return ((1 << exponent_bits) - 1) << mantissa_bits; }
  int largest() const {  // finite code
    if (special == Special::infinity) return infinity() - 1;
    return special == Special::one_nan ? sign() - 2 : sign() - 1;
  }
  int nan(int negative) const {
    if (special == Special::infinity) return negative | infinity() | 1 << (mantissa_bits - 1);
    return special == Special::one_nan ? negative | (sign() - 1) : sign();
  }
};

constexpr SmallFloat formats[] = {{ElementType::f8e4m3fn, 4, 3, 7, Special::one_nan},
                                  {ElementType::f8e4m3fnuz, 4, 3, 8, Special::zero_is_nan},
                                  {ElementType::f8e5m2, 5, 2, 15, Special::infinity},
                                  {ElementType::f8e5m2fnuz, 5, 2, 16, Special::zero_is_nan},
                                  {ElementType::f4e2m1, 2, 1, 1, Special::none}};

const SmallFloat& format_of(ElementType type) {
  for (const SmallFloat& f : formats)
    if (f.type == type) return f;
  fail(ErrorId::internal, type, " is no small float");
}

constexpr int power_bias = 127, power_nan = 255, largest_power = 254;

uint8_t power_code(double x, Narrow narrow) {
  if (std::isnan(x) || x < 0) return power_nan;
  int exponent = x == 0 ? -10'000 : 10'000;
  if (x > 0 && std::isfinite(x)) {
    double fraction = 2 * std::frexp(x, &exponent);  // from 1 to 2
    --exponent;
    exponent += narrow.round == PowerRound::up ? fraction > 1 : narrow.round == PowerRound::nearest && fraction >= 1.5;
  }
  int code = exponent + power_bias;
  if (code >= 0 && code <= largest_power) return uint8_t(code);
  return narrow.saturate ? uint8_t(std::clamp(code, 0, largest_power)) : power_nan;
}

}  // namespace

double small_float_value(ElementType type, uint8_t code) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  if (type == ElementType::f8e8m0) return code == power_nan ? nan : std::ldexp(1, code - power_bias);
  const SmallFloat& f = format_of(type);
  int magnitude = code & (f.sign() - 1), fraction = magnitude & ((1 << f.mantissa_bits) - 1);
  int exponent = magnitude >> f.mantissa_bits;
  bool negative = code & f.sign();
  double value;
  if (f.special == Special::zero_is_nan && negative && magnitude == 0) return nan;
  if (magnitude > f.largest()) value = f.special == Special::infinity && fraction == 0 ? infinity : nan;
  else if (exponent == 0) value = std::ldexp(fraction, 1 - f.bias - f.mantissa_bits);
  else value = std::ldexp(fraction + (1 << f.mantissa_bits), exponent - f.bias - f.mantissa_bits);
  return std::copysign(value, negative ? -1 : 1);
}

uint8_t small_float_code(ElementType type, double x, Narrow narrow) {
  if (type == ElementType::f8e8m0) return power_code(x, narrow);
  const SmallFloat& f = format_of(type);
  int negative = std::signbit(x) ? f.sign() : 0;
  if (std::isnan(x)) return uint8_t(f.nan(negative));
  int code = f.largest() + 1;
  if (std::isfinite(x)) {
    int exponent = 1 - f.bias;  // of subnormals, 0 among them
    if (x != 0) exponent = std::max(exponent, std::ilogb(x));
    double steps = std::nearbyint(std::ldexp(std::fabs(x), f.mantissa_bits - exponent));  // ties to even
    if (exponent <= f.bias + 1) code = ((exponent + f.bias - 1) << f.mantissa_bits) + int(steps);
  }
  if (code > f.largest()) {
    if (narrow.saturate || f.special == Special::none) code = f.largest();
    else if (f.special != Special::infinity) return uint8_t(f.nan(negative));
    else code = f.infinity();
  }
  if (code == 0 && f.special == Special::zero_is_nan) return 0;
  return uint8_t(negative | code);
}

}  // namespace tenon
