// The upper (or lower) triangle of every matrix, from diagonal k on; zeros elsewhere (ONNX Trilu 14).
// Operands: x, and maybe k, one number that need not be known until run time; 0 without it.
#pragma once
#include "ir/op.h"

namespace tenon {

struct Trilu final : Op {
  OP_TYPE
  bool upper = true;
  Trilu() = default;
  explicit Trilu(bool u) : upper(u) {}
  void fields(FieldVisitor& v) override { v("upper", upper, true); }
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
};

}  // namespace tenon
