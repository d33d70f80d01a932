// y = @name@(x): the equation, what the fields mean, and where the definition stands.
#pragma once
#include "ir/op.h"

namespace tenon {

struct @Name@ final : Op {
  OP_TYPE
  int64_t axis = -1;
  void fields(FieldVisitor& v) override { v("axis", axis); }
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
};

}  // namespace tenon
