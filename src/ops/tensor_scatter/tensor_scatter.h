// The cache with each batch's update written along `axis` from the batch's own place on (ONNX TensorScatter 24).
// Operands: cache, update, and maybe places, one for each extent of axis 0; 0 without them. Circular: past the end the
// update goes on at the beginning.
#pragma once
#include "ir/op.h"

namespace tenon {

struct TensorScatter final : Op {
  OP_TYPE
  int64_t axis = -2;
  bool circular = false;
  TensorScatter() = default;
  TensorScatter(int64_t a, bool c) : axis(a), circular(c) {}
  void fields(FieldVisitor& v) override {
    v("axis", axis);
    v("circular", circular, false);
  }
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;  // over the cache where the result lies on it

  // Where batch `b` begins. Refuses a place before the cache or, unless circular, an update that would leave it.
  int64_t place(ConstViews in, int64_t b) const;
};

}  // namespace tenon
