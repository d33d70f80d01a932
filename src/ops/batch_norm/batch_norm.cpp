#include "ops/batch_norm/batch_norm.h"

#include <cmath>

#include "base/dispatch.h"
#include "ops/known.h"

namespace tenon {

OP(BatchNorm, batch_norm)

Types BatchNorm::infer(const Inputs& in) const {
  static constexpr const char* names[] = {"x", "scale", "bias", "mean", "variance"};
  in.check_count(5, 5);
  for (int i = 0; i < 5; ++i) in.check_element(i, float_types, names[i]);
  check(std::isfinite(epsilon) && epsilon >= 0, "epsilon is ", epsilon, ", the least is 0");
  const Shape& x = in[0].shape;
  check(!x.empty(), "x is a scalar, expected [N,C,…]");
  Dim channels = x.size() > 1 ? x[1] : Dim(1);
  for (int i = 1; i < 5; ++i) {
    const Shape& s = in[i].shape;
    check(s.size() == 1 && (!s[0].known() || !channels.known() || s[0] == channels), names[i], " has shape ", s,
          ", expected [", channels, "] for x ", x);
  }
  return {in[0]};
}

void BatchNorm::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  const ConstView& x = in[0];
  auto number = [&](int operand, int64_t c) {
    ElementType type = in[size_t(operand)].element;
    return load_scalar(in[size_t(operand)].as<std::byte>() + c * size_bytes(type), type).f;
  };
  int64_t channels = x.rank() > 1 ? x[1] : 1, plane = x.rank() > 1 ? x.extents.count_between(2, x.rank()) : x[0];
  dispatch(x.element, [&]<class T>() {
    if constexpr (is_float<T>)
      for (int64_t row = 0, rows = x.rank() > 1 ? x[0] * channels : 1; row < rows; ++row) {
        int64_t c = row % channels;
        double factor = number(1, c) / std::sqrt(number(4, c) + epsilon), bias = number(2, c), mean = number(3, c);
        for (int64_t i = row * plane; i < (row + 1) * plane; ++i)
          out[0].as<T>()[i] = T((double(x.as<T>()[i]) - mean) * factor + bias);
      }
  });
}

}  // namespace tenon
