#include "ops/dequantize/dequantize.h"

#include "ops/known.h"
#include "ops/quantize/quantize.h"

namespace tenon {

OP(Dequantize, dequantize)

constexpr ElementSet taken = quantized_types | ElementType::i32;

Types Dequantize::infer(const Inputs& in) const {
  in.check_count(2, 3);
  in.check_element(0, taken, "x");
  in.check_element(1, scale_types, "the scale");
  check(float_types.contains(to), ErrorId::unsupported_type, "cannot dequantize to ", to);
  check_scale(in[0].shape, in[1].shape);
  if (in.size() == 3) {
    in.check_same_element(0, 2);
    check_zero_point(in[2], in[1]);
  }
  return {TensorType{to, in[0].shape}};
}

// In f32 where the product has room there, or is rounded to f32 at once; else in f64, which holds all products.
std::optional<Term> Dequantize::pointwise(Terms in) const {
  ElementType x = in[0].type(), scale = in[1].type();
  if (!spread || small_types.contains(x) || scale == ElementType::f8e8m0) return {};
  bool bytes = size_bytes(x) == 1, half_scale = half_types.contains(scale);
  bool narrow = x != ElementType::i32 && ((to == ElementType::f32 && scale != ElementType::f64) ||
                                          (half_types.contains(to) && half_scale && bytes));
  ElementType wide = narrow ? ElementType::f32 : ElementType::f64;
  Term steps = tenon::cast(in[0], wide);
  if (in.size() == 3) steps = steps - tenon::cast(in[2], wide);
  return tenon::cast(steps * tenon::cast(in[1], wide), to);
}

void Dequantize::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  auto number = [](const ConstView& view, int64_t i) {
    Scalar s = load_scalar(view.as<std::byte>() + i * size_bytes(view.element), view.element);
    return cast_scalar(s, view.element, ElementType::f64).f;
  };
  int64_t bytes = size_bytes(to);
  for (int64_t i = 0, count = out[0].count(); i < count; ++i) {
    int64_t at = scale_of(i, in[0].extents, in[1].extents);
    double steps = number(in[0], i);
    if (in.size() == 3) steps -= number(in[2], at);
    Scalar y{};
    y.f = steps * number(in[1], at);
    store_scalar(out[0].as<std::byte>() + i * bytes, to, y);
  }
}

}  // namespace tenon
