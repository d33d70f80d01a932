// Growing a graph: every value is typed and uniquely named from its birth.
#include "ir/graph.h"

#include <algorithm>
#include <unordered_map>

namespace tenon {

Node& Graph::append(std::unique_ptr<Op> op, std::vector<Value*> inputs, std::vector<std::string> names) {
  return insert(nodes_.end(), std::move(op), std::move(inputs), std::move(names));
}

Node& Graph::insert(Nodes::iterator before, std::unique_ptr<Op> op, std::vector<Value*> inputs,
                    std::vector<std::string> names) {
  count(*op);
  auto place = nodes_.insert(before, std::make_unique<Node>(std::move(op), std::move(inputs), int(names.size())));
  Node& node = **place;
  node.self_ = place;
  try {
    for (size_t i = 0; i < names.size(); ++i) {
      std::string unique = names[i];
      for (int k = 1; names_.contains(unique); ++k) unique = concat(names[i], ".", k);
      names_[unique] = &node.output(int(i));
      node.output(int(i)).name = std::move(unique);
    }
    Inferred inferred = infer(node);
    check(inferred.types.size() == names.size(), "has ", inferred.types.size(), " outputs, ", names.size(),
          " names are given");
    for (size_t i = 0; i < names.size(); ++i) node.output(int(i)).inferred = std::move(inferred.types[i]);
    node.output().contents = std::move(inferred.contents);
    node.origins_ = {names[0]};
  } catch (...) {
    for (const auto& out : node.outputs()) names_.erase(out->name);
    node.detach();
    nodes_.erase(place);
    throw;
  }
  return node;
}

void Graph::count(const Op& op) {
  int64_t total = total_ + 1;
  int depth = depth_;
  for (const Body& body : bodies_of(op)) {
    depth = std::max(depth, body->depth() + 1);
    total = checked_add(total, body->total_nodes());
  }
  check(depth <= max_depth, ErrorId::limit_exceeded, "graphs are nested ", depth, " deep, the most is ", max_depth);
  // Without bodies a graph is as long as its file; rewriting only counts up.
  check(depth == 0 || total <= max_total_nodes, ErrorId::limit_exceeded, "with the graphs within its nodes it has ",
        total, " nodes, the most is ", max_total_nodes);
  depth_ = depth, total_ = total;
}

void Graph::mark_output(Value& value, std::string binding) {
  outputs_.push_back({&value, binding.empty() ? value.name : std::move(binding)});
}

std::vector<Node*> Graph::inputs() const {
  std::vector<Node*> list;
  for (const auto& n : nodes_)
    if (std::string_view(n->info().name) == "input") list.push_back(n.get());
  return list;
}

bool Graph::is_output(const Value& value) const {
  return std::any_of(outputs_.begin(), outputs_.end(), [&](const Output& o) { return o.value == &value; });
}

Value* Graph::find(std::string_view name) const {
  auto it = names_.find(name);
  return it == names_.end() ? nullptr : it->second;
}

Graph clone(const Graph& graph) {
  Graph copy;
  std::unordered_map<const Value*, Value*> twin;
  for (const auto& n : graph.nodes()) {
    std::vector<Value*> inputs;
    std::vector<std::string> names;
    for (const Value* in : n->inputs()) inputs.push_back(twin.at(in));
    for (const auto& out : n->outputs()) names.push_back(out->name);
    Node& node = copy.append(n->op().clone(), std::move(inputs), std::move(names));
    copy.origins(node) = n->origins();
    for (size_t i = 0; i < n->outputs().size(); ++i) {
      twin[n->outputs()[i].get()] = &node.output(int(i));
      node.output(int(i)).kept = n->outputs()[i]->kept;
    }
  }
  for (const Graph::Output& out : graph.outputs()) copy.mark_output(*twin.at(out.value), out.name);
  return copy;
}

}  // namespace tenon
