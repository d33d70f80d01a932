// Domains: the element types each value may be stored in. Computed when the graph is final, for rewriting
// makes and drops values; until then a value has its nominal type alone.
#pragma once
#include <unordered_map>

#include "ir/node.h"

namespace tenon {

struct Permissions {  // f32 values inside may be stored narrower where that is faster
  bool f16 = false, bf16 = false;
};

struct Domain {
  ElementSet elements;
  bool in_pairs = false;  // f32 that kernels may read as sums of two narrower parts (docs/decisions/0014)
  bool contains(ElementType e) const { return elements.contains(e); }
};
using Domains = std::unordered_map<const Value*, Domain>;

Domains domains(const Graph& graph, Permissions permissions);

}  // namespace tenon
