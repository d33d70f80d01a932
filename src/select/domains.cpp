#include "select/domains.h"

#include <algorithm>

#include "ir/graph.h"
#include "select/region.h"

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

// What an image's first convolution reads, and what is made of its result until something weighs it again. Half of what
// halves cost a network's accuracy is lost there (docs/decisions/0014).
static std::set<const Value*> stem(const Graph& graph) {
  enum Stage { other, constant, image, made };
  std::unordered_map<const Value*, Stage> stages;
  std::unordered_map<const Value*, const Value*> made_of;
  std::set<const Value*> result;
  constexpr int64_t few_channels = 4;
  for (const auto& n : graph.nodes()) {
    std::string_view op = n->info().name;
    Stage stage = op == "input" ? image : op == "constant" ? constant : other;
    const Value* source = nullptr;
    if (op == "conv") {
      const Value& x = n->input(0);
      bool few = x.shape()[1].known() && x.shape()[1].value() <= few_channels;
      if (few && stages[&x] == image) stage = made, source = &x;
      for (const Value* v = source; v; v = made_of[v]) result.insert(v);
    } else if (op == "pool" || is_pointwise(*n)) {
      for (const Value* v : n->inputs()) {
        if (stages[v] == constant) continue;
        stage = !source || stages[v] == stage ? stages[v] : other;
        source = v;
      }
    }
    for (const auto& v : n->outputs()) {
      stages[v.get()] = stage;
      made_of[v.get()] = source;
      if (stage == made) result.insert(v.get());
    }
  }
  return result;
}

Domains domains(const Graph& graph, Permissions permissions) {
  Domains result;
  std::set<const Value*> visible, early = permissions.f16 ? stem(graph) : std::set<const Value*>();
  for (const Graph::Output& out : graph.outputs()) visible.insert(out.value);
  for (const auto& n : graph.nodes())
    for (const auto& v : n->outputs()) {
      Domain domain{v->element()};
      bool narrows = v->element() == ElementType::f32 && !v->kept && !visible.contains(v.get());
      if (narrows && !becomes_integer(*v)) {
        domain.in_pairs = early.contains(v.get()) && !leaves_range(*n);
        if (permissions.f16 && !leaves_range(*n) && !domain.in_pairs)
          domain.elements = domain.elements | ElementType::f16;
        if (permissions.bf16 && !domain.in_pairs) domain.elements = domain.elements | ElementType::bf16;
      }
      result[v.get()] = domain;
    }
  return result;
}

}  // namespace tenon
