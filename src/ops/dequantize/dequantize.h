// y = (x - zero point) * scale, rounded once (ONNX DequantizeLinear 25; IDequantizeLayer).
#pragma once
#include "ir/op.h"
#include "ops/grain.h"

namespace tenon {

// Operands: x, scale, and maybe zero points of x's type and the scale's shape.
struct Dequantize final : Op, Grain {
  OP_TYPE
  ElementType to = ElementType::f32;
  void fields(FieldVisitor& v) override {
    v("to", to, ElementType::f32);
    v("axis", axis, int64_t(1));
    v("block_size", block_size, int64_t(0));
    v("spread", spread, false);
  }
  Types infer(const Inputs& in) const override;
  std::optional<Term> pointwise(Terms in) const override;  // where scales are spread and numbers are not small
  void evaluate(ConstViews in, Views out) const override;
};

}  // namespace tenon
