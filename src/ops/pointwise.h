// What the families of pointwise ops share: inference with broadcasting, and the reference kernel by their expression.
#pragma once
#include "ir/op.h"

namespace tenon {

// Broadcasts all shapes; the element type is that of operand `like`, or bool.
Shape broadcast_all(const Inputs& in);
// Evaluates op.pointwise() element by element, operands broadcast to the result.
void evaluate_pointwise(const Op& op, ConstViews in, View out);

// f in the type that arithmetic on `type` runs in, rounded back to it at the end: fused or not, the bits are the same.
template <class F>
Term in_compute_type(Term x, F f) {
  ElementType type = x.type();
  return cast(f(cast(x, compute_type(type))), type);
}

}  // namespace tenon
