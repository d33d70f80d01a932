// A value that programs bind by name before a run.
#pragma once
#include "ir/op.h"

namespace tenon {

struct Input final : Op {
  OP_TYPE
  TensorType type;
  Shape known;  // symbols that its elements bind, row-major; empty: none of its business
  Input() = default;
  explicit Input(TensorType t) : type(std::move(t)) {}
  void fields(FieldVisitor& v) override {
    v("type", type);
    v("contents", known, Shape());
  }
  Types infer(const Inputs& in) const override;
  std::optional<Contents> contents(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
};

}  // namespace tenon
