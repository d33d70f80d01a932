// Editing under the law: typed on insertion, equal type on replacement, provenance kept, dead nodes gone.
#include "optimizer/rewriter.h"

#include <algorithm>

namespace tenon {

Value& Rewriter::insert(std::unique_ptr<Op> op, std::vector<Value*> inputs) {
  Node& node = graph_.insert(root_.self_, std::move(op), std::move(inputs), {root_.output().name});
  node.origins_ = root_.origins();
  added_.push_back(&node);
  return node.output();
}

Verdict Rewriter::replace(Node& root, Value& value) {
  Value& old = root.output();
  if (root.outputs().size() != 1) return no("the root has several results");
  if (!(*value.inferred == *old.inferred)) return no("the replacement has another type");
  if (std::any_of(added_.begin(), added_.end(), [&](Node* n) { return n == value.producer; })) {
    std::swap(value.name, old.name);  // users keep meeting the names they gave
    graph_.names_[value.name] = &value;
    graph_.names_[old.name] = &old;
  }
  for (Node* user : std::vector<Node*>(old.users))
    for (int i = 0; i < user->input_count(); ++i)
      if (&user->input(i) == &old) user->set_input(i, value);
  for (Graph::Output& out : graph_.outputs_)
    if (out.value == &old) out.value = &value;
  if (!value.contents) value.contents = old.contents;
  value.kept = value.kept || old.kept;
  std::set<std::string> origins;
  remove_dead(root, origins);
  if (!value.producer->inputs().empty()) value.producer->origins_.insert(origins.begin(), origins.end());
  return rewritten;
}

bool Rewriter::sole_user(const Node& node) const {
  return node.outputs().size() == 1 && node.output().users.size() == 1 && !graph_.is_output(node.output());
}

bool Rewriter::used_inside(std::span<const Node* const> nodes) const {
  auto inside = [&](const Node* n) { return n == &root_ || std::find(nodes.begin(), nodes.end(), n) != nodes.end(); };
  return std::all_of(nodes.begin(), nodes.end(), [&](const Node* n) {
    return std::all_of(n->outputs().begin(), n->outputs().end(), [&](const auto& v) {
      return !graph_.is_output(*v) && std::all_of(v->users.begin(), v->users.end(), inside);
    });
  });
}

// Removes the node and what nobody needs any more; inputs of the network stay. Collects their provenance.
void Rewriter::remove_dead(Node& node, std::set<std::string>& origins) {
  std::vector<Node*> candidates{&node};
  while (!candidates.empty()) {
    Node* n = candidates.back();
    candidates.pop_back();
    // A late node's symbols may stand in types of values that do not read it.
    bool needed = std::string_view(n->info().name) == "input" || n->op().late() != Late::nothing;
    for (const auto& out : n->outputs()) needed = needed || !out->users.empty() || graph_.is_output(*out);
    if (needed) continue;
    for (Value* in : n->inputs())
      if (std::find(candidates.begin(), candidates.end(), in->producer) == candidates.end())
        candidates.push_back(in->producer);
    if (!n->inputs().empty()) origins.insert(n->origins().begin(), n->origins().end());
    n->detach();
    for (const auto& out : n->outputs()) graph_.names_.erase(out->name);
    std::erase(added_, n);
    graph_.nodes_.erase(n->self_);
  }
}

// A rule that gave up, or made more than it used, leaves nothing behind.
void Rewriter::drop_added() {
  std::set<std::string> ignored;
  while (!added_.empty()) {
    Node* last = added_.back();
    added_.pop_back();
    if (last->output().users.empty()) remove_dead(*last, ignored);
  }
}

void Rewriter::run(Graph& graph, Rules rules, RewriteLog& log, const Stop& stop) {
  int64_t budget = 1000 + 16 * int64_t(graph.nodes_.size());
  for (bool changed = true; changed;) {
    changed = false;
    for (auto next = graph.nodes_.begin(); next != graph.nodes_.end();) {
      stop.check();
      Node& root = **next++;
      std::string name = root.output().name;
      for (const Rule& rule : rules) {
        if (rule.root && std::string_view(rule.root) != root.info().name) continue;
        if (log.limit >= 0 && log.rewrites >= log.limit) return verify(graph);
        Rewriter rw(graph, root);
        Verdict verdict = rule.apply(rw, root);
        if (verdict.reason) {
          rw.drop_added();
          if (rule.root || log.of_any_op) log.lines.insert(concat(rule.name, " not at '", name, "': ", verdict.reason));
          continue;
        }
        log.lines.insert(concat(rule.name, " at '", name, "'"));
        ++log.rewrites;
        check(--budget > 0, ErrorId::internal, "rules undo each other without end; the last is ", rule.name);
        changed = true;
        break;
      }
    }
  }
  verify(graph);
}

}  // namespace tenon
