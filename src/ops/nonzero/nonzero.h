// Where elements are not zero (ONNX NonZero 13): y[:, k] are the indices of the k-th of them, in row-major order.
#pragma once
#include "ir/op.h"

namespace tenon {

// Operand: x, of any rank. Result: i64[rank of x, how many there are], an extent that a run finds out.
struct NonZero final : Op {
  OP_TYPE
  Shape count;  // the symbol of that extent, alone
  NonZero() = default;
  explicit NonZero(std::string symbol) : count{Dim::symbol(std::move(symbol))} {}
  void fields(FieldVisitor& v) override { v("count", count); }
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
  Late late() const override { return Late::extents; }
  void evaluate_late(ConstViews in, LateResults& out) const override;
};

}  // namespace tenon
