// A matrix: axes before `axis` are its rows, the others its columns (ONNX Flatten 21).
#pragma once
#include "ir/op.h"

namespace tenon {

struct Flatten final : Op {
  OP_TYPE
  int64_t axis = 1;
  Flatten() = default;
  explicit Flatten(int64_t a) : axis(a) {}
  void fields(FieldVisitor& v) override { v("axis", axis, int64_t(1)); }
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
};

}  // namespace tenon
