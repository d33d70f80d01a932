// One node on its way in.
#include <algorithm>

#include "onnx/importer.h"
#include "ops/cast/cast.h"
#include "ops/constant/constant.h"
#include "ops/elementwise/elementwise.h"
#include "ops/known_list.h"
#include "ops/reshape/reshape.h"
#include "ops/unary/unary.h"

namespace tenon::onnx {

NodeImport::NodeImport(Importer& importer, const InlinedNode& node, int64_t opset, int64_t position)
    : importer_(importer), inlined_(node), node_(*node.node), opset_(opset), position_(position) {}

int NodeImport::input_count() const { return int(node_.inputs.size()); }
int NodeImport::output_count() const { return int(node_.outputs.size()); }
bool NodeImport::has(int i) const {
  asked_.insert(i);
  return i < input_count() && !node_.inputs[size_t(i)].empty();
}

std::string NodeImport::late_symbol() { return concat("late$", position_, ".", late_symbols_++); }

Value& NodeImport::in(int i) const {
  check(has(i), ErrorId::onnx_invalid, "operand ", i, " is missing");
  return importer_.value(node_.inputs[size_t(i)]);
}

std::vector<Value*> NodeImport::inputs() const {
  std::vector<Value*> list;
  for (int i = 0; i < input_count(); ++i) list.push_back(&in(i));
  return list;
}

const TensorType& NodeImport::tensor(Value& value) const {
  const auto* tensor = std::get_if<TensorType>(&importer_.network().type(value));
  check(tensor, ErrorId::unsupported_type, "'", value.name, "' is no tensor");
  return *tensor;
}

Weights NodeImport::constant(int i) const { return has(i) ? importer_.known(in(i)) : nullptr; }

std::vector<int64_t> NodeImport::constant_list(int i, const char* what) const {
  Weights given = constant(i);
  check(given != nullptr, ErrorId::not_known, "the ", what, " are not constant");
  check(integer_types.contains(given->element), ErrorId::onnx_invalid, "the ", what, " are ", given->element,
        ", expected integers");
  return list_in(given->view());
}

const Attribute* NodeImport::find(const char* name, AttributeKind kind) {
  for (const Attribute& a : node_.attributes)
    if (a.name == name) {
      check(a.kind == kind, ErrorId::onnx_invalid, "attribute ", name, " is ", name_of(a.kind), ", expected ",
            name_of(kind));
      read_.insert(name);
      return &a;
    }
  return nullptr;
}

bool NodeImport::has_attribute(const char* name) {
  for (const Attribute& a : node_.attributes)
    if (a.name == name) return true;
  return false;
}
int64_t NodeImport::integer(const char* name, int64_t standard) {
  const Attribute* a = find(name, AttributeKind::integer);
  return a ? a->i : standard;
}
int64_t NodeImport::required_integer(const char* name) {
  const Attribute* a = find(name, AttributeKind::integer);
  check(a, ErrorId::onnx_invalid, "attribute ", name, " is missing");
  return a->i;
}
double NodeImport::floating(const char* name, double standard) {
  const Attribute* a = find(name, AttributeKind::floating);
  return a ? double(a->f) : standard;
}
std::string NodeImport::text(const char* name, const char* standard) {
  const Attribute* a = find(name, AttributeKind::text);
  return a ? a->s : standard;
}
std::vector<int64_t> NodeImport::integers(const char* name) {
  const Attribute* a = find(name, AttributeKind::integers);
  return a ? a->ints : std::vector<int64_t>();
}
std::vector<double> NodeImport::floats(const char* name) {
  const Attribute* a = find(name, AttributeKind::floats);
  return a ? std::vector<double>(a->floats.begin(), a->floats.end()) : std::vector<double>();
}
std::vector<std::string> NodeImport::texts(const char* name) {
  const Attribute* a = find(name, AttributeKind::texts);
  return a ? a->strings : std::vector<std::string>();
}
Weights NodeImport::tensor_attribute(const char* name) {
  const Attribute* a = find(name, AttributeKind::tensor);
  return a ? weights_of(a->tensors.at(0), importer_.model()) : nullptr;
}

const Graph& NodeImport::graph(const char* name) {
  const Attribute* a = find(name, AttributeKind::graph);
  check(a && a->graphs.size() == 1, ErrorId::onnx_invalid, "attribute ", name, " is missing");
  return a->graphs[0];
}

tenon::Node& NodeImport::add_node(const Op& op, std::vector<Value*> inputs, int outputs) {
  const std::string& stem = node_.outputs.empty() ? node_.name : node_.outputs[0];
  std::string name = added_.empty() ? stem : concat(stem, "/", added_.size() + 1);
  tenon::Node& node = importer_.network().add(op.clone(), std::move(inputs), std::move(name), outputs);
  importer_.network().set_origin(node, node_.name.empty() ? stem : node_.name);
  importer_.network().type(node.output());  // what is wrong with it is said here, with the node's ONNX name
  added_.push_back(&node);
  return node;
}

Value& NodeImport::add(const Op& op, std::vector<Value*> inputs) { return add_node(op, std::move(inputs), 1).output(); }

Value& NodeImport::as_value(Weights weights) { return add(Constant(std::move(weights)), {}); }

Value& NodeImport::number(double value, ElementType element) {
  View view;
  Weights weights = make_weights(element, {}, view);
  Scalar s{};
  s.f = value;
  store_scalar(view.data, element, cast_scalar(s, ElementType::f64, element));
  return as_value(std::move(weights));
}

Value& NodeImport::integer_value(int64_t value, ElementType element) {
  View view;
  Weights weights = make_weights(element, {}, view);
  Scalar s{};
  s.i = value;
  store_scalar(view.data, element, s);
  return as_value(std::move(weights));
}

Value& NodeImport::list(const std::vector<int64_t>& numbers) {
  return as_value(make_weights<int64_t>(ElementType::i64, {int64_t(numbers.size())}, numbers));
}

Value& NodeImport::unary(const char* name, Value& x) { return add(Unary(name), {&x}); }
Value& NodeImport::binary(const char* name, Value& a, Value& b) { return add(Elementwise(name), {&a, &b}); }
Value& NodeImport::cast(Value& x, ElementType to) { return tensor(x).element == to ? x : add(Cast(to), {&x}); }
Value& NodeImport::reshape(Value& x, Shape shape) {
  Reshape op(std::move(shape));
  op.allow_zero = true;
  return add(op, {&x});
}

bool NodeImport::wants(int i) const { return i < int(node_.outputs.size()) && !node_.outputs[size_t(i)].empty(); }

// Shape arithmetic that inference does not follow, but that constants decide: operators that need contents see them.
Weights NodeImport::known_contents(Value& value) const {
  const auto* type = std::get_if<TensorType>(&importer_.network().type(value));
  if (!type || (type->element != ElementType::i64 && type->element != ElementType::i32)) return nullptr;
  if (importer_.network().contents(value) || !all_known(type->shape)) return nullptr;
  return at(type->shape, {}).count() <= max_contents ? importer_.known(value) : nullptr;
}

// The value takes the output's name; the first node of a composition had it until here, for messages.
void NodeImport::out(int i, Value& value) {
  check(i < int(node_.outputs.size()), ErrorId::onnx_invalid, "has no output ", i);
  const std::string& name = node_.outputs[size_t(i)];
  if (name.empty()) return;
  defined_.insert(i);
  if (Weights known = known_contents(value)) {
    importer_.define(name, importer_.network().add(Constant(std::move(known)), {}, name));
    return;
  }
  importer_.define(name, value);
  if (std::find(added_.begin(), added_.end(), value.producer) == added_.end()) return;
  Value& first = added_.front()->output();
  if (&first != &value && first.name == name) importer_.network().rename(first, concat(name, "/1"));
  importer_.network().rename(value, name);
}

void NodeImport::finish() {
  for (int i = 0; i < input_count(); ++i)
    check(asked_.contains(i) || node_.inputs[size_t(i)].empty(), ErrorId::onnx_invalid, "has an operand ", i, ", '",
          node_.inputs[size_t(i)], "', that it does not take in opset ", opset_);
  for (const Attribute& a : node_.attributes)
    check(read_.contains(a.name), ErrorId::unsupported, "attribute ", a.name, " is not supported");
  for (size_t i = 0; i < node_.outputs.size(); ++i)
    if (!node_.outputs[i].empty() && !defined_.contains(int(i))) importer_.leave_out(node_.outputs[i], label(node_));
}

}  // namespace tenon::onnx
