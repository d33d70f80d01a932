// Network: what people edit. Any order, inputs rewired at any time, types inferred when somebody asks.
#pragma once
#include "ir/node.h"

namespace tenon {

class Network {
 public:
  Network() = default;
  Network(Network&&) = default;
  Network& operator=(Network&&) = default;

  Node& add(std::unique_ptr<Op> op, std::vector<Value*> inputs, std::string name, int output_count = 1);
  template <class T>
  Value& add(const T& op, std::vector<Value*> inputs, std::string name) {
    return add(op.clone(), std::move(inputs), std::move(name)).output();
  }
  void set_input(Node& node, int i, Value& value);
  void set_op(Node& node, std::unique_ptr<Op> op);  // of as many operands and outputs
  void remove(Node& node);                          // one that nobody uses
  // Everything of the other network, behind what is here; its nodes keep their addresses.
  void absorb(Network&& other);
  void rename(Value& value, std::string name) { value.name = std::move(name); }
  void mark_output(Value& value, std::string binding = {});
  void unmark_output(const Value& value);
  const Type& type(Value& value);
  const Contents* contents(Value& value);  // null: not known
  void set_origin(Node& node, std::string origin) { node.origins_ = {std::move(origin)}; }
  // Float types that a user demands: of a node's arithmetic, and of values. Lowering says what becomes of them.
  std::map<const Node*, ElementType>& precisions() { return precisions_; }
  std::map<const Value*, ElementType>& output_types() { return output_types_; }
  const std::map<const Node*, ElementType>& precisions() const { return precisions_; }
  const std::map<const Value*, ElementType>& output_types() const { return output_types_; }

  struct Output {
    Value* value;
    std::string name;  // by which programs bind it
  };
  const std::vector<Output>& outputs() const { return outputs_; }
  const std::list<std::unique_ptr<Node>>& nodes() const { return nodes_; }

 private:
  void infer_above(Value& value);
  static void forget_below(Node& node);

  std::list<std::unique_ptr<Node>> nodes_;  // a node's address is its stable identity
  std::vector<Output> outputs_;
  std::map<const Node*, ElementType> precisions_;
  std::map<const Value*, ElementType> output_types_;
};

// A copy of the op, with numbers that nobody owns copied, too.
std::unique_ptr<Op> owning_copy(const Op& op);

// `values` and their ancestors' producers, producers before users; `roots` come first. Refuses a cycle, and names it.
std::vector<Node*> in_order(const std::vector<Value*>& values);

}  // namespace tenon
