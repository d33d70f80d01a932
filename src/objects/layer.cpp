#include "objects/layer.h"

#include <utility>

#include "ir/network.h"
#include "objects/convert.h"
#include "objects/draft.h"
#include "objects/network.h"
#include "ops/input/input.h"

namespace tenon::objects {

Tensor::Tensor(Network& n, tenon::Value* v, Layer* made_by) : network(&n), value(v), producer(made_by) { inherit(n); }

Dims Tensor::dimensions() {
  network->make(*this);
  Dims dims = dims_of(value->shape());
  return network->implicit_batch ? without_batch(dims) : dims;
}

DataType Tensor::element_type() {
  network->make(*this);
  return data_type_of(value->element());
}

void Tensor::set_dimensions(const Dims& dims) {
  check(!producer, "the shape of '", name, "' follows from its layer; only those of network inputs can be set");
  ElementType element = as<Input>(*value)->type.element;
  network->set_input_type(*this, TensorType{element, network->shape_of_input(dims, name)});
}

void Tensor::set_broadcast_across_batch(bool on) {
  if (producer || !network->implicit_batch) return;  // of others it follows from what they are made of
  TensorType type = as<Input>(*value)->type;
  type.shape[0] = on ? Dim(1) : batch_extent();
  network->set_input_type(*this, std::move(type));
}

bool Tensor::get_broadcast_across_batch() {
  network->make(*this);
  return value->type().rank() > 0 && value->shape()[0].is(1);
}

void Tensor::set_type(DataType wanted) {
  ElementType element = element_of(wanted);
  if (!producer) return network->set_input_type(*this, {element, as<Input>(*value)->type.shape});
  if (producer->type == LayerType::identity) return producer->set_output_type(0, wanted);
  check(element_type() == wanted, ErrorId::unsupported, "'", name, "' is ", value->element(),
        "; another type for a layer's output needs a cast");
}

void check_ranks(int32_t n) {
  check(n == 1, ErrorId::unsupported, n, " ranks, for which an engine needs a communicator; here it runs alone");
}

void check_indices(DataType t) {
  check(t == DataType::int32 || t == DataType::int64, ErrorId::unsupported_type,
        "indices are of 32-bit or 64-bit integers, not of ", element_of(t));
}

Tensor* Layer::input(int32_t i) const { return pick(inputs, i, "input"); }
Tensor* Layer::output(int32_t i) const { return pick(outputs, i, "output").get(); }

void Layer::set_input(int32_t i, Tensor& tensor) {
  check(tensor.network == network, "'", tensor.name, "' belongs to another network");
  check(i >= 0 && i < most_inputs, "input ", i, " does not exist; '", name, "' takes ", most_inputs);
  if (size_t(i) >= inputs.size()) inputs.resize(size_t(i) + 1);
  inputs[size_t(i)] = &tensor;
  made = 0;
  rewired();
}

DataType Layer::get_output_type(int32_t i) const {
  const std::optional<DataType>& set = pick(output_types, i, "output");
  return set ? *set : output(i)->element_type();
}

bool Layer::output_type_is_set(int32_t i) const { return pick(output_types, i, "output").has_value(); }

void Layer::set_output_type(int32_t i, DataType t) {
  element_of(t);
  pick(output_types, i, "output");
  output_types[size_t(i)] = t;
  made = 0;
}

void Layer::reset_output_type(int32_t i) {
  pick(output_types, i, "output");
  output_types[size_t(i)].reset();
  made = 0;
}

void Layer::asked() const {
  if (opaque)
    fail(ErrorId::unsupported, "'", name, "' is what a parser made of a model, a ", parsed->info().name,
         "; the fields of this kind of layer cannot say what it does");
}

void Layer::changed() {
  asked();
  if (parsed) nodes.push_back(std::exchange(parsed, nullptr));
  made = 0;
}

Values Layer::build(Draft&) const { fail(ErrorId::internal, "'", name, "' has no fields to be made from"); }
bool Layer::read(const tenon::Node&) { return false; }

}  // namespace tenon::objects
