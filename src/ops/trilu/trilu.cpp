#include "ops/trilu/trilu.h"

#include "base/dispatch.h"
#include "ops/indices.h"
#include "ops/known.h"

namespace tenon {

OP(Trilu, trilu)

Types Trilu::infer(const Inputs& in) const {
  in.check_count(1, 2);
  in.check_element(0, plain_types, "x");
  check(in[0].element != ElementType::f8e8m0, ErrorId::unsupported_type, "f8e8m0 has no zero");
  check(in[0].rank() >= 2, "x is ", in[0], ", expected matrices");
  if (in.size() == 2) {
    in.check_element(1, index_types, "k");
    check(in[1].rank() <= 1 && count(in[1].shape).is(1), "k is ", in[1], ", expected one number");
  }
  return {in[0]};
}

void Trilu::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  const ConstView& x = in[0];
  int64_t rows = x[x.rank() - 2], columns = x[x.rank() - 1], k = in.size() == 2 ? integer_at(in[1], 0) : 0;
  dispatch_size(x.element, [&]<class T>() {
    for (int64_t i = 0, n = x.count(); i < n; ++i) {
      int64_t diagonal = i % columns - i / columns % rows;
      out[0].as<T>()[i] = (upper ? diagonal >= k : diagonal <= k) ? x.as<T>()[i] : T(0);
    }
  });
}

}  // namespace tenon
