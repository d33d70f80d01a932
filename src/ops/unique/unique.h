// What differs along an axis (ONNX Unique 11): each subtensor once, where it stands first, where it is found, how
// often. -0 equals 0, and NaN equals NaN and is larger than any number.
#pragma once
#include "ir/op.h"

namespace tenon {

// Operand: x. Results: y, x with an axis of [count]; i64[count], the first place of each; i64[extent of the axis],
// which of y stands there; i64[count], how often.
struct Unique final : Op {
  OP_TYPE
  int64_t axis = 0;
  bool sorted = true;  // ascending, elements compared in row-major order; otherwise as they first appear
  Shape count;         // the symbol of that extent, alone
  Unique() = default;
  Unique(int64_t a, bool s, std::string symbol) : axis(a), sorted(s), count{Dim::symbol(std::move(symbol))} {}
  void fields(FieldVisitor& v) override {
    v("axis", axis, int64_t(0));
    v("sorted", sorted, true);
    v("count", count);
  }
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
  Late late() const override { return Late::extents; }
  void evaluate_late(ConstViews in, LateResults& out) const override;
};

}  // namespace tenon
