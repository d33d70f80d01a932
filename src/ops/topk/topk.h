// The k largest (smallest) elements along `axis`, best first, and their positions; of equal ones the first comes first
// (ONNX TopK 24; ITopKLayer). NaN counts as larger than any number. Operands: x, and k, whose contents are known.
#pragma once
#include "ir/op.h"

namespace tenon {

struct TopK final : Op {
  OP_TYPE
  int64_t axis = -1;
  bool largest = true;
  TopK() = default;
  TopK(int64_t a, bool l) : axis(a), largest(l) {}
  void fields(FieldVisitor& v) override {
    v("axis", axis);
    v("largest", largest, true);
  }
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
};

}  // namespace tenon
