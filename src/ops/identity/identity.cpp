#include "ops/identity/identity.h"

#include "ops/copy.h"

namespace tenon {

OP(Identity, identity)

Types Identity::infer(const Inputs& in) const {
  in.check_count(1, 1);
  return {in[0]};
}

std::optional<Contents> Identity::contents(const Inputs& in) const {
  return in.contents(0) ? std::optional(*in.contents(0)) : std::nullopt;
}

void Identity::evaluate(ConstViews in, Views out) const { copy_elements(in[0], out[0]); }

}  // namespace tenon
