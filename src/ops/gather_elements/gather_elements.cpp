#include "ops/gather_elements/gather_elements.h"

#include "base/dispatch.h"
#include "ops/indices.h"
#include "ops/known.h"

namespace tenon {

OP(GatherElements, gather_elements)

Types GatherElements::infer(const Inputs& in) const {
  in.check_count(2, 2);
  in.check_element(0, plain_types, "x");
  in.check_element(1, index_types, "the indices");
  int along = axis_of(axis, in[0].rank());
  check(in[1].rank() == in[0].rank(), "the indices are ", in[1], ", x is ", in[0]);
  for (int d = 0; d < in[0].rank(); ++d) {
    const Dim &wanted = in[1].shape[size_t(d)], &there = in[0].shape[size_t(d)];
    bool exceeds = wanted.known() && there.known() && wanted.value() > there.value();
    check(d == along || !exceeds, "the indices ", in[1], " exceed ", in[0], " on axis ", d);
  }
  return {TensorType{in[0].element, in[1].shape}};
}

void GatherElements::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  int along = axis_of(axis, in[0].rank());
  Extents strides = strides_of(in[0].extents), others = strides;
  others[along] = 0;
  Walk<1> walk(out[0].extents, {others});
  int64_t count = out[0].count();
  dispatch_size(in[0].element, [&]<class T>() {
    for (int64_t i = 0; i < count; ++i, walk.next())
      out[0].as<T>()[i] = in[0].as<T>()[walk.offset(0) + index_at(in[1], i, in[0][along]) * strides[along]];
  });
}

}  // namespace tenon
