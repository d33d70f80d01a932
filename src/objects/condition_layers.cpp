#include "objects/condition_layers.h"

#include "ir/graph.h"
#include "objects/body.h"
#include "objects/convert.h"
#include "objects/network.h"
#include "ops/if/if.h"

namespace tenon::objects {

void ConditionalBoundaryLayer::changed() {
  Layer::changed();
  of.whole.made = 0;
}
void ConditionalBoundaryLayer::rewired() { of.whole.made = 0; }

Conditional::Conditional(Network& n, size_t number) : network(n), whole(n, *this) {
  inherit(n);
  name = concat("(Unnamed Conditional* ", number, ")");
  n.hide(whole);
}

ConditionLayer* Conditional::set_condition(Tensor& tensor) {
  check(!condition, "'", name, "' has a condition, '", condition ? condition->name : "", "'; set its input instead");
  whole.made = 0;
  return condition = network.add<ConditionLayer>({&tensor}, std::ref(*this));
}

ConditionalInputLayer* Conditional::add_input(Tensor& tensor) {
  whole.made = 0;
  return inputs.emplace_back(network.add<ConditionalInputLayer>({&tensor}, std::ref(*this)));
}

ConditionalOutputLayer* Conditional::add_output(Tensor& if_true, Tensor& if_false) {
  whole.made = 0;
  whole.outputs.push_back(std::make_unique<Tensor>(network, nullptr, &whole));
  return outputs.emplace_back(
      network.add<ConditionalOutputLayer>({&if_true, &if_false}, std::ref(*this), outputs.size()));
}

Values ConditionalInputLayer::build(Draft& draft) const {
  const TensorType type = draft.type(0);
  const auto& contents = draft.in(0).contents;
  return {&draft.add(Placeholder(type, contents ? &*contents : nullptr), {})};
}

std::vector<Tensor*> ConditionalOutputLayer::needs() const { return {of.whole.outputs.at(place).get()}; }

Values ConditionalOutputLayer::build(Draft&) const { return {of.whole.outputs.at(place)->value}; }

std::vector<Tensor*> IfLayer::needs() const {
  std::vector<Tensor*> list;
  if (of.condition) list.push_back(of.condition->inputs.at(0));
  for (const ConditionalInputLayer* in : of.inputs)
    list.insert(list.end(), {in->inputs.at(0), in->outputs.at(0).get()});
  for (const ConditionalOutputLayer* out : of.outputs) list.insert(list.end(), {out->inputs.at(0), out->inputs.at(1)});
  return list;
}

Body IfLayer::branch(Draft& draft, int input, Values& captured) const {
  BodyDraft body(*network->ir);
  for (const ConditionalInputLayer* in : of.inputs) body.add_border(*in->outputs[0]->value, *in->inputs[0]->value);
  for (const ConditionalInputLayer* in : of.inputs) body.put(*in->outputs[0]->value, body.take(*in->inputs[0]->value));
  for (const ConditionalOutputLayer* out : of.outputs) {
    tenon::Value& value = *out->inputs[size_t(input)]->value;
    draft.type(value);
    body.network().mark_output(body.take(value), value.name);
  }
  Body graph = body.finish();
  captured.insert(captured.end(), body.captured().begin(), body.captured().end());
  return graph;
}

Values IfLayer::build(Draft& draft) const {
  check(of.condition, "'", of.name, "' has no condition");
  tenon::Value& condition = *of.condition->inputs.at(0)->value;
  const TensorType type = draft.type(condition);
  check(type.element == ElementType::boolean && (type.rank() == 0 || count(type.shape).is(1)), "the condition of '",
        of.name, "' is ", type, ", expected one boolean");
  for (const ConditionalOutputLayer* out : of.outputs) {
    const TensorType first = draft.type(*out->inputs[0]->value), second = draft.type(*out->inputs[1]->value);
    check(first.element == second.element && first.rank() == second.rank(), "'", out->name, "' is ", first, " or ",
          second, "; a conditional's output has one type and one rank");
  }
  Values operands{type.rank() == 0 ? &condition : &draft.reshape(condition, {})};
  Body then = branch(draft, 0, operands), otherwise = branch(draft, 1, operands);
  return add_with_late(draft, If(then, otherwise), operands, of.outputs.size());
}

}  // namespace tenon::objects
