// y = x[…, indices, …]: slices of x along `axis` (ONNX Gather 13). Negative indices count from the end.
#pragma once
#include "ir/op.h"

namespace tenon {

struct Gather final : Op {
  OP_TYPE
  int64_t axis = 0;
  Gather() = default;
  explicit Gather(int64_t a) : axis(a) {}
  void fields(FieldVisitor& v) override { v("axis", axis, int64_t(0)); }
  Types infer(const Inputs& in) const override;
  std::optional<Contents> contents(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
};

}  // namespace tenon
