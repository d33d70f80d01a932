// y = (x - mean) / sqrt(variance + epsilon) * scale + bias for each channel (ONNX BatchNormalization 15, inference).
#pragma once
#include "ir/op.h"

namespace tenon {

// Operands: x [N,C,…], scale [C], bias [C], mean [C], variance [C], each of its own float type. x of rank 1 has
// one channel.
struct BatchNorm final : Op {
  OP_TYPE
  double epsilon = 1e-5;
  BatchNorm() = default;
  explicit BatchNorm(double e) : epsilon(e) {}
  void fields(FieldVisitor& v) override { v("epsilon", epsilon, 1e-5); }
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
};

}  // namespace tenon
