// y = x / scale, rounded to the nearest integer (ties to even), plus the zero point, clamped to `to`
// (ONNX QuantizeLinear 25; IQuantizeLayer). The quotient is rounded to `precision` first; NaN gives the zero point.
#pragma once
#include "ir/op.h"
#include "ops/grain.h"

namespace tenon {

constexpr ElementSet quantized_types = ElementType::i8 | ElementType::u8 | ElementType::i16 | ElementType::u16;

// Operands: x, scale, and maybe zero points of the type `to` and the scale's shape.
struct Quantize final : Op, Grain {
  OP_TYPE
  ElementType to = ElementType::u8, precision = ElementType::f32;
  void fields(FieldVisitor& v) override {
    v("to", to);
    v("precision", precision, ElementType::f32);
    v("axis", axis, int64_t(1));
    v("block_size", block_size, int64_t(0));
  }
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
};

}  // namespace tenon
