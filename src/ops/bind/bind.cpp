#include "ops/bind/bind.h"

#include "ops/copy.h"

namespace tenon {

OP(Bind, bind)

Types Bind::infer(const Inputs& in) const {
  in.check_count(1, 1);
  in.check_element(0, integer_types, "x");
  check(count(in[0].shape).is(int64_t(symbols.size())), "has ", symbols.size(), " symbols for ", in[0]);
  return {in[0]};
}

std::optional<Contents> Bind::contents(const Inputs&) const { return symbols; }

void Bind::evaluate(ConstViews in, Views out) const { copy_elements(in[0], out[0]); }

}  // namespace tenon
