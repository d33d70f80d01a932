#include "ops/input/input.h"

namespace tenon {

OP(Input, input)

Types Input::infer(const Inputs& in) const {
  in.check_count(0, 0);
  return {type};
}

void Input::evaluate(ConstViews, Views) const { fail(ErrorId::internal, "an input is bound, not computed"); }

}  // namespace tenon
