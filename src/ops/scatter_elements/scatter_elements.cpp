#include "ops/scatter_elements/scatter_elements.h"

#include "ops/copy.h"
#include "ops/indices.h"
#include "ops/known.h"

namespace tenon {

OP(ScatterElements, scatter_elements)

Types ScatterElements::infer(const Inputs& in) const {
  check_scatter(reduction, in);
  in.check_element(1, index_types, "the indices");
  int along = axis_of(axis, in[0].rank());
  check(in[1].rank() == in[0].rank(), "the indices are ", in[1], ", x is ", in[0]);
  check(in[2].rank() == in[1].rank(), "the updates are ", in[2], ", the indices ", in[1]);
  for (int d = 0; d < in[0].rank(); ++d) {
    const Dim &wanted = in[1].shape[size_t(d)], &there = in[0].shape[size_t(d)];
    bool exceeds = wanted.known() && there.known() && wanted.value() > there.value();
    check(d == along || !exceeds, "the indices ", in[1], " exceed ", in[0], " on axis ", d);
    check_same_extent(wanted, in[2].shape[size_t(d)], "the updates", in[2].shape, in[1].shape);
  }
  return {in[0]};
}

void ScatterElements::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  copy_elements(in[0], out[0]);
  int along = axis_of(axis, in[0].rank());
  Extents strides = strides_of(in[0].extents), others = strides;
  others[along] = 0;
  Walk<1> walk(in[1].extents, {others});
  int64_t count = in[1].count();
  dispatch_scatter(reduction, in[0].element, [&]<class T>() {
    for (int64_t i = 0; i < count; ++i, walk.next())
      scatter_into(reduction, out[0].as<T>()[walk.offset(0) + index_at(in[1], i, in[0][along]) * strides[along]],
                   in[2].as<T>()[i]);
  });
}

}  // namespace tenon
