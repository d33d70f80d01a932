#include "ops/cumulate/cumulate.h"

#include "base/dispatch.h"
#include "ops/indices.h"
#include "ops/known.h"

namespace tenon {

OP(Cumulate, cumulate)

Types Cumulate::infer(const Inputs& in) const {
  in.check_count(2, 2);
  in.check_element(0, number_types, "x");
  in.check_element(1, index_types, "the axis");
  check(in[1].rank() <= 1 && count(in[1].shape).is(1), "the axis is ", in[1], ", expected one number");
  if (const Contents* axis = in.contents(1); axis && axis->at(0).known()) axis_of(axis->at(0).value(), in[0].rank());
  return {in[0]};
}

void Cumulate::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  const ConstView& x = in[0];
  int along = axis_of(integer_at(in[1], 0), x.rank());
  int64_t length = x[along], step = x.extents.count_between(along + 1, x.rank());
  int64_t rows = x.extents.count_between(0, along) * step;
  dispatch(x.element, [&]<class T>() {
    for (int64_t row = 0; row < rows; ++row) {
      int64_t first = row / step * step * length + row % step;
      Wide<T> total = kind == CumulateKind::sum ? 0 : 1;
      for (int64_t k = 0; k < length; ++k) {
        int64_t at = first + (reverse ? length - 1 - k : k) * step;
        Wide<T> value(x.as<T>()[at]), before = total;
        total = kind == CumulateKind::sum ? total + value : total * value;
        out[0].as<T>()[at] = T(exclusive ? before : total);
      }
    }
  });
}

}  // namespace tenon
