#include "ops/quantize/quantize.h"

#include <cmath>
#include <limits>

#include "base/dispatch.h"
#include "ops/known.h"

namespace tenon {

OP(Quantize, quantize)

Types Quantize::infer(const Inputs& in) const {
  in.check_count(2, 3);
  in.check_element(0, float_types | ElementType::i32, "x");
  in.check_element(1, float_types, "the scale");
  check(quantized_types.contains(to), ErrorId::unsupported_type, "cannot quantize to ", to, ", expected one of ",
        quantized_types);
  check(float_types.contains(precision), ErrorId::unsupported_type, "cannot divide in ", precision);
  check_scale(in[0].shape, in[1].shape);
  if (in.size() == 3) {
    in.check_element(2, to, "the zero point");
    check(in[2].shape.size() == in[1].shape.size(), "the zero point is ", in[2], ", the scale ", in[1]);
    for (size_t d = 0; d < in[1].shape.size(); ++d)
      check_same_extent(in[2].shape[d], in[1].shape[d], "the zero point", in[2].shape, in[1].shape);
  }
  return {TensorType{to, in[0].shape}};
}

void Quantize::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  auto number = [](const ConstView& view, int64_t i, ElementType as) {
    Scalar s = load_scalar(view.as<std::byte>() + i * size_bytes(view.element), view.element);
    return cast_scalar(s, view.element, as).f;
  };
  dispatch(to, [&]<class T>() {
    if constexpr (std::is_integral_v<T>)
      for (int64_t i = 0, count = out[0].count(); i < count; ++i) {
        int64_t at = scale_of(i, in[0].extents, in[1].extents);
        Scalar quotient{};
        quotient.f = number(in[0], i, precision) / number(in[1], at, precision);
        double steps = std::nearbyint(cast_scalar(quotient, ElementType::f64, precision).f);
        double zero = in.size() == 3 ? double(in[2].as<T>()[at]) : 0, least = double(std::numeric_limits<T>::lowest());
        double y = std::isnan(steps) ? zero : steps + zero;
        out[0].as<T>()[i] = T(std::min(std::max(y, least), double(std::numeric_limits<T>::max())));
      }
  });
}

}  // namespace tenon
