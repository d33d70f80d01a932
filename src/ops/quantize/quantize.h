// y = x / scale, rounded to the nearest integer (ties to even), plus the zero point, clamped to `to`
// (ONNX QuantizeLinear 25; IQuantizeLayer). The quotient is rounded to `precision` first; NaN gives the zero point.
// To floats: the quotient plus the zero point, rounded once; beyond the range as in a cast.
#pragma once
#include "ir/op.h"
#include "ops/grain.h"

namespace tenon {

constexpr ElementSet quantized_types = ElementType::i8 | ElementType::u8 | ElementType::i16 | ElementType::u16 |
                                       float8_types | ElementType::f4e2m1 | small_signed_types | small_unsigned_types;
constexpr ElementSet scale_types = float_types | ElementType::f8e8m0;

// Operands: x, scale, and maybe zero points of the type `to` and the scale's shape.
struct Quantize final : Op, Grain {
  OP_TYPE
  ElementType to = ElementType::u8, precision = ElementType::f32;
  bool saturate = true;  // of 8-bit floats
  void fields(FieldVisitor& v) override {
    v("to", to);
    v("precision", precision, ElementType::f32);
    v("axis", axis, int64_t(1));
    v("block_size", block_size, int64_t(0));
    v("spread", spread, false);
    v("saturate", saturate, true);
  }
  Types infer(const Inputs& in) const override;
  std::optional<Term> pointwise(Terms in) const override;  // where scales are spread, to 8 and 16 bits
  void evaluate(ConstViews in, Views out) const override;
};

}  // namespace tenon
