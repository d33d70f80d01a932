// Wiring between nodes and values, and inference over them.
#include "ir/node.h"

#include <algorithm>

#include "ir/graph.h"

namespace tenon {

const TensorType& Value::type() const {
  check(inferred.has_value(), ErrorId::internal, "the type of '", name, "' is not inferred yet");
  const auto* tensor = std::get_if<TensorType>(&*inferred);
  check(tensor, ErrorId::unsupported_type, "'", name, "' is ", *inferred, ", a tensor is expected");
  return *tensor;
}

Node::Node(std::unique_ptr<Op> op, std::vector<Value*> inputs, int output_count)
    : op_(std::move(op)), inputs_(std::move(inputs)) {
  for (int i = 0; i < output_count; ++i) {
    outputs_.push_back(std::make_unique<Value>());
    outputs_.back()->producer = this;
    outputs_.back()->index = i;
  }
  for (Value* in : inputs_) in->users.push_back(this);
}

Node::~Node() = default;

static void drop_one_use(Value& value, Node* user) {
  value.users.erase(std::find(value.users.begin(), value.users.end(), user));
}

void Node::set_input(int i, Value& value) {
  drop_one_use(*inputs_[size_t(i)], this);
  inputs_[size_t(i)] = &value;
  value.users.push_back(this);
}

void Node::detach() {
  for (Value* in : inputs_) drop_one_use(*in, this);
  inputs_.clear();
}

std::string Node::label() const { return concat(info().name, " '", outputs_[0]->name, "'"); }

const TensorType& Inputs::operator[](int i) const {
  check(i < size(), "operand ", i, " is missing");
  const auto* tensor = std::get_if<TensorType>(operands_[size_t(i)].type);
  check(tensor, ErrorId::unsupported_type, "operand ", i, " is ", *operands_[size_t(i)].type, ", a tensor is expected");
  return *tensor;
}

void Inputs::check_count(int least, int most) const {
  if (least == most) return check(size() == least, "takes ", least, " operands, found ", size());
  check(least <= size() && size() <= most, "takes ", least, " to ", most, " operands, found ", size());
}

void Inputs::check_element(int i, ElementSet allowed, const char* what) const {
  ElementType e = (*this)[i].element;
  if (!allowed.contains(e))
    fail(ErrorId::unsupported_type, what, " has elements of type ", e, ", expected one of ", allowed);
}

void Inputs::check_same_element(int i, int j) const {
  check((*this)[i].element == (*this)[j].element, "element types differ: operand ", i, " is ", (*this)[i], ", operand ",
        j, " is ", (*this)[j]);
}

void Op::evaluate_late(ConstViews, LateResults&) const {
  fail(ErrorId::internal, info().name, " knows its extents early");
}

double Op::work(ConstViews in, Views out) const {  // every element once
  int64_t most = 0;
  for (const View& v : out) most = std::max(most, v.count());
  for (const ConstView& v : in) most = std::max(most, v.count());
  return double(most);
}

// Sums of large numbers turn over in a run, contents do not: such are as good as not known.
static std::optional<Contents> contents_within(const Op& op, const Inputs& in, const Type& type) {
  std::optional<Contents> contents;
  try {
    contents = op.contents(in);
  } catch (const Error& e) {
    if (e.id() != ErrorId::size_overflow) throw;
  }
  const auto* tensor = std::get_if<TensorType>(&type);
  if (!contents || !tensor || tensor->element != ElementType::i32) return contents;
  for (const Dim& d : *contents)
    if (d.known() && d.value() != int32_t(d.value())) return {};
  return contents;
}

Inferred infer(const Op& op, std::span<const Inputs::Operand> operands) {
  Inputs in(operands);
  Types types = op.infer(in);
  Inferred result{std::move(types), {}};
  if (!result.types.empty()) result.contents = contents_within(op, in, result.types[0]);
  for (const Type& t : result.types)
    if (const auto* tensor = std::get_if<TensorType>(&t)) {
      check(tensor->rank() <= Extents::max_rank, ErrorId::limit_exceeded, "the result has rank ", tensor->rank(),
            ", the most is ", Extents::max_rank);
      for (const Dim& d : tensor->shape)
        check(!d.known() || d.value() >= 0, "the result ", *tensor, " has a negative extent");
    }
  if (result.contents && int64_t(result.contents->size()) > max_contents) result.contents.reset();
  return result;
}

Inferred infer(const Node& node) {
  std::vector<Inputs::Operand> operands;
  for (const Value* v : node.inputs()) {
    check(v->inferred.has_value(), ErrorId::internal, "the type of '", v->name, "' is not inferred yet");
    operands.push_back({&*v->inferred, v->contents ? &*v->contents : nullptr});
  }
  try {
    return infer(node.op(), operands);
  } catch (Error& e) {
    e.add_context(node.label());
    throw;
  }
}

}  // namespace tenon
