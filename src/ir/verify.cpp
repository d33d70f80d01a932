// The IR's law on one page.
#include <algorithm>
#include <unordered_set>

#include "ir/graph.h"

namespace tenon {

static void verify(const Graph& graph, const Node& n, const std::unordered_set<const Value*>& defined) {
  for (const Value* in : n.inputs()) {
    check(defined.contains(in), ErrorId::internal, n.label(), " uses '", in->name, "' before it is defined");
    check(std::count(in->users.begin(), in->users.end(), &n) == std::count(n.inputs().begin(), n.inputs().end(), in),
          ErrorId::internal, "'", in->name, "' has lost count of its uses by ", n.label());
  }
  Inferred inferred = infer(n);
  check(inferred.types.size() == n.outputs().size(), ErrorId::internal, n.label(), " has another number of outputs");
  for (size_t i = 0; i < inferred.types.size(); ++i) {
    const Value& out = n.output(int(i));
    check(out.producer == &n && out.index == int(i), ErrorId::internal, "'", out.name, "' has lost its producer");
    check(out.inferred && *out.inferred == inferred.types[i], ErrorId::internal, "'", out.name, "' is not of the type ",
          inferred.types[i], " that its op infers");
    check(graph.find(out.name) == &out, ErrorId::internal, "'", out.name, "' is not found by its name");
  }
}

// Bodies were verified when they were made, and nobody changes them.
void verify(const Graph& graph) {
  std::unordered_set<const Value*> defined;
  for (const auto& n : graph.nodes()) {
    verify(graph, *n, defined);
    for (const auto& out : n->outputs()) defined.insert(out.get());
  }
  for (const Graph::Output& out : graph.outputs())
    check(defined.contains(out.value), ErrorId::internal, "output '", out.name, "' is not in the graph");
}

}  // namespace tenon
