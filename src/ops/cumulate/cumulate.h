// Sums (products) of all elements up to each along an axis; without its own if `exclusive`, from the end if `reverse`
// (ONNX CumSum 14, CumProd 26; ICumulativeLayer). Operands: x, and the axis, one number known at run time.
#pragma once
#include "ir/op.h"

namespace tenon {

enum class CumulateKind { sum, prod };

struct Cumulate final : Op {
  OP_TYPE
  CumulateKind kind = CumulateKind::sum;
  bool exclusive = false, reverse = false;
  void fields(FieldVisitor& v) override {
    static const char* const kinds[] = {"sum", "prod"};
    v("kind", kind, kinds);
    v("exclusive", exclusive, false);
    v("reverse", reverse, false);
  }
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
};

}  // namespace tenon
