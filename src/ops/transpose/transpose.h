// Axis i of y is axis permutation[i] of x; without a permutation the axes are reversed (ONNX Transpose 21).
#pragma once
#include "ir/op.h"

namespace tenon {

struct Transpose final : Op {
  OP_TYPE
  std::vector<int64_t> permutation;
  Transpose() = default;
  explicit Transpose(std::vector<int64_t> p) : permutation(std::move(p)) {}
  void fields(FieldVisitor& v) override { v("permutation", permutation, std::vector<int64_t>()); }
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
  std::vector<int> axes_of_x(int rank) const;  // for each axis of y
};

}  // namespace tenon
