// Another element type (ONNX Cast 25): floats round to nearest even, float to integer truncates, integers wrap, bool is
// x != 0. To 8-bit floats numbers beyond the range become the largest, or infinity or NaN unless `saturate`; to f8e8m0,
// powers of two, `round_mode` says which.
#pragma once
#include "ir/op.h"

namespace tenon {

struct Cast final : Op {
  OP_TYPE
  ElementType to = ElementType::f32;
  bool saturate = true;
  PowerRound round_mode = PowerRound::up;
  Cast() = default;
  explicit Cast(ElementType e) : to(e) {}
  void fields(FieldVisitor& v) override;
  Types infer(const Inputs& in) const override;
  std::optional<Contents> contents(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
  std::optional<Term> pointwise(Terms in) const override;
};

}  // namespace tenon
