// Common subexpressions: of nodes that compute the same from the same values, the first stays.
#include <unordered_map>

#include "ir/fields_text.h"
#include "optimizer/passes/passes.h"

namespace tenon {

static std::string work_of(const Node& node) {
  std::string key = concat(node.info().name, fields_text(node.op()));
  for (const Value* in : node.inputs()) key += concat(" ", reinterpret_cast<uintptr_t>(in));
  return key;
}

void merge_equal(Graph& graph, RewriteLog& log) {
  std::unordered_map<std::string, Value*> first;
  for (auto next = graph.nodes().begin(); next != graph.nodes().end();) {
    Node& node = **next++;
    if (node.inputs().empty() || node.outputs().size() != 1) continue;
    auto [known, fresh] = first.try_emplace(work_of(node), &node.output());
    if (fresh) continue;
    std::string name = node.output().name;
    Rewriter rw(graph, node);
    if (rw.replace(node, *known->second).reason) continue;
    log.lines.insert(concat("merge_equal at '", name, "'"));
    ++log.rewrites;
  }
  verify(graph);
}

}  // namespace tenon
