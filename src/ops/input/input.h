// A value that programs bind by name before a run.
#pragma once
#include "ir/op.h"

namespace tenon {

struct Input final : Op {
  OP_TYPE
  TensorType type;
  Input() = default;
  explicit Input(TensorType t) : type(std::move(t)) {}
  void fields(FieldVisitor& v) override { v("type", type); }
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
};

}  // namespace tenon
