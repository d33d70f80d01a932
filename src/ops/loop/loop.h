// A graph that runs again and again (ONNX Loop 25; Scan is one that gathers its slices itself).
#pragma once
#include "ir/op.h"
#include "ops/bodies.h"

namespace tenon {

// Operands: how often at most, i64 of one element; whether to begin, bool; the states; what the body reads besides.
// Body: i64 number of the round, from 0; bool; the states; what it reads -> whether to go on; the states; what is kept.
// Results: the states behind the last round; for each kept value those of all rounds, stacked along a new first axis.
struct Loop final : Op {
  OP_TYPE
  Body body;
  int64_t states = 0;
  bool counted = false;  // the condition is always true: there are as many rounds as operand 0 says
  Shape late_extents;    // a symbol for each extent of the results that only a run tells
  Loop() = default;
  Loop(Body b, int64_t s, bool c) : body(std::move(b)), states(s), counted(c) {}
  void fields(FieldVisitor& v) override;
  Types infer(const Inputs& in) const override;
  Types types(const Inputs& in, NextLate next) const;
  void evaluate(ConstViews in, Views out) const override;
  Late late() const override { return late_extents.empty() ? Late::nothing : Late::extents; }
};

}  // namespace tenon
