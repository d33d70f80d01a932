// Node and Value: the same objects in a Network and in a Graph; only the laws around them differ.
#pragma once
#include <list>
#include <set>
#include <string>

#include "ir/op.h"

namespace tenon {

class Graph;
class Node;

struct Value {
  Node* producer = nullptr;
  int index = 0;  // among its producer's outputs
  std::string name;
  std::optional<Type> inferred;      // always there in a Graph
  std::optional<Contents> contents;  // of small integer tensors, where known
  std::vector<Node*> users;          // one entry per use
  bool kept = false;                 // never stored narrower than its type, whatever a build permits

  const TensorType& type() const;  // of a tensor; refuses other kinds
  const Shape& shape() const { return type().shape; }
  ElementType element() const { return type().element; }
};

class Node {
 public:
  Node(std::unique_ptr<Op> op, std::vector<Value*> inputs, int output_count);
  ~Node();

  const Op& op() const { return *op_; }
  const OpInfo& info() const { return op_->info(); }
  const std::vector<Value*>& inputs() const { return inputs_; }
  Value& input(int i) const { return *inputs_[size_t(i)]; }
  int input_count() const { return int(inputs_.size()); }
  const std::vector<std::unique_ptr<Value>>& outputs() const { return outputs_; }
  Value& output(int i = 0) { return *outputs_[size_t(i)]; }
  const Value& output(int i = 0) const { return *outputs_[size_t(i)]; }
  const std::set<std::string>& origins() const { return origins_; }  // node names in the network it came from
  std::string label() const;                                         // "softmax 'y'", for messages

 private:
  friend class Network;
  friend class Graph;
  friend class Rewriter;
  void set_input(int i, Value& value);
  void detach();

  std::unique_ptr<Op> op_;
  std::vector<Value*> inputs_;
  std::vector<std::unique_ptr<Value>> outputs_;
  std::set<std::string> origins_;
  std::list<std::unique_ptr<Node>>::iterator self_;  // its place in the owner's list
};

template <class T>
const T* as(const Node& node) {
  return dynamic_cast<const T*>(&node.op());
}
template <class T>
const T* as(const Value& value) {
  return as<T>(*value.producer);
}

struct Inferred {
  Types types;
  std::optional<Contents> contents;  // of output 0
};
Inferred infer(const Op& op, std::span<const Inputs::Operand> operands);
Inferred infer(const Node& node);  // adds the node's name to what goes wrong

}  // namespace tenon
