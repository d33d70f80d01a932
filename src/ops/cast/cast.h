// Another element type: floats round to nearest even, float to integer truncates, integers wrap, bool is x != 0.
#pragma once
#include "ir/op.h"

namespace tenon {

struct Cast final : Op {
  OP_TYPE
  ElementType to = ElementType::f32;
  Cast() = default;
  explicit Cast(ElementType e) : to(e) {}
  void fields(FieldVisitor& v) override { v("to", to); }
  Types infer(const Inputs& in) const override;
  std::optional<Contents> contents(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
  std::optional<Term> pointwise(Terms in) const override;
};

}  // namespace tenon
