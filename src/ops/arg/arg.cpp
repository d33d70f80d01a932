#include "ops/arg/arg.h"

#include "base/dispatch.h"
#include "ops/known.h"

namespace tenon {

OP(Arg, arg)

Types Arg::infer(const Inputs& in) const {
  in.check_count(1, 1);
  in.check_element(0, number_types, "x");
  TensorType y{ElementType::i64, in[0].shape};
  auto along = y.shape.begin() + axis_of(axis, in[0].rank());
  check(!along->is(0), "axis ", axis, " of ", in[0], " has no elements");
  if (keep_dims) *along = 1;
  else y.shape.erase(along);
  return {y};
}

void Arg::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  const ConstView& x = in[0];
  int along = axis_of(axis, x.rank());
  int64_t length = x[along], step = x.extents.count_between(along + 1, x.rank());
  int64_t rows = x.extents.count_between(0, along) * step;
  dispatch(x.element, [&]<class T>() {
    for (int64_t row = 0; row < rows; ++row) {
      const T* from = x.as<T>() + row / step * step * length + row % step;
      Wide<T> best(from[0]);
      int64_t at = 0;
      for (int64_t k = 1; k < length && (last || best == best); ++k) {
        Wide<T> value(from[k * step]);
        bool better = kind == ArgKind::max ? value > best : value < best;
        bool equal = value == best || (value != value && best != best);
        if ((value != value && best == best) || (better && best == best) || (last && equal)) best = value, at = k;
      }
      out[0].as<int64_t>()[row] = at;
    }
  });
}

}  // namespace tenon
