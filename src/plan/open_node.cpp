#include "plan/plan.h"

namespace tenon {

static TensorType at(const TensorType& type, const Binding& binding) {
  TensorType known{type.element, {}};
  for (int64_t d : tenon::at(type.shape, binding)) {
    check(d >= 0, "an extent would be ", d);
    known.shape.push_back(d);
  }
  return known;
}

void OpenNode::check_at(const Binding& binding) const {
  try {
    std::vector<Type> types;
    std::vector<std::optional<Contents>> numbers;
    std::vector<Inputs::Operand> operands;
    for (size_t i = 0; i < in.size(); ++i) {
      types.push_back(at(in[i], binding));
      numbers.emplace_back(contents[i]);
      if (contents[i])
        for (Dim& d : *numbers.back()) d = d.at(binding);
    }
    for (size_t i = 0; i < in.size(); ++i) operands.push_back({&types[i], numbers[i] ? &*numbers[i] : nullptr});
    Types found = op->infer(Inputs(operands));
    for (size_t i = 0; i < out.size(); ++i) {  // fields may hold symbols too
      TensorType made = at(std::get<TensorType>(found[i]), binding), planned = at(out[i], binding);
      check(made == planned, "its result is ", made, ", planned as ", planned);
    }
  } catch (Error& e) {
    e.add_context(label);
    throw;
  }
}

}  // namespace tenon
