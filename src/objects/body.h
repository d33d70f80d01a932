// From nodes of the network to a graph within a node: what stands between a border and what leaves it.
#pragma once
#include <unordered_map>
#include <unordered_set>

#include "base/function_ref.h"
#include "objects/draft.h"

namespace tenon::objects {

// A value that stands for what a loop or a conditional gives its inside. It never leaves the network: a body has an
// input, or nodes, in its place.
struct Placeholder final : Op {
  OP_TYPE
  TensorType type;
  std::optional<Contents> known;
  Placeholder() = default;
  Placeholder(TensorType t, const Contents* contents) : type(std::move(t)) {
    if (contents) known = *contents;
  }
  Types infer(const Inputs&) const override { return {type}; }
  std::optional<Contents> contents(const Inputs&) const override { return known; }
  void evaluate(ConstViews in, Views out) const override;
};

class BodyDraft {
 public:
  explicit BodyDraft(tenon::Network& outside) : outside_(outside) {}
  tenon::Network& network() { return inside_; }

  // Before anything is taken: a value of the inside, and what it comes from outside, which tells extents.
  void add_border(tenon::Value& placeholder, tenon::Value& source);
  tenon::Value& add_input(const TensorType& type, const std::string& name);
  void put(tenon::Value& placeholder, tenon::Value& inside) { inside_of_[&placeholder] = &inside; }
  // The value inside: its nodes, where a placeholder of the border leads to them; else an input more.
  tenon::Value& take(tenon::Value& value);
  // The same with other values for some placeholders, or for all of them values outside, whose nodes `add` makes.
  using Replaced = std::unordered_map<const tenon::Value*, tenon::Value*>;
  using Add = FunctionRef<tenon::Value&(const tenon::Node&, std::vector<tenon::Value*>, const tenon::Value&)>;
  tenon::Value& again(tenon::Value& value, Replaced replaced, Add add);
  tenon::Value& taken_again(tenon::Value& value, Replaced replaced);
  bool is_inside(const tenon::Value& value) const { return nodes_.contains(value.producer); }

  // As a graph whose outputs are marked in network(); and what its last inputs are outside.
  Body finish();
  const Values& captured() const { return captured_; }

 private:
  tenon::Value& capture(tenon::Value& value);
  bool capture_carriers(const Graph& graph);
  tenon::Value* carrier_of(const std::string& symbol) const;

  tenon::Network &outside_, inside_;
  std::unordered_set<const tenon::Node*> nodes_;  // those that the border leads to
  std::unordered_map<const tenon::Value*, tenon::Value*> inside_of_;
  Values sources_, captured_;
};

// Adds the node with as many late extents as its types need.
template <class T>
Values add_with_late(Draft& draft, T op, const Values& operands, size_t results) {
  std::vector<Inputs::Operand> seen;
  for (tenon::Value* v : operands) {
    draft.type(*v);
    seen.push_back({&*v->inferred, v->contents ? &*v->contents : nullptr});
  }
  op.types(Inputs(seen), [&] { return op.late_extents.emplace_back(Dim::symbol(draft.late_symbol())); });
  return draft.node(op.clone(), operands, int(results));
}

}  // namespace tenon::objects
