// The operands one after another along `axis`; all other extents agree (ONNX Concat 13).
#pragma once
#include "ir/op.h"

namespace tenon {

struct Concat final : Op {
  OP_TYPE
  int64_t axis = 0;
  Concat() = default;
  explicit Concat(int64_t a) : axis(a) {}
  void fields(FieldVisitor& v) override { v("axis", axis); }
  Types infer(const Inputs& in) const override;
  std::optional<Contents> contents(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
};

}  // namespace tenon
