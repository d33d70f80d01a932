// shift + scale * z, with z drawn from [0,1) or from the standard normal distribution (ONNX RandomUniform 22,
// RandomNormal 22; IFillLayer). Operand: the shape, whose contents are known. The same fields draw the same numbers.
#pragma once
#include "ir/op.h"

namespace tenon {

enum class Distribution { uniform, normal };

struct Random final : Op {
  OP_TYPE
  Distribution kind = Distribution::uniform;
  ElementType type = ElementType::f32;
  double shift = 0, scale = 1;
  int64_t seed = 0, stream = 0;  // nodes that are to draw different numbers differ in one of them
  void fields(FieldVisitor& v) override;
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
  double work(ConstViews in, Views out) const override;
};

}  // namespace tenon
