// One of two graphs, by a condition (ONNX If 25).
#pragma once
#include "ir/op.h"
#include "ops/bodies.h"

namespace tenon {

// Operands: a condition, bool of one element; what `then` reads; what `otherwise` reads. Results: the branch's outputs.
struct If final : Op {
  OP_TYPE
  Body then, otherwise;
  Shape late_extents;  // a symbol for each extent of the results in which branches differ, or which only they know
  If() = default;
  If(Body t, Body o) : then(std::move(t)), otherwise(std::move(o)) {}
  void fields(FieldVisitor& v) override;
  Types infer(const Inputs& in) const override;
  Types types(const Inputs& in, NextLate next) const;
  void evaluate(ConstViews in, Views out) const override;
  Late late() const override { return late_extents.empty() ? Late::nothing : Late::extents; }
};

}  // namespace tenon
