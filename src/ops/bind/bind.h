// y = x, whose elements become extents of what follows: symbols stand for them until they are computed.
#pragma once
#include "ir/op.h"

namespace tenon {

// Operand: x, of known extents and as many integers as there are symbols. An element below 0 is refused in the run.
struct Bind final : Op {
  OP_TYPE
  Shape symbols;
  Bind() = default;
  explicit Bind(Shape s) : symbols(std::move(s)) {}
  void fields(FieldVisitor& v) override { v("symbols", symbols); }
  Types infer(const Inputs& in) const override;
  std::optional<Contents> contents(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
  Late late() const override { return Late::contents; }
};

}  // namespace tenon
