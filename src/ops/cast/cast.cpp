#include "ops/cast/cast.h"

#include "ops/pointwise.h"

namespace tenon {

OP(Cast, cast)

Types Cast::infer(const Inputs& in) const {
  in.check_count(1, 1);
  in.check_element(0, plain_types, "x");
  check(plain_types.contains(to), ErrorId::unsupported_type, "cannot cast to ", to);
  return {TensorType{to, in[0].shape}};
}

std::optional<Contents> Cast::contents(const Inputs& in) const {
  const Contents* x = in.contents(0);
  if (!x || !(to == ElementType::i64 || to == ElementType::i32)) return {};
  return *x;
}

std::optional<Term> Cast::pointwise(Terms in) const { return tenon::cast(in[0], to); }

void Cast::evaluate(ConstViews in, Views out) const { evaluate_pointwise(*this, in, out[0]); }

}  // namespace tenon
