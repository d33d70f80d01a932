#include "select/domains.h"

#include "ir/graph.h"

namespace tenon {

Domains domains(const Graph& graph, Permissions permissions) {
  Domains result;
  std::set<const Value*> visible;
  for (const Graph::Output& out : graph.outputs()) visible.insert(out.value);
  for (const auto& n : graph.nodes())
    for (const auto& v : n->outputs()) {
      ElementSet allowed = v->element();
      if (!visible.contains(v.get()) && v->element() == ElementType::f32) {
        if (permissions.f16) allowed = allowed | ElementType::f16;
        if (permissions.bf16) allowed = allowed | ElementType::bf16;
      }
      result[v.get()] = allowed;
    }
  return result;
}

}  // namespace tenon
