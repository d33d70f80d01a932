#include "ops/nonzero/nonzero.h"

#include "ops/late.h"

namespace tenon {

OP(NonZero, nonzero)

Types NonZero::infer(const Inputs& in) const {
  in.check_count(1, 1);
  in.check_element(0, plain_types, "x");
  return {TensorType{ElementType::i64, {in[0].rank(), late_extent(count, "count")}}};
}

void NonZero::evaluate(ConstViews, Views) const { needs_late_results(); }

void NonZero::evaluate_late(ConstViews in, LateResults& out) const {
  const ConstView& x = in[0];
  const auto* from = static_cast<const std::byte*>(x.data);
  int64_t step = size_bytes(x.element), found = 0;
  auto is_there = [&](int64_t i) {
    Scalar s = load_scalar(from + i * step, x.element);
    return any_float_types.contains(x.element) ? s.f != 0 : s.i != 0;
  };
  for (int64_t i = 0; i < x.count(); ++i) found += is_there(i);
  View y = out.make(0, {x.rank(), found});
  for (int64_t i = 0, k = 0; i < x.count(); ++i) {
    if (!is_there(i)) continue;
    int64_t rest = i;
    for (int d = x.rank() - 1; d >= 0; --d) {
      y.as<int64_t>()[d * found + k] = rest % x[d];
      rest /= x[d];
    }
    ++k;
  }
}

}  // namespace tenon
