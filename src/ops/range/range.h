// start, start + delta, start + 2 delta … before limit (ONNX Range 11), of three single numbers: integers whose
// contents are known when shapes are inferred, up to symbols, or any whose count a run finds out.
#pragma once
#include "ir/op.h"

namespace tenon {

struct RangeOf final : Op {
  OP_TYPE
  Shape count;  // the symbol of that extent, alone; empty: it is known
  RangeOf() = default;
  explicit RangeOf(std::string symbol) : count{Dim::symbol(std::move(symbol))} {}
  void fields(FieldVisitor& v) override { v("count", count, Shape()); }
  Types infer(const Inputs& in) const override;
  std::optional<Contents> contents(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
  Late late() const override { return count.empty() ? Late::nothing : Late::extents; }
  void evaluate_late(ConstViews in, LateResults& out) const override;
};

}  // namespace tenon
