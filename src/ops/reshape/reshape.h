// The same elements under another shape (ONNX Reshape 21). The target is the field, or where that is absent the
// contents of a second operand; 0 copies the input's extent unless allow_zero, -1 takes what is left.
#pragma once
#include "ir/op.h"

namespace tenon {

struct Reshape final : Op {
  OP_TYPE
  Shape shape;
  bool from_operand = false, allow_zero = false;
  Reshape() = default;
  explicit Reshape(Shape s) : shape(std::move(s)) {}
  void fields(FieldVisitor& v) override {
    v("shape", shape, Shape());
    v("from_operand", from_operand, false);
    v("allow_zero", allow_zero, false);
  }
  Types infer(const Inputs& in) const override;
  std::optional<Contents> contents(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
};

}  // namespace tenon
