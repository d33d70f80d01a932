#include "objects/body.h"

#include <algorithm>
#include <set>

#include "ir/graph.h"
#include "objects/convert.h"
#include "ops/constant/constant.h"
#include "ops/input/input.h"

namespace tenon::objects {

const OpInfo Placeholder::op_info{
    "placeholder", [](int) -> std::unique_ptr<Op> { return std::make_unique<Placeholder>(); }, 0, Tier::plan};

void Placeholder::evaluate(ConstViews, Views) const {
  fail(ErrorId::internal, "a value of a loop or a conditional was computed outside of it");
}

void BodyDraft::add_border(tenon::Value& placeholder, tenon::Value& source) {
  sources_.push_back(&source);
  std::vector<const tenon::Value*> stack{&placeholder};
  nodes_.insert(placeholder.producer);
  while (!stack.empty()) {
    const tenon::Value* value = stack.back();
    stack.pop_back();
    for (const tenon::Node* user : value->users)
      if (nodes_.insert(user).second)
        for (const auto& out : user->outputs()) stack.push_back(out.get());
  }
}

tenon::Value& BodyDraft::add_input(const TensorType& type, const std::string& name) {
  return inside_.add(Input(type), {}, name);
}

tenon::Value& BodyDraft::capture(tenon::Value& value) {
  if (constant_of(value)) return inside_.add(*as<Constant>(value), {}, value.name);
  outside_.type(value);
  Input input(value.type());
  if (value.contents) input.known = *value.contents;
  captured_.push_back(&value);
  return inside_.add(input, {}, value.name);
}

// Operands before users, on a stack of our own.
tenon::Value& BodyDraft::again(tenon::Value& value, Replaced replaced, Add add) {
  std::vector<tenon::Value*> stack{&value};
  while (!stack.empty()) {
    tenon::Value& v = *stack.back();
    if (replaced.contains(&v)) {
      stack.pop_back();
      continue;
    }
    const tenon::Node& node = *v.producer;
    size_t before = stack.size();
    Values operands;
    for (tenon::Value* in : node.inputs()) {
      auto it = replaced.find(in);
      if (it == replaced.end() && is_inside(*in)) stack.push_back(in);
      else operands.push_back(it == replaced.end() ? in : it->second);
    }
    if (stack.size() > before) continue;
    check(!as<Placeholder>(node), "'", v.name, "' is no recurrence of the loop, and decides whether it goes on");
    tenon::Value& made = add(node, operands, v);
    for (size_t i = 0; i < node.outputs().size(); ++i)
      replaced[node.outputs()[i].get()] = made.producer->outputs()[i].get();
  }
  return *replaced.at(&value);
}

tenon::Value& BodyDraft::take(tenon::Value& value) {
  std::vector<tenon::Value*> stack{&value};
  while (!stack.empty()) {
    tenon::Value& v = *stack.back();
    const tenon::Node& node = *v.producer;
    if (inside_of_.contains(&v)) {
      stack.pop_back();
      continue;
    }
    if (!is_inside(v)) {
      inside_of_[&v] = &capture(v);
      continue;
    }
    size_t before = stack.size();
    Values operands;
    for (tenon::Value* in : node.inputs()) {
      auto it = inside_of_.find(in);
      if (it == inside_of_.end()) stack.push_back(in);
      else operands.push_back(it->second);
    }
    if (stack.size() > before) continue;
    int results = int(node.outputs().size());
    tenon::Node& copy = inside_.add(node.op().clone(), operands, v.name, results);
    for (int i = 0; i < results; ++i) {
      inside_of_[node.outputs()[size_t(i)].get()] = &copy.output(i);
      inside_.rename(copy.output(i), node.output(i).name);
    }
    inside_.set_origin(copy, node.origins().empty() ? v.name : *node.origins().begin());
  }
  return *inside_of_.at(&value);
}

tenon::Value& BodyDraft::taken_again(tenon::Value& value, Replaced replaced) {
  for (auto& [placeholder, by] : replaced) by = &take(*by);
  if (!is_inside(value)) return take(value);
  return again(
      value, std::move(replaced), [&](const tenon::Node& node, Values operands, const tenon::Value& v) -> auto& {
        for (size_t i = 0; i < operands.size(); ++i)
          if (operands[i] == &node.input(int(i))) operands[i] = &take(node.input(int(i)));
        return inside_.add(node.op().clone(), operands, concat(v.name, ".next"), int(node.outputs().size())).output();
      });
}

Body BodyDraft::finish() {
  for (;;) {
    auto graph = std::make_shared<Graph>(lower(inside_));
    if (!capture_carriers(*graph)) return graph;
  }
}

static void add_alone(const Shape& shape, std::set<std::string>& told) {
  for (const Dim& d : shape) {
    std::map<std::string, int> symbols;
    d.symbols(symbols);
    if (symbols.size() == 1 && d == Dim::symbol(symbols.begin()->first)) told.insert(symbols.begin()->first);
  }
}

// What the operands outside are made of tells the symbols of their types.
tenon::Value* BodyDraft::carrier_of(const std::string& symbol) const {
  std::unordered_set<const tenon::Value*> seen;
  Values stack = captured_;
  for (const tenon::Node* node : nodes_)
    for (tenon::Value* in : node->inputs())
      if (!is_inside(*in)) stack.push_back(in);
  for (tenon::Value* source : sources_) stack.push_back(source);
  while (!stack.empty()) {
    tenon::Value* v = stack.back();
    stack.pop_back();
    if (!seen.insert(v).second || is_inside(*v)) continue;
    std::set<std::string> told;
    if (v->inferred) add_alone(v->shape(), told);
    if (told.contains(symbol)) return v;
    for (tenon::Value* in : v->producer->inputs()) stack.push_back(in);
  }
  return nullptr;
}

// A body is told extents by its own inputs alone: those that it has from outside by name only come with an input more.
bool BodyDraft::capture_carriers(const Graph& graph) {
  std::set<std::string> told;
  std::map<std::string, int> used;
  for (const auto& n : graph.nodes())
    for (const auto& v : n->outputs()) {
      if (as<Input>(*v) || n->op().late() != Late::nothing) add_alone(v->shape(), told);
      if (n->op().late() == Late::contents) add_alone(*v->contents, told);
      for (const Dim& d : v->shape()) d.symbols(used);
      for (const Dim& d : v->contents.value_or(Contents())) d.symbols(used);
    }
  bool captured = false;
  for (const auto& [symbol, count] : used) {
    if (told.contains(symbol)) continue;
    tenon::Value* carrier = carrier_of(symbol);
    check(carrier, ErrorId::not_known, "nothing tells the extent ", symbol, " within a loop or a conditional");
    captured = captured || !inside_of_.contains(carrier);
    take(*carrier);
  }
  return captured;
}

}  // namespace tenon::objects
