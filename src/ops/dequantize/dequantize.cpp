#include "ops/dequantize/dequantize.h"

#include "base/dispatch.h"
#include "ops/known.h"

namespace tenon {

OP(Dequantize, dequantize)

constexpr ElementSet taken = ElementType::i8 | ElementType::u8 | ElementType::i16 | ElementType::u16 | ElementType::i32;

Types Dequantize::infer(const Inputs& in) const {
  in.check_count(2, 3);
  in.check_element(0, taken, "x");
  in.check_element(1, float_types, "the scale");
  check(float_types.contains(to), ErrorId::unsupported_type, "cannot dequantize to ", to);
  check_scale(in[0].shape, in[1].shape);
  if (in.size() == 3) {
    in.check_same_element(0, 2);
    check(in[2].shape.size() == in[1].shape.size(), "the zero point is ", in[2], ", the scale ", in[1]);
    for (size_t d = 0; d < in[1].shape.size(); ++d)
      check_same_extent(in[2].shape[d], in[1].shape[d], "the zero point", in[2].shape, in[1].shape);
  }
  return {TensorType{to, in[0].shape}};
}

void Dequantize::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  int64_t bytes = size_bytes(to), scale_bytes = size_bytes(in[1].element);
  for (int64_t i = 0, count = out[0].count(); i < count; ++i) {
    int64_t at = scale_of(i, in[0].extents, in[1].extents);
    int64_t steps = integer_at(in[0], i) - (in.size() == 3 ? integer_at(in[2], at) : 0);
    Scalar y{};
    y.f = double(steps) * load_scalar(in[1].as<std::byte>() + at * scale_bytes, in[1].element).f;
    store_scalar(out[0].as<std::byte>() + i * bytes, to, y);
  }
}

}  // namespace tenon
