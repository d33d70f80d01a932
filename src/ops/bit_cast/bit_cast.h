// The same bits as elements of another type of that size (ONNX BitCast 26). To bool: whatever is not 0 is true.
#pragma once
#include "ir/op.h"

namespace tenon {

struct BitCast final : Op {
  OP_TYPE
  ElementType to = ElementType::f32;
  BitCast() = default;
  explicit BitCast(ElementType t) : to(t) {}
  void fields(FieldVisitor& v) override { v("to", to); }
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
};

}  // namespace tenon
