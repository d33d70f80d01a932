#include "objects/network.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "ir/network.h"
#include "objects/body.h"
#include "objects/convert.h"
#include "objects/draft.h"
#include "objects/layer_types.h"
#include "objects/layers.h"
#include "ops/assertion/assertion.h"
#include "ops/input/input.h"

namespace tenon::objects {

Network::Network(bool with_implicit_batch)
    : ir(std::make_unique<tenon::Network>()), implicit_batch(with_implicit_batch) {}
Network::~Network() = default;

Layer* Network::layer(int32_t i) const { return pick(layers, i, "layer").get(); }
Tensor* Network::input(int32_t i) const { return pick(inputs, i, "input").get(); }
Tensor* Network::output(int32_t i) const { return pick(outputs, i, "output"); }

Tensor* Network::add_input(const char* input_name, DataType type, const Dims& dims) {
  std::string called = text_or_refuse(input_name, "the input's name");
  check(!called.empty(), "an input has no name");
  for (const auto& other : inputs) check(other->name != called, "two inputs are called '", called, "'");
  TensorType tensor{element_of(type), shape_of_input(dims, called)};
  check_whole_bytes(tensor.element, called);
  tenon::Node& node = ir->add(std::unique_ptr<Op>(std::make_unique<Input>(std::move(tensor))), {}, called);
  Tensor& made = *inputs.emplace_back(std::make_unique<Tensor>(*this, &node.output(), nullptr));
  made.name = called;
  return &made;
}

Shape Network::shape_of_input(const Dims& dims, const std::string& input_name) const {
  Shape shape = shape_of(dims, input_name);
  if (!implicit_batch) return shape;
  check(all_known(shape) && dims.n <= 7, ErrorId::unsupported, "input '", input_name, "' is ", to_text(dims),
        "; with implicit batch there are 7 extents at most, and all are numbers");
  shape.insert(shape.begin(), batch_extent());
  return shape;
}

// Of other kinds of layers the axes would have to be counted anew, or they mean values of the whole batch.
void Network::check_batch(const Layer& layer) const {
  using enum LayerType;
  constexpr LayerType possible[] = {
      activation, concatenation,   constant,       convolution, deconvolution,   elementwise,
      gather,     fully_connected, identity,       lrn,         matrix_multiply, padding,
      pooling,    parametric_relu, ragged_softmax, reduce,      resize,          rnn_v2,
      scale,      select,          shuffle,        slice,       softmax,         topk,
      unary};
  check(!implicit_batch || std::find(std::begin(possible), std::end(possible), layer.type) != std::end(possible),
        ErrorId::unsupported, "layers of kind ", kind_of(layer.type),
        " in networks with implicit batch; create the network with kEXPLICIT_BATCH");
}

void Network::set_input_type(Tensor& input, TensorType type) {
  check_whole_bytes(type.element, input.name);
  ir->set_op(*input.value->producer, std::make_unique<Input>(std::move(type)));
  inputs_changed_ = ++clock_;
}

void Network::mark_output(Tensor& tensor) {
  check(tensor.network == this, "'", tensor.name, "' belongs to another network");
  if (tensor.output) return;
  outputs.push_back(&tensor);
  tensor.output = true;
}

void Network::unmark_output(Tensor& tensor) {
  check(tensor.network == this, "'", tensor.name, "' belongs to another network");
  std::erase(outputs, &tensor);
  tensor.output = false;
}

// Names are those that programs look for: "(Unnamed Layer* 0) [Pooling]", and its output's.
void Network::adopt(std::unique_ptr<Layer> made, std::vector<Tensor*> operands) {
  for (const Tensor* t : operands) {
    check(t, "an input is null");
    check(t->network == this, "'", t->name, "' belongs to another network");
  }
  Layer& layer = *made;
  check_batch(layer);
  layer.inherit(*this);
  layer.id = next_id_++;
  layer.inputs = std::move(operands);
  layer.most_inputs = std::max(layer.most_inputs, layer.get_nb_inputs());
  layer.name = concat("(Unnamed Layer* ", layers.size(), ") [", kind_of(layer.type), "]");
  for (int i = 0; i < layer.outputs_made(); ++i) {
    Tensor& output = *layer.outputs.emplace_back(std::make_unique<Tensor>(*this, nullptr, &layer));
    output.name = concat(layer.name, "_output", i ? concat("_", i) : "");
  }
  layer.output_types.resize(layer.outputs.size());
  layers.push_back(std::move(made));
}

void Network::make(Tensor& tensor) {
  if (tensor.producer) make_above(*tensor.producer);
  ir->type(*tensor.value);
}

Loop* Network::add_loop() { return loops.emplace_back(std::make_unique<Loop>(*this, loops.size())).get(); }

Conditional* Network::add_if_conditional() {
  return conditionals.emplace_back(std::make_unique<Conditional>(*this, conditionals.size())).get();
}

void Network::hide(Layer& layer) {
  check_batch(layer);
  layer.inherit(*this);
  layer.id = next_id_++;
}

// Each time anew an axis of a recurrence is known to move, so that there is an end.
void Network::make_above(Layer& wanted) {
  for (bool again = true; again;) try {
      walk_above(wanted);
      again = false;
    } catch (const Again&) {
    }
  drop_unused();
}

// Producers before users; a stack of our own, for depth is the program's choice.
void Network::walk_above(Layer& wanted) {
  ++visit_;
  std::vector<Layer*> stack{&wanted};
  while (!stack.empty()) {
    Layer& layer = *stack.back();
    if (layer.seen != visit_) {
      layer.seen = visit_;
      layer.open = true;
      for (const Tensor* in : layer.needs()) {
        Layer* producer = in ? in->producer : nullptr;
        if (!producer) continue;
        check(producer->seen != visit_ || !producer->open, "'", producer->name, "' depends on itself");
        if (producer->seen != visit_) stack.push_back(producer);
      }
      continue;
    }
    stack.pop_back();
    if (std::exchange(layer.open, false)) make_one(layer);
  }
}

void Network::make_one(Layer& layer) {
  auto newer = [&](const Tensor* in) {
    return in && (in->producer ? in->producer->made : inputs_changed_) > layer.made;
  };
  std::vector<Tensor*> needs = layer.needs();
  if (layer.made != 0 && std::none_of(needs.begin(), needs.end(), newer)) return;
  if (layer.parsed) {
    for (size_t i = 0; i < layer.inputs.size(); ++i)
      if (&layer.parsed->input(int(i)) != layer.inputs[i]->value)
        ir->set_input(*layer.parsed, int(i), *layer.inputs[i]->value);
    layer.made = ++clock_;
    return;
  }
  try {
    Values values = values_of(layer);
    for (size_t i = 0; i < values.size(); ++i) {
      layer.outputs[i]->value = values[i];
      ir->rename(*values[i], layer.outputs[i]->name);
    }
  } catch (Error& e) {
    e.add_context(concat("'", layer.name, "'"));
    throw;
  }
  layer.made = ++clock_;
}

// Only what is not known is thrown: every other mistake waits for whoever asks for the type.
void Network::type_if_known(tenon::Value& value) {
  try {
    ir->type(value);
  } catch (const Error& e) {
    if (e.id() == ErrorId::not_known) throw;
  }
}

// A layer that says of its operands' elements that they are not known is made once more, with symbols for them: first
// for those of all but its first operand, which is mostly data.
Values Network::values_of(Layer& layer) {
  for (int first = 2;; --first) {
    Draft draft(*ir, layer);
    auto bound = bound_;
    try {
      if (first < 2) draft.bind_operands(first, bound);
      Values values = layer.build(draft);
      for (size_t i = 0; first > 0 && i < values.size(); ++i) type_if_known(*values[i]);
      bound_ = std::move(bound);
      retired_.insert(retired_.end(), layer.nodes.begin(), layer.nodes.end());
      layer.nodes = draft.keep();
      return values;
    } catch (const Error& e) {
      if (e.id() != ErrorId::not_known || first == 0) throw;
    }
  }
}

void Network::drop_unused() {
  auto unused = [](const tenon::Node* n) {
    return std::all_of(n->outputs().begin(), n->outputs().end(), [](const auto& out) { return out->users.empty(); });
  };
  for (size_t before = 0; before != retired_.size();) {
    before = retired_.size();
    std::erase_if(retired_, [&](tenon::Node* n) {
      if (!unused(n)) return false;
      std::erase_if(bound_, [&](const auto& b) { return b.first->producer == n || b.second->producer == n; });
      ir->remove(*n);
      return true;
    });
  }
}

void Network::drop_guards() {
  for (; !guards_.empty(); guards_.pop_back()) ir->remove(*guards_.back());
}

// An assertion has no result, so that nothing would lead to it: an output goes through it.
tenon::Value& Network::guarded(tenon::Value& output) {
  tenon::Value* value = &output;
  for (const auto& layer : layers) {
    auto* assertion = dynamic_cast<AssertionLayer*>(layer.get());
    if (!assertion) continue;
    std::unique_ptr<Op> op = std::make_unique<Assertion>(assertion->message);
    guards_.push_back(&ir->add(std::move(op), {value, assertion->inputs.at(0)->value}, layer->name));
    value = &guards_.back()->output();
  }
  return *value;
}

// What a loop or a conditional holds leaves it by its outputs alone.
void Network::check_borders() const {
  Values wanted;
  for (const Tensor* output : outputs) wanted.push_back(output->value);
  for (const auto& layer : layers)
    if (layer->type == LayerType::assertion) wanted.push_back(layer->inputs.at(0)->value);
  for (const tenon::Node* node : in_order(wanted))
    check(
        !as<Placeholder>(*node), "'", node->output().name,
        "' is within a loop or a conditional, and a network output depends on it; what they make leaves them by their "
        "outputs alone");
}

void Network::update() {
  while (!ir->outputs().empty()) ir->unmark_output(*ir->outputs()[0].value);
  drop_guards();
  for (Tensor* output : outputs) make(*output);
  for (const auto& layer : layers)
    if (layer->type == LayerType::assertion) make_above(*layer);
  ir->precisions().clear();
  ir->output_types().clear();
  for (const auto& input : inputs) ir->rename(*input->value, input->name);
  for (const auto& layer : layers) {
    if (layer->made == 0) continue;
    for (size_t i = 0; i < layer->outputs.size(); ++i) {
      tenon::Value& value = *layer->outputs[i]->value;
      ir->rename(value, layer->outputs[i]->name);
      if (layer->output_types[i]) ir->output_types()[&value] = element_of(*layer->output_types[i]);
    }
    std::vector<tenon::Node*> nodes = layer->nodes;
    if (layer->parsed) nodes.push_back(layer->parsed);
    for (tenon::Node* node : nodes) {
      ir->set_origin(*node, layer->name);
      if (layer->precision) ir->precisions()[node] = element_of(*layer->precision);
    }
  }
  check_borders();
  for (const Tensor* output : outputs)
    check(!implicit_batch || output->value->shape()[0] == batch_extent(), ErrorId::unsupported, "output '",
          output->name, "' is the same for all of a batch; let it depend on an input that is not");
  for (const Tensor* output : outputs)
    ir->mark_output(output == outputs[0] ? guarded(*output->value) : *output->value, output->name);
}

void Network::absorb(tenon::Network&& parsed) {
  std::vector<tenon::Node*> nodes;
  for (const auto& n : parsed.nodes()) nodes.push_back(n.get());
  auto marked = parsed.outputs();
  for (tenon::Node* n : nodes)
    for (const auto& out : n->outputs()) parsed.type(*out);
  ir->absorb(std::move(parsed));
  std::unordered_map<const tenon::Value*, Tensor*> tensor_of;
  std::vector<Layer*> absorbed;
  for (tenon::Node* n : nodes) {
    if (as<Input>(*n)) {
      Tensor& made = *inputs.emplace_back(std::make_unique<Tensor>(*this, &n->output(), nullptr));
      made.name = n->output().name;
      tensor_of[&n->output()] = &made;
      continue;
    }
    std::unique_ptr<Layer> layer = layer_of(*this, *n);
    layer->inherit(*this);
    layer->id = next_id_++;
    layer->parsed = n;
    layer->name = n->origins().empty() ? n->output().name : *n->origins().begin();
    for (const auto& out : n->outputs()) {
      auto tensor = std::make_unique<Tensor>(*this, out.get(), layer.get());
      tensor->name = out->name;
      tensor_of[out.get()] = tensor.get();
      layer->outputs.push_back(std::move(tensor));
    }
    layer->output_types.resize(layer->outputs.size());
    absorbed.push_back(layers.emplace_back(std::move(layer)).get());
  }
  for (Layer* layer : absorbed) {
    for (const tenon::Value* in : layer->parsed->inputs()) layer->inputs.push_back(tensor_of.at(in));
    layer->most_inputs = layer->get_nb_inputs();
    layer->made = ++clock_;
  }
  for (const auto& out : marked) {
    Tensor& tensor = *tensor_of.at(out.value);
    if (tensor.producer) tensor.name = out.name;
    mark_output(tensor);
  }
}

}  // namespace tenon::objects
