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

std::optional<Contents> Select::contents(const Inputs& in) const {
  const Contents* condition = in.contents(0);
  size_t count = 1;
  for (int i = 0; i < 3; ++i) {
    const Contents* c = in.contents(i);
    if (in[i].rank() > 1 || (c && c->empty()) || (!c && i == 0)) return {};
    if (c) count = std::max(count, c->size());
  }
  auto at = [](const Contents& c, size_t i) { return c[c.size() == 1 ? 0 : i]; };
  Contents result;
  for (size_t i = 0; i < count; ++i) {
    const Dim& chosen = at(*condition, i);
    const Contents* from = in.contents(chosen.is(0) ? 2 : 1);
    if (!chosen.known() || !from) return {};
    result.push_back(at(*from, i));
  }
  return result;
}

void Select::evaluate(ConstViews in, Views out) const { evaluate_pointwise(*this, in, out[0]); }

}  // namespace tenon
