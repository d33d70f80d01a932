// Domains: the element types each value may be stored in. Computed when the graph is final, for rewriting
// makes and drops values; until then a value has its nominal type alone.
#pragma once
#include <unordered_map>

#include "ir/node.h"

namespace tenon {

struct Permissions {  // f32 values inside may be stored narrower where that is faster
  bool f16 = false, bf16 = false;
};

using Domains = std::unordered_map<const Value*, ElementSet>;

Domains domains(const Graph& graph, Permissions permissions);

}  // namespace tenon
