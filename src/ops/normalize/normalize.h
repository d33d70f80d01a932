// y = (x - mean x) / sqrt(variance x + epsilon) * scale + bias, both taken over `axes`; without `center`, x / rms x.
// ONNX LayerNormalization, GroupNormalization, InstanceNormalization and RMSNormalization; INormalizationLayer.
#pragma once
#include "ir/op.h"

namespace tenon {

// Operands: x, and maybe scale, and then maybe bias, which broadcast to x.
struct Normalize final : Op {
  OP_TYPE
  std::vector<int64_t> axes = {-1};
  double epsilon = 1e-5;
  bool center = true;
  Normalize() = default;
  Normalize(std::vector<int64_t> a, double e, bool c = true) : axes(std::move(a)), epsilon(e), center(c) {}
  void fields(FieldVisitor& v) override {
    v("axes", axes);
    v("epsilon", epsilon, 1e-5);
    v("center", center, true);
  }
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
};

}  // namespace tenon
