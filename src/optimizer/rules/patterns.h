// What rules ask that recognise arithmetic written out in nodes.
#pragma once
#include <vector>

#include "optimizer/rewriter.h"

namespace tenon {

// The node named `op` that makes `v`, or null.
Node* maker(const Value& v, std::string_view op);
// The one number of a constant of floats, whatever its shape.
std::optional<double> number_of(const Value& v);
std::vector<double> numbers_of(const Weights& weights);  // of floats
Weights weights_of(const Extents& extents, ElementType element, std::span<const double> numbers);

// The nodes of a pattern that end with it: all but the root.
struct Inside {
  std::vector<const Node*> nodes;
  Node* take(const Value& v, std::string_view op);  // what maker finds, noted
};

}  // namespace tenon
