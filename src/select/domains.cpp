#include "select/domains.h"

#include <algorithm>

#include "ir/graph.h"

namespace tenon {

// Squares, powers and sums leave the range of f16 long before what is made of them does.
static bool leaves_range(const Node& node) {
  std::string_view op = node.info().name;
  return op == "reduce" || op == "pow" || op == "exp" || (op == "mul" && &node.input(0) == &node.input(1));
}

// What becomes an integer counts exactly: sums of bytes, above all.
static bool becomes_integer(const Value& v) {
  return std::any_of(v.users.begin(), v.users.end(), [](const Node* user) {
    return std::string_view(user->info().name) == "cast" && integer_types.contains(user->output().element());
  });
}

Domains domains(const Graph& graph, Permissions permissions) {
  Domains result;
  std::set<const Value*> visible;
  for (const Graph::Output& out : graph.outputs()) visible.insert(out.value);
  for (const auto& n : graph.nodes())
    for (const auto& v : n->outputs()) {
      ElementSet allowed = v->element();
      bool narrows = v->element() == ElementType::f32 && !v->kept && !visible.contains(v.get());
      if (narrows && !becomes_integer(*v)) {
        if (permissions.f16 && !leaves_range(*n)) allowed = allowed | ElementType::f16;
        if (permissions.bf16) allowed = allowed | ElementType::bf16;
      }
      result[v.get()] = allowed;
    }
  return result;
}

}  // namespace tenon
