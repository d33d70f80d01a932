#include "ops/flatten/flatten.h"

#include "ops/copy.h"

namespace tenon {

OP(Flatten, flatten)

Types Flatten::infer(const Inputs& in) const {
  in.check_count(1, 1);
  const Shape& x = in[0].shape;
  int rank = in[0].rank();
  check(-rank <= axis && axis <= rank, "axis ", axis, " is out of range for rank ", rank);
  long split = long(axis < 0 ? axis + rank : axis);
  return {TensorType{in[0].element, {count({x.begin(), x.begin() + split}), count({x.begin() + split, x.end()})}}};
}

void Flatten::evaluate(ConstViews in, Views out) const { copy_elements(in[0], out[0]); }

}  // namespace tenon
