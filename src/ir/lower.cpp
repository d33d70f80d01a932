// Network -> Graph: inputs in their order, then what the outputs need, cloned and typed. The network stays as it was.
#include <algorithm>
#include <unordered_map>

#include "ir/graph.h"
#include "ir/network.h"

namespace tenon {

namespace {

// Numbers that a network only points to are the program's, which may free them: a graph has a copy.
struct CopyBorrowed final : FieldVisitor {
  void operator()(const char*, Weights& w) override {
    if (!w || w->owner || !w->data) return;
    View copy;
    Weights owned = make_weights(w->element, w->extents, copy);
    std::copy_n(w->data, w->bytes(), copy.as<std::byte>());
    w = owned;
  }
  void operator()(const char*, int64_t&) override {}
  void operator()(const char*, double&) override {}
  void operator()(const char*, bool&) override {}
  void operator()(const char*, std::vector<int64_t>&) override {}
  void operator()(const char*, std::vector<double>&) override {}
  void operator()(const char*, Shape&) override {}
  void operator()(const char*, ElementType&) override {}
  void operator()(const char*, TensorType&) override {}
  void choice(const char*, int&, std::span<const char* const>) override {}
};

std::unique_ptr<Op> copy_of(const Op& op) {
  std::unique_ptr<Op> copy = op.clone();
  CopyBorrowed copy_borrowed;
  copy->fields(copy_borrowed);
  return copy;
}

}  // namespace

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
    Node& node = graph.append(copy_of(n->op()), std::move(inputs), std::move(names));
    graph.origins(node) = n->origins();
    for (size_t i = 0; i < n->outputs().size(); ++i) copy[n->outputs()[i].get()] = &node.output(int(i));
  }
  for (const Network::Output& out : network.outputs()) graph.mark_output(*copy.at(out.value), out.name);
  verify(graph);
  return graph;
}

}  // namespace tenon
