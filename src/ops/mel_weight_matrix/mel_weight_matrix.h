// Triangles that gather the bins of a spectrum into bands of equal width on the mel scale, mel(f) = 2595
// log10(1+f/700); y is [length / 2 + 1, bands] (ONNX MelWeightMatrix 17).
#pragma once
#include "ir/op.h"

namespace tenon {

// Operands, one number each: the count of bands and the length of the transform, known when shapes are inferred;
// samples per second; the lowest and the highest frequency in hertz.
struct MelWeightMatrix final : Op {
  OP_TYPE
  ElementType type = ElementType::f32;
  void fields(FieldVisitor& v) override { v("type", type, ElementType::f32); }
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
};

}  // namespace tenon
