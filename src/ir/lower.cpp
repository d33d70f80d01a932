// Network -> Graph: inputs in their order, then what the outputs need, cloned and typed. The network stays as it was.
#include <unordered_map>

#include "ir/graph.h"
#include "ir/network.h"

namespace tenon {

Graph lower(const Network& network) {
  check(!network.outputs().empty(), "the network has no output; mark one");
  Graph graph;
  std::unordered_map<const Value*, Value*> copy;
  std::vector<Value*> wanted;  // inputs first: programs bind them in this order, used or not
  for (const auto& n : network.nodes())
    if (std::string_view(n->info().name) == "input") wanted.push_back(&n->output());
  for (const Network::Output& out : network.outputs()) wanted.push_back(out.value);
  for (const Node* n : in_order(wanted)) {
    std::vector<Value*> inputs;
    std::vector<std::string> names;
    for (const Value* in : n->inputs()) inputs.push_back(copy.at(in));
    for (const auto& out : n->outputs()) names.push_back(out->name);
    Node& node = graph.append(owning_copy(n->op()), std::move(inputs), std::move(names));
    graph.origins(node) = n->origins();
    for (size_t i = 0; i < n->outputs().size(); ++i) copy[n->outputs()[i].get()] = &node.output(int(i));
  }
  for (const Network::Output& out : network.outputs()) graph.mark_output(*copy.at(out.value), out.name);
  verify(graph);
  return graph;
}

}  // namespace tenon
