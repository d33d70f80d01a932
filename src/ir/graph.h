// Graph: what the compiler works on. SSA, fully typed, nodes always in topological order.
#pragma once
#include "ir/node.h"

namespace tenon {

class Network;

// Bodies in bodies: a file may nest them, and use one many times, until a walk over them would never end.
constexpr int max_depth = 32;
constexpr int64_t max_total_nodes = 4'000'000;

class Graph {
 public:
  using Nodes = std::list<std::unique_ptr<Node>>;
  Graph() = default;
  Graph(Graph&&) = default;
  Graph& operator=(Graph&&) = default;

  Node& append(std::unique_ptr<Op> op, std::vector<Value*> inputs, std::vector<std::string> names);
  void mark_output(Value& value, std::string binding = {});  // the name programs bind; the value's own if empty

  struct Output {
    Value* value;
    std::string name;
  };
  const Nodes& nodes() const { return nodes_; }
  const std::vector<Output>& outputs() const { return outputs_; }
  std::vector<Node*> inputs() const;  // input nodes, in the order of their making: its binding name is the value's
  bool is_output(const Value& value) const;
  int depth() const { return depth_; }            // of bodies within bodies; 0: there are none
  int64_t total_nodes() const { return total_; }  // with those of bodies, as often as they stand there
  Value* find(std::string_view name) const;       // null if there is none
  std::set<std::string>& origins(Node& node) { return node.origins_; }

 private:
  friend class Rewriter;  // the only editor of a finished graph
  Node& insert(Nodes::iterator before, std::unique_ptr<Op> op, std::vector<Value*> inputs,
               std::vector<std::string> names);

  void count(const Op& op);

  Nodes nodes_;
  int depth_ = 0;
  int64_t total_ = 0;
  std::vector<Output> outputs_;
  std::map<std::string, Value*, std::less<>> names_;
};

void verify(const Graph& graph);  // the law, on one page: verify.cpp
Graph clone(const Graph& graph);

// What becomes of the types that a user demands: nothing; casts where they are possible, else a note; or a refusal.
enum class Constraints { ignored, preferred, obeyed };
Graph lower(const Network& network, Constraints constraints = Constraints::ignored,
            std::vector<std::string>* notes = nullptr);

}  // namespace tenon
