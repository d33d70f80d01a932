// Editing, and inference after the fact.
#include "ir/network.h"

#include <unordered_map>
#include <unordered_set>

namespace tenon {

Node& Network::add(std::unique_ptr<Op> op, std::vector<Value*> inputs, std::string name, int output_count) {
  nodes_.push_back(std::make_unique<Node>(std::move(op), std::move(inputs), output_count));
  Node& node = *nodes_.back();
  node.self_ = std::prev(nodes_.end());
  node.origins_ = {name};
  for (int i = 0; i < output_count; ++i) node.output(i).name = i == 0 ? name : concat(name, ":", i);
  return node;
}

void Network::forget_below(Node& node) {
  std::vector<Node*> changed{&node};
  while (!changed.empty()) {
    Node* n = changed.back();
    changed.pop_back();
    for (const auto& out : n->outputs()) {
      bool was = out->inferred.has_value();
      out->inferred.reset();
      out->contents.reset();
      if (was) changed.insert(changed.end(), out->users.begin(), out->users.end());
    }
  }
}

void Network::set_input(Node& node, int i, Value& value) {
  node.set_input(i, value);
  forget_below(node);
}

void Network::set_op(Node& node, std::unique_ptr<Op> op) {
  node.op_ = std::move(op);
  forget_below(node);
}

void Network::remove(Node& node) {
  for (const auto& out : node.outputs()) {
    check(out->users.empty(), ErrorId::internal, "'", out->name, "' is in use");
    unmark_output(*out);
    output_types_.erase(out.get());
  }
  precisions_.erase(&node);
  node.detach();
  nodes_.erase(node.self_);
}

void Network::absorb(Network&& other) {
  nodes_.splice(nodes_.end(), other.nodes_);  // iterators, and so self_, stay good
  outputs_.insert(outputs_.end(), other.outputs_.begin(), other.outputs_.end());
  precisions_.merge(other.precisions_);
  output_types_.merge(other.output_types_);
  other.outputs_.clear();
}

void Network::mark_output(Value& value, std::string binding) {
  outputs_.push_back({&value, binding.empty() ? value.name : std::move(binding)});
}

void Network::unmark_output(const Value& value) {
  std::erase_if(outputs_, [&](const Output& out) { return out.value == &value; });
}

static void infer_types(Node& n) {
  Inferred inferred = infer(n);
  check(inferred.types.size() == n.outputs().size(), ErrorId::internal, n.label(), " has ", inferred.types.size(),
        " outputs, ", n.outputs().size(), " were made");
  for (size_t i = 0; i < inferred.types.size(); ++i) n.output(int(i)).inferred = std::move(inferred.types[i]);
  n.output().contents = std::move(inferred.contents);
}

// Up to what has types already, and no further: a network that grows node by node is walked once.
void Network::infer_above(Value& value) {
  if (value.inferred) return;
  std::vector<Node*> stack{value.producer};
  std::unordered_set<Node*> open;
  while (!stack.empty()) {
    Node* n = stack.back();
    if (n->output().inferred) {
      stack.pop_back();
      continue;
    }
    size_t before = stack.size();
    open.insert(n);
    for (Value* in : n->inputs()) {
      if (in->inferred) continue;
      check(!open.contains(in->producer), ErrorId::invalid_argument, "'", in->name, "' depends on itself");
      stack.push_back(in->producer);
    }
    if (stack.size() > before) continue;
    infer_types(*n);
    open.erase(n);
    stack.pop_back();
  }
}

const Type& Network::type(Value& value) {
  infer_above(value);
  return *value.inferred;
}

const Contents* Network::contents(Value& value) {
  infer_above(value);
  return value.contents ? &*value.contents : nullptr;
}

std::vector<Node*> in_order(const std::vector<Value*>& values) {
  enum State { unseen, open, done };
  std::unordered_map<Node*, State> state;
  std::vector<Node*> order, stack;
  for (auto v = values.rbegin(); v != values.rend(); ++v) stack.push_back((*v)->producer);
  while (!stack.empty()) {  // a stack of our own: depth is the user's choice
    Node* n = stack.back();
    State& s = state[n];
    if (s == unseen) {
      s = open;
      for (auto in = n->inputs().rbegin(); in != n->inputs().rend(); ++in) {
        State of_input = state[(*in)->producer];
        check(of_input != open, ErrorId::invalid_argument, "'", (*in)->name, "' depends on itself");
        if (of_input == unseen) stack.push_back((*in)->producer);
      }
      continue;
    }
    stack.pop_back();
    if (s == open) order.push_back(n);
    s = done;
  }
  return order;
}

}  // namespace tenon
