// The first `lengths[b]` elements along the time axis in reverse order, for every b of the batch axis; the rest stays
// (ONNX ReverseSequence 10; IReverseSequenceLayer). Operands: x and the lengths, which need not be known at build.
#pragma once
#include "ir/op.h"

namespace tenon {

struct ReverseSequence final : Op {
  OP_TYPE
  int64_t batch_axis = 1, time_axis = 0;
  void fields(FieldVisitor& v) override {
    v("batch_axis", batch_axis);
    v("time_axis", time_axis);
  }
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
};

}  // namespace tenon
