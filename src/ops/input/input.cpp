#include "ops/input/input.h"

namespace tenon {

OP(Input, input)

Types Input::infer(const Inputs& in) const {
  in.check_count(0, 0);
  check(known.empty() || count(type.shape).is(int64_t(known.size())), "has ", known.size(),
        " symbols for the elements of ", type);
  return {type};
}

std::optional<Contents> Input::contents(const Inputs&) const {
  return known.empty() ? std::nullopt : std::optional(known);
}

void Input::evaluate(ConstViews, Views) const { fail(ErrorId::internal, "an input is bound, not computed"); }

}  // namespace tenon
