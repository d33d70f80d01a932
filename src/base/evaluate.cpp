// Evaluating pointwise expressions one element at a time: the meaning that kernels must match.
#include <cmath>
#include <limits>

#include "base/dispatch.h"
#include "base/expression.h"

namespace tenon {

namespace {

template <class T>
Scalar to_scalar(T x) {
  Scalar s{};
  if constexpr (is_half<T>) s.f = double(float(x));
  else if constexpr (std::is_floating_point_v<T>) s.f = x;
  else if constexpr (std::is_signed_v<T> || std::is_same_v<T, bool>) s.i = x;
  else s.u = x;
  return s;
}

template <class T>
T from_scalar(Scalar s) {  // of the same kind: float, signed or unsigned
  if constexpr (std::is_same_v<T, bool>) return s.i != 0;
  else if constexpr (std::is_same_v<T, float>) return float(s.f);
  else if constexpr (is_float<T>) return T(s.f);
  else if constexpr (std::is_signed_v<T>) return T(s.i);
  else return T(s.u);
}

// Truncates; what does not fit saturates at 64 bits (narrower types then wrap), NaN gives 0.
template <class T>
T truncated(double x) {
  if (std::isnan(x)) return 0;
  if (x <= double(std::numeric_limits<T>::min())) return std::numeric_limits<T>::min();
  if (x >= -2.0 * double(std::numeric_limits<T>::min() / 2) && std::is_signed_v<T>)
    return std::numeric_limits<T>::max();
  if (!std::is_signed_v<T> && x >= 0x1p64) return std::numeric_limits<T>::max();
  return T(x);
}

bool is_float_type(ElementType e) { return any_float_types.contains(e); }

Scalar small_scalar(uint8_t byte, ElementType type) {
  Scalar s{};
  int above = 8 - bits_of(type);
  if (is_float_type(type)) s.f = small_float_value(type, byte);
  else if (small_signed_types.contains(type)) s.i = int8_t(byte << above) >> above;
  else s.u = uint8_t(byte << above) >> above;
  return s;
}

uint8_t small_byte(Scalar s, ElementType type, Narrow narrow) {
  int above = 8 - bits_of(type);
  if (is_float_type(type)) return small_float_code(type, s.f, narrow);
  if (small_signed_types.contains(type)) return uint8_t(int8_t(s.u << above) >> above);
  return uint8_t(uint8_t(s.u << above) >> above);
}

// Exact, or with the last bit set where bits are lost: what rounds it further, to far fewer bits, then rounds once.
double sticky_double(uint64_t magnitude) {
  constexpr uint64_t lost = 0xfff, sticky = 0x800;
  if (magnitude >> 53) magnitude = (magnitude & ~lost) | (magnitude & lost ? sticky : 0);
  return double(magnitude);
}

double apply_float(Opcode code, double a, double b) {
  switch (code) {
    case Opcode::add: return a + b;
    case Opcode::sub: return a - b;
    case Opcode::mul: return a * b;
    case Opcode::div: return a / b;
    case Opcode::floor_div: return std::floor(a / b);
    case Opcode::fmod: return std::fmod(a, b);
    case Opcode::pow: return std::pow(a, b);
    case Opcode::max: return std::isnan(a) || a > b ? a : b;
    case Opcode::min: return std::isnan(a) || a < b ? a : b;
    case Opcode::neg: return -a;
    case Opcode::abs: return std::fabs(a);
    case Opcode::sign: return a > 0 ? 1 : a < 0 ? -1 : a;
    case Opcode::exp: return std::exp(a);
    case Opcode::log: return std::log(a);
    case Opcode::sqrt: return std::sqrt(a);
    case Opcode::sin: return std::sin(a);
    case Opcode::cos: return std::cos(a);
    case Opcode::tan: return std::tan(a);
    case Opcode::sinh: return std::sinh(a);
    case Opcode::cosh: return std::cosh(a);
    case Opcode::tanh: return std::tanh(a);
    case Opcode::asin: return std::asin(a);
    case Opcode::acos: return std::acos(a);
    case Opcode::atan: return std::atan(a);
    case Opcode::asinh: return std::asinh(a);
    case Opcode::acosh: return std::acosh(a);
    case Opcode::atanh: return std::atanh(a);
    case Opcode::erf: return std::erf(a);
    case Opcode::floor: return std::floor(a);
    case Opcode::ceil: return std::ceil(a);
    case Opcode::round: return std::nearbyint(a);  // ties to even
    default: fail(ErrorId::internal, name_of(code), " is not defined on floats");
  }
}

uint64_t power(uint64_t base, uint64_t exponent) {
  uint64_t result = 1;
  for (; exponent; exponent >>= 1, base *= base)
    if (exponent & 1) result *= base;
  return result;
}

int64_t divide(int64_t a, int64_t b) {  // by 0 gives 0; the one overflow wraps
  if (b == 0) return 0;
  return b == -1 ? int64_t(0 - uint64_t(a)) : a / b;
}

int64_t apply_signed(Opcode code, int64_t a, int64_t b) {
  uint64_t x = uint64_t(a), y = uint64_t(b);
  switch (code) {
    case Opcode::add: return int64_t(x + y);
    case Opcode::sub: return int64_t(x - y);
    case Opcode::mul: return int64_t(x * y);
    case Opcode::div: return divide(a, b);
    case Opcode::floor_div: {
      int64_t q = divide(a, b);
      return b != 0 && b != -1 && a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
    }
    case Opcode::fmod: return b == 0 || b == -1 ? 0 : a % b;
    case Opcode::pow:
      if (b < 0) return a == 1 ? 1 : a == -1 ? (b % 2 ? -1 : 1) : 0;
      return int64_t(power(x, y));
    case Opcode::max: return a > b ? a : b;
    case Opcode::min: return a < b ? a : b;
    case Opcode::neg: return int64_t(0 - x);
    case Opcode::abs: return a < 0 ? int64_t(0 - x) : a;
    case Opcode::sign: return (a > 0) - (a < 0);
    case Opcode::floor:
    case Opcode::ceil:
    case Opcode::round: return a;
    default: fail(ErrorId::internal, name_of(code), " is not defined on integers");
  }
}

uint64_t apply_unsigned(Opcode code, uint64_t a, uint64_t b) {
  switch (code) {
    case Opcode::div:
    case Opcode::floor_div: return b ? a / b : 0;
    case Opcode::fmod: return b ? a % b : 0;
    case Opcode::pow: return power(a, b);
    case Opcode::max: return a > b ? a : b;
    case Opcode::min: return a < b ? a : b;
    case Opcode::abs: return a;
    case Opcode::sign: return a > 0;
    default: return uint64_t(apply_signed(code, int64_t(a), int64_t(b)));
  }
}

template <class T>
bool compare(Opcode code, T a, T b) {
  return code == Opcode::equal ? a == b : code == Opcode::less ? a < b : a <= b;
}

bool apply_logic(Opcode code, bool a, bool b) {
  switch (code) {
    case Opcode::logical_not: return !a;
    case Opcode::logical_and: return a && b;
    case Opcode::logical_or: return a || b;
    case Opcode::max: return a || b;
    case Opcode::min: return a && b;
    default: return a != b;
  }
}

}  // namespace

Scalar load_scalar(const void* from, ElementType type) {
  if (small_types.contains(type)) return small_scalar(*static_cast<const uint8_t*>(from), type);
  return dispatch(type, [&]<class T>() { return to_scalar(*static_cast<const T*>(from)); });
}

void store_scalar(void* to, ElementType type, Scalar value) {
  if (small_types.contains(type)) {
    *static_cast<uint8_t*>(to) = small_byte(value, type, {.saturate = false, .round = PowerRound::nearest});
    return;
  }
  dispatch(type, [&]<class T>() { *static_cast<T*>(to) = from_scalar<T>(value); });
}

Scalar cast_scalar(Scalar value, ElementType from, ElementType to, Narrow narrow) {
  Scalar result{};
  if (is_float_type(from)) {
    if (is_float_type(to)) result = value;
    else if (to == ElementType::boolean) result.i = value.f != 0;
    else if (any_signed_types.contains(to)) result.i = truncated<int64_t>(value.f);
    else if (value.f < 0) result.i = truncated<int64_t>(value.f);
    else result.u = truncated<uint64_t>(value.f);
  } else if (small_float_types.contains(to)) {
    bool negative = !any_unsigned_types.contains(from) && value.i < 0;
    result.f = negative ? -sticky_double(0 - value.u) : sticky_double(value.u);
  } else if (is_float_type(to)) {
    result.f = any_unsigned_types.contains(from) ? double(value.u) : double(value.i);
    if (to == ElementType::f32) result.f = any_unsigned_types.contains(from) ? float(value.u) : float(value.i);
  } else {
    result = value;
    if (to == ElementType::boolean) result.i = value.u != 0;
  }
  if (small_types.contains(to)) return small_scalar(small_byte(result, to, narrow), to);
  return dispatch(to, [&]<class T>() { return to_scalar(from_scalar<T>(result)); });
}

Scalar apply(const Instruction& at, ElementType operand, Scalar a, Scalar b, Scalar c) {
  Scalar result{};
  if (at.code == Opcode::cast) return cast_scalar(a, operand, at.type);
  if (at.code == Opcode::select) return a.i ? b : c;
  if (at.code >= Opcode::equal && at.code <= Opcode::less_equal)
    result.i = is_float_type(operand)             ? compare(at.code, a.f, b.f)
               : unsigned_types.contains(operand) ? compare(at.code, a.u, b.u)
                                                  : compare(at.code, a.i, b.i);
  else if (at.code == Opcode::is_nan) result.i = is_float_type(operand) && std::isnan(a.f);
  else if (at.code == Opcode::is_inf) result.i = is_float_type(operand) && std::isinf(a.f);
  else if (operand == ElementType::boolean) result.i = apply_logic(at.code, a.i, b.i);
  else if (operand == ElementType::f32) result.f = float(apply_float(at.code, a.f, b.f));
  else if (operand == ElementType::f64) result.f = apply_float(at.code, a.f, b.f);
  else if (unsigned_types.contains(operand)) result.u = apply_unsigned(at.code, a.u, b.u);
  else result.i = apply_signed(at.code, a.i, b.i);
  return result;
}

Scalar evaluate(const Expression& e, std::span<const Scalar> inputs) {
  std::vector<Scalar> value(e.list.size());
  for (size_t i = 0; i < e.list.size(); ++i) {
    const Instruction& at = e.list[i];
    if (at.code == Opcode::input) {
      value[i] = inputs[size_t(at.a)];
    } else if (at.code == Opcode::number) {
      Scalar s{};
      s.f = at.number;
      value[i] = cast_scalar(s, ElementType::f64, at.type);
    } else {
      auto operand = [&](int k) { return k >= 0 ? value[size_t(k)] : Scalar{}; };
      value[i] = apply(at, e.list[size_t(at.a)].type, operand(at.a), operand(at.b), operand(at.c));
    }
  }
  return value[size_t(e.result)];
}

}  // namespace tenon
