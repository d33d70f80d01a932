#include "ops/select/select.h"

#include "ops/pointwise.h"

namespace tenon {

OP(Select, select)

Types Select::infer(const Inputs& in) const {
  in.check_count(3, 3);
  in.check_element(0, ElementType::boolean, "the condition");
  in.check_element(1, plain_types, "the second operand");
  in.check_same_element(1, 2);
  return {TensorType{in[1].element, broadcast_all(in)}};
}

void Select::evaluate(ConstViews in, Views out) const { evaluate_pointwise(*this, in, out[0]); }

}  // namespace tenon
