// x cut along `axis` into parts: of `sizes`, or where none are given into `parts` of ceil(extent / parts), the last
// ones smaller (ONNX Split 18). One result a part.
#pragma once
#include "ir/op.h"

namespace tenon {

struct Split final : Op {
  OP_TYPE
  int64_t axis = 0, parts = 1;
  std::vector<int64_t> sizes;
  void fields(FieldVisitor& v) override {
    v("axis", axis);
    v("parts", parts, int64_t(1));
    v("sizes", sizes, {});
  }
  Types infer(const Inputs& in) const override;
  std::optional<Contents> contents(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
};

}  // namespace tenon
