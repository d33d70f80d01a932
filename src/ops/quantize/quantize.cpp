#include "ops/quantize/quantize.h"

#include <cmath>

#include "ops/known.h"

namespace tenon {

OP(Quantize, quantize)

Types Quantize::infer(const Inputs& in) const {
  in.check_count(2, 3);
  in.check_element(0, float_types | ElementType::i32, "x");
  in.check_element(1, scale_types, "the scale");
  check(quantized_types.contains(to), ErrorId::unsupported_type, "cannot quantize to ", to, ", expected one of ",
        quantized_types);
  check(float_types.contains(precision), ErrorId::unsupported_type, "cannot divide in ", precision);
  check_scale(in[0].shape, in[1].shape);
  if (in.size() == 3) {
    in.check_element(2, to, "the zero point");
    check_zero_point(in[2], in[1]);
  }
  return {TensorType{to, in[0].shape}};
}

namespace {

struct Bounds {
  double least, most;
};
Bounds bounds_of(ElementType integers) {
  bool sign = any_signed_types.contains(integers);
  int bits = bits_of(integers);
  return {sign ? -std::ldexp(1, bits - 1) : 0, std::ldexp(1, bits - sign) - 1};
}

}  // namespace

// What is clamped is far below 2^24: sums with a zero point are exact in f32 where they count.
std::optional<Term> Quantize::pointwise(Terms in) const {
  constexpr ElementSet integers = ElementType::i8 | ElementType::u8 | ElementType::i16 | ElementType::u16;
  if (!spread || !integers.contains(to)) return {};
  ElementType wide = compute_type(precision);
  auto precise = [&](Term x) { return tenon::cast(tenon::cast(x, precision), wide); };
  Term quotient = precise(precise(in[0]) / precise(in[1]));
  Term zero = in.size() == 3 ? tenon::cast(in[2], wide) : number(quotient, 0);
  Term steps = unary(Opcode::round, quotient) + zero;
  auto [least, most] = bounds_of(to);
  steps = min(max(steps, least), most);
  if (in.size() == 3) steps = select(unary(Opcode::is_nan, quotient), zero, steps);
  return tenon::cast(steps, to);
}

void Quantize::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  auto number = [](const ConstView& view, int64_t i, ElementType as) {
    Scalar s = load_scalar(view.as<std::byte>() + i * size_bytes(view.element), view.element);
    return cast_scalar(s, view.element, as).f;
  };
  bool to_float = any_float_types.contains(to);
  auto [least, most] = to_float ? Bounds{} : bounds_of(to);
  for (int64_t i = 0, count = out[0].count(); i < count; ++i) {
    int64_t at = scale_of(i, in[0].extents, in[1].extents);
    Scalar exact{}, y{};
    exact.f = number(in[0], i, precision) / number(in[1], at, precision);
    double quotient = cast_scalar(exact, ElementType::f64, precision).f;
    double zero = in.size() == 3 ? number(in[2], at, ElementType::f64) : 0;
    if (to_float) {
      exact.f = zero == 0 ? quotient : quotient + zero;  // -0 stays
      y = cast_scalar(exact, ElementType::f64, to, {.saturate = saturate});
    } else {
      double steps = std::isnan(quotient) ? zero : std::nearbyint(quotient) + zero;
      y.i = int64_t(std::min(std::max(steps, least), most));
    }
    store_scalar(out[0].as<std::byte>() + i * size_bytes(to), to, y);
  }
}

}  // namespace tenon
