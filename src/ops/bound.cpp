#include "ops/bound.h"

#include "ops/bind/bind.h"
#include "ops/constant/constant.h"
#include "ops/elementwise/elementwise.h"
#include "ops/unary/unary.h"

namespace tenon {

Value& BoundValues::bound(Network& network, std::unordered_map<const Value*, Value*>& done, Value& value, int depth) {
  constexpr int deepest = 64;
  if (auto it = done.find(&value); it != done.end()) return *it->second;
  const auto* type = std::get_if<TensorType>(&network.type(value));
  bool fits = type && (type->element == ElementType::i64 || type->element == ElementType::i32) &&
              all_known(type->shape) && at(type->shape, {}).count() <= max_contents;
  if (!fits || network.contents(value) || is_known(value)) return value;
  const Node& maker = *value.producer;
  if (depth < deepest && !maker.inputs().empty() && maker.outputs().size() == 1 && maker.op().late() == Late::nothing) {
    std::vector<Value*> operands;
    for (Value* in : maker.inputs()) operands.push_back(&bound(network, done, *in, depth + 1));
    if (operands != maker.inputs()) {
      Value& again = add(maker.op().clone(), operands, value.name);
      network.type(again);
      if (network.contents(again)) return *(done[&value] = &again);
    }
  }
  if (!below_zero) return *(done[&value] = &bind(network, value));
  View view;
  Value& zero = add(Constant(make_weights(type->element, {}, view)).clone(), {}, value.name);
  Value& less = add(Unary("neg").clone(), {&value}, value.name);
  auto above_zero = [&](Value& v) -> Value& {
    return bind(network, add(Elementwise("max").clone(), {&v, &zero}, value.name));
  };
  Value &above = above_zero(value), &below = above_zero(less);
  return *(done[&value] = &add(Elementwise("sub").clone(), {&above, &below}, value.name));
}

Value& BoundValues::bind(Network& network, Value& value) {
  Bind op;
  std::string name = next_name();
  const Shape shape = std::get<TensorType>(network.type(value)).shape;
  for (int64_t i = 0; i < at(shape, {}).count(); ++i) op.symbols.push_back(Dim::symbol(concat(name, ".", i)));
  return add(op.clone(), {&value}, value.name);
}

}  // namespace tenon
