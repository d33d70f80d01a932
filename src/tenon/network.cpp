// api::Network over ir/network.h: names, fields from text, and types inferred at once.
#include "tenon/network.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "base/packed.h"
#include "ir/text.h"
#include "ops/constant/constant.h"
#include "ops/input/input.h"
#include "tenon/guarded.h"

namespace tenon::api {

tenon::Value& Network::State::value(const Value& handle) const {
  check(handle.owner_ == this, "a value is empty or of another network");
  return *static_cast<tenon::Value*>(handle.value_);
}

Value Network::State::handle(tenon::Value& value) const {
  Value handle;
  handle.owner_ = this;
  handle.value_ = &value;
  return handle;
}

void Network::State::take_name(const std::string& name) {
  check(!name.empty(), "a name is empty");
  check(names.insert(name).second, "the name '", name, "' is given twice");
}

std::string Network::State::fresh_name(const std::string& op) {
  std::string name = concat(op, "_", ++made);
  while (names.contains(name)) name = concat(op, "_", ++made);
  return name;
}

tenon::Node& Network::State::add(std::unique_ptr<Op> op, std::vector<tenon::Value*> operands, std::string name) {
  const char* kind = op->info().name;
  if (name.empty()) name = fresh_name(kind);
  std::vector<Inputs::Operand> known;
  for (tenon::Value* v : operands) known.push_back({&network.type(*v), network.contents(*v)});
  int count = 0;
  try {  // before the node is made: one that is refused leaves nothing behind
    check(!names.contains(name), "the name '", name, "' is given twice");
    count = int(infer(*op, known).types.size());
  } catch (Error& e) {
    e.add_context(concat(kind, " '", name, "'"));
    throw;
  }
  tenon::Node& node = network.add(std::move(op), std::move(operands), std::move(name), count);
  network.type(node.output());
  for (const auto& out : node.outputs()) take_name(out->name);
  return node;
}

Network::Network() : state_(std::make_unique<State>()) {}
Network::Network(Network&&) noexcept = default;
Network& Network::operator=(Network&&) noexcept = default;
Network::~Network() = default;

Network Network::parse(const std::string& text) {
  return guarded([&] {
    Graph graph = tenon::parse(text);
    Network result;
    State& s = *result.state_;
    std::unordered_map<const tenon::Value*, tenon::Value*> copy;
    for (const auto& n : graph.nodes()) {
      std::vector<tenon::Value*> operands;
      for (const tenon::Value* in : n->inputs()) operands.push_back(copy.at(in));
      tenon::Node& node =
          s.network.add(n->op().clone(), std::move(operands), n->output().name, int(n->outputs().size()));
      for (size_t i = 0; i < n->outputs().size(); ++i) {
        copy[n->outputs()[i].get()] = &node.output(int(i));
        s.network.rename(node.output(int(i)), n->outputs()[i]->name);
        s.take_name(n->outputs()[i]->name);
      }
    }
    for (const Graph::Output& out : graph.outputs()) s.network.mark_output(*copy.at(out.value), out.name);
    return result;
  });
}

Value Network::input(const std::string& name, const std::string& element, const std::vector<std::string>& shape) {
  return guarded([&] {
    check(!name.empty(), "an input has no name");
    TensorType type;
    try {
      type.element = parse_element(element);
      check(plain_types.contains(type.element), ErrorId::unsupported_type, "elements of type ", element);
      for (const std::string& d : shape) type.shape.push_back(parse_dim(d));
    } catch (Error& e) {
      e.add_context(concat("input '", name, "'"));
      throw;
    }
    return state_->handle(state_->add(std::make_unique<Input>(std::move(type)), {}, name).output());
  });
}

Value Network::constant(const std::string& element, const std::vector<int64_t>& shape, const void* data, size_t bytes,
                        const std::string& name) {
  return guarded([&] {
    ElementType type = parse_element(element);
    Extents extents{std::span<const int64_t>(shape)};
    int64_t wanted = checked_mul(extents.count(), size_bytes(type));
    check(wanted == int64_t(bytes), "constant '", name, "' ", type, extents, " has ", wanted, " bytes, found ", bytes);
    View view;
    Weights weights = make_weights(type, extents, view);
    if (bytes) std::memcpy(view.data, data, bytes);
    settle_upper_bits(type, {view.as<std::byte>(), bytes});
    return state_->handle(state_->add(std::make_unique<Constant>(std::move(weights)), {}, name).output());
  });
}

Value Network::add(const std::string& op, const std::vector<Value>& operands, const Fields& fields,
                   const std::string& name) {
  return add_all(op, operands, fields, name)[0];
}

std::vector<Value> Network::add_all(const std::string& op, const std::vector<Value>& operands, const Fields& fields,
                                    const std::string& name) {
  return guarded([&] {
    const OpInfo& info = find_op(op);
    std::string called = name.empty() ? state_->fresh_name(op) : name;
    check(info.tier == Tier::network, ErrorId::unsupported_operator, op, " '", called, "' is not for networks");
    check(&info != &Input::op_info, "use input() for the input '", called, "'");
    std::unique_ptr<Op> made = info.make(info.row);
    std::vector<tenon::Value*> values;
    try {
      parse_fields(*made, FieldTexts(fields.begin(), fields.end()));
      for (const Value& v : operands) values.push_back(&state_->value(v));
    } catch (Error& e) {
      e.add_context(concat(op, " '", called, "'"));
      throw;
    }
    std::vector<Value> results;
    for (const auto& out : state_->add(std::move(made), std::move(values), called).outputs())
      results.push_back(state_->handle(*out));
    return results;
  });
}

void Network::output(Value value, const std::string& name) {
  guarded([&] {
    tenon::Value& v = state_->value(value);
    const std::string& bound = name.empty() ? v.name : name;
    for (const tenon::Network::Output& out : state_->network.outputs())
      check(out.name != bound, "two outputs are called '", bound, "'");
    state_->network.mark_output(v, bound);
  });
}

Port Network::describe(Value value) const {
  return guarded([&] {
    tenon::Value& v = state_->value(value);
    state_->network.type(v);
    return port_of(v.name, v.type());
  });
}

std::string Network::dump() const {
  return guarded([&] { return to_text(lower(state_->network)); });
}

}  // namespace tenon::api
