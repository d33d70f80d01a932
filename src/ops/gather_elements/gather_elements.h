// y[i, j, k] = x[i, indices[i, j, k], k]: along `axis`, each element by an index of its own (ONNX GatherElements 13).
#pragma once
#include "ir/op.h"

namespace tenon {

struct GatherElements final : Op {
  OP_TYPE
  int64_t axis = 0;
  GatherElements() = default;
  explicit GatherElements(int64_t a) : axis(a) {}
  void fields(FieldVisitor& v) override { v("axis", axis); }
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
};

}  // namespace tenon
