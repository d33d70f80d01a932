#include "objects/network.h"

#include <algorithm>
#include <unordered_map>

#include "ir/network.h"
#include "objects/convert.h"
#include "objects/layer_types.h"
#include "ops/input/input.h"
#include "ops/pool/pool.h"

namespace tenon::objects {

namespace {

template <class List>
auto& pick(const List& list, int32_t i, const char* what) {
  check(i >= 0 && size_t(i) < list.size(), what, " ", i, " does not exist; there are ", list.size());
  return list[size_t(i)];
}

}  // namespace

Tensor::Tensor(Network& n, tenon::Value& v, Layer* made_by) : network(&n), value(&v), producer(made_by) { inherit(n); }

Dims Tensor::dimensions() {
  network->update();
  network->ir->type(*value);
  return dims_of(value->shape());
}

DataType Tensor::element_type() {
  network->update();
  network->ir->type(*value);
  return data_type_of(value->element());
}

void Tensor::set_dimensions(const Dims& dims) {
  check(!producer, "the shape of '", name, "' follows from its layer; only those of network inputs can be set");
  ElementType element = as<Input>(*value)->type.element;
  network->ir->set_op(*value->producer, std::make_unique<Input>(TensorType{element, shape_of(dims, name)}));
}

void Tensor::set_type(DataType wanted) {
  ElementType element = element_of(wanted);
  if (!producer) {
    TensorType type = as<Input>(*value)->type;
    type.element = element;
    return network->ir->set_op(*value->producer, std::make_unique<Input>(std::move(type)));
  }
  check(element_type() == wanted, ErrorId::unsupported, "'", name, "' is ", value->element(),
        "; another type for a layer's output needs a cast");
}

Tensor* Layer::input(int32_t i) const { return pick(inputs, i, "input"); }
Tensor* Layer::output(int32_t i) const { return pick(outputs, i, "output").get(); }
void Layer::changed() { network->touch(*this); }
std::unique_ptr<Op> Layer::op() const { return nullptr; }

void Layer::set_input(int32_t i, Tensor& tensor) {
  check(tensor.network == network, "'", tensor.name, "' belongs to another network");
  pick(inputs, i, "input");
  network->ir->set_input(*node, i, *tensor.value);
  inputs[size_t(i)] = &tensor;
}

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
  TensorType tensor{element_of(type), shape_of(dims, called)};
  tenon::Node& node = ir->add(std::unique_ptr<Op>(std::make_unique<Input>(std::move(tensor))), {}, called);
  Tensor& made = *inputs.emplace_back(std::make_unique<Tensor>(*this, node.output(), nullptr));
  made.name = called;
  return &made;
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
template <class L>
L* Network::add(std::unique_ptr<L> made, const char* kind, std::vector<Tensor*> operands) {
  std::vector<tenon::Value*> values;
  for (const Tensor* t : operands) {
    check(t->network == this, "'", t->name, "' belongs to another network");
    values.push_back(t->value);
  }
  L& layer = *made;
  layer.inherit(*this);
  layer.inputs = std::move(operands);
  layer.name = concat("(Unnamed Layer* ", layers.size(), ") [", kind, "]");
  layer.node = &ir->add(layer.op(), std::move(values), layer.name);
  auto output = std::make_unique<Tensor>(*this, layer.node->output(), &layer);
  output->name = layer.name + "_output";
  layer.outputs.push_back(std::move(output));
  layers.push_back(std::move(made));
  return &layer;
}

PoolingLayer* Network::add_pooling(Tensor& input, PoolingType type, const Dims& window) {
  check(window.n == 2 || window.n == 3, "the window has ", window.n, " extents; 2 or 3 are possible");
  return add(std::make_unique<PoolingLayer>(*this, type, window), "Pooling", {&input});
}

void Network::update() {
  for (Layer* layer : touched_)
    if (std::unique_ptr<Op> op = layer->op()) ir->set_op(*layer->node, std::move(op));
  touched_.clear();
  auto rename = [&](Tensor& tensor) { ir->rename(*tensor.value, tensor.name); };
  for (const auto& input : inputs) rename(*input);
  for (const auto& layer : layers) {
    for (const auto& output : layer->outputs) rename(*output);
    ir->set_origin(*layer->node, layer->name);
  }
  while (!ir->outputs().empty()) ir->unmark_output(*ir->outputs()[0].value);
  for (const Tensor* output : outputs) ir->mark_output(*output->value, output->name);
}

void Network::absorb(tenon::Network&& parsed) {
  std::vector<tenon::Node*> nodes;
  for (const auto& n : parsed.nodes()) nodes.push_back(n.get());
  auto marked = parsed.outputs();
  for (tenon::Node* n : nodes)
    for (const auto& out : n->outputs()) parsed.type(*out);
  ir->absorb(std::move(parsed));
  std::unordered_map<const tenon::Value*, Tensor*> tensor_of;
  for (tenon::Node* n : nodes) {
    if (as<Input>(*n)) {
      Tensor& made = *inputs.emplace_back(std::make_unique<Tensor>(*this, n->output(), nullptr));
      made.name = n->output().name;
      tensor_of[&n->output()] = &made;
      continue;
    }
    const Pool* pool = as<Pool>(*n);
    std::unique_ptr<Layer> layer =
        pool ? std::make_unique<PoolingLayer>(*this, *pool) : std::make_unique<Layer>(*this, layer_type_of(*n));
    layer->inherit(*this);
    layer->node = n;
    layer->name = n->origins().empty() ? n->output().name : *n->origins().begin();
    for (const auto& out : n->outputs()) {
      auto tensor = std::make_unique<Tensor>(*this, *out, layer.get());
      tensor->name = out->name;
      tensor_of[out.get()] = tensor.get();
      layer->outputs.push_back(std::move(tensor));
    }
    layers.push_back(std::move(layer));
  }
  for (const auto& layer : layers)
    if (layer->inputs.empty())
      for (const tenon::Value* in : layer->node->inputs()) layer->inputs.push_back(tensor_of.at(in));
  for (const auto& out : marked) {
    Tensor& tensor = *tensor_of.at(out.value);
    if (tensor.producer) tensor.name = out.name;
    mark_output(tensor);
  }
}

}  // namespace tenon::objects
