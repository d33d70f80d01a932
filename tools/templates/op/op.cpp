#include "ops/@name@/@name@.h"

#include "base/dispatch.h"
#include "ops/known.h"

namespace tenon {

OP(@Name@, @name@)

Types @Name@::infer(const Inputs& in) const {
  in.check_count(1, 1);
  in.check_element(0, float_types, "x");
  axis_of(axis, in[0].rank());
  return {in[0]};
}

void @Name@::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  dispatch_size(in[0].element, [&]<class T>() {
    for (int64_t i = 0; i < in[0].count(); ++i) out[0].as<T>()[i] = in[0].as<T>()[i];
  });
}

}  // namespace tenon
