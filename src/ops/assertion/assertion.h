// y = x, unless a number of the condition is false: then the run ends with the message (IAssertionLayer).
#pragma once
#include "ir/op.h"

namespace tenon {

// Operands: x, and the condition, booleans of any shape. One that is known to be false ends the build.
struct Assertion final : Op {
  OP_TYPE
  Weights message;  // its bytes, u8
  Assertion() = default;
  explicit Assertion(const std::string& text);
  void fields(FieldVisitor& v) override { v("message", message); }
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
  void demand(const ConstView& condition) const;  // refuses with the message
};

}  // namespace tenon
