// Rewriter: the only editor of a graph. Rules are functions that answer rewritten, or no and why.
#pragma once
#include "base/stop.h"
#include "ir/graph.h"

namespace tenon {

struct Verdict {
  const char* reason = nullptr;  // null: rewritten
};
constexpr Verdict rewritten{};
constexpr Verdict no(const char* reason) { return {reason}; }

class Rewriter;

struct Rule {
  const char* name;
  const char* root;  // the op it starts from, so that a refusal always has something to say; null: any
  Verdict (*apply)(Rewriter& rw, Node& root);
};
using Rules = std::span<const Rule>;

// What rules did and why others did not: "fold_scale at 'y'", "fold_scale not at 'z': conv has other users".
struct RewriteLog {
  std::set<std::string> lines;
  bool of_any_op = false;  // refusals of rules that start from any op too: nearly every node has some
  int rewrites = 0;
  int limit = -1;  // stops after so many rewrites, to find the one that breaks something; -1: none
};

// A rule removes its root and what stands before it, never what follows.
class Rewriter {
 public:
  Rewriter(Graph& graph, Node& root) : graph_(graph), root_(root) {}

  template <class T>
  Value& add(const T& op, std::vector<Value*> inputs) {
    return insert(op.clone(), std::move(inputs));
  }
  Value& insert(std::unique_ptr<Op> op, std::vector<Value*> inputs);
  // Every use of the root's only result becomes a use of `value`, which takes over its name and provenance.
  Verdict replace(Node& root, Value& value);
  bool sole_user(const Node& node) const;  // of its only result, which is no output of the graph
  // No result of `nodes` is used but by them and the root, nor is it an output of the graph.
  bool used_inside(std::span<const Node* const> nodes) const;

  // To a fixpoint: what one rule makes, another may take further.
  static void run(Graph& graph, Rules rules, RewriteLog& log, const Stop& stop = {});

 private:
  void remove_dead(Node& node, std::set<std::string>& origins);
  void drop_added();

  Graph& graph_;
  Node& root_;
  std::vector<Node*> added_;
};

// What producer<Conv>(mul, 0) finds, or null.
template <class T>
Node* producer(const Node& node, int i) {
  Node* from = node.input(i).producer;
  return as<T>(*from) ? from : nullptr;
}

}  // namespace tenon
