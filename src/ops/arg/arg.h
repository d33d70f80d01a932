// The position of the largest (smallest) element along `axis`, the first of equal ones or the `last` (ONNX ArgMax,
// ArgMin 13). NaN counts as the largest, and as the smallest.
#pragma once
#include "ir/op.h"

namespace tenon {

enum class ArgKind { max, min };

struct Arg final : Op {
  OP_TYPE
  ArgKind kind = ArgKind::max;
  int64_t axis = 0;
  bool keep_dims = true, last = false;
  void fields(FieldVisitor& v) override {
    static const char* const kinds[] = {"max", "min"};
    v("kind", kind, kinds);
    v("axis", axis);
    v("keep_dims", keep_dims, true);
    v("last", last, false);
  }
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
};

}  // namespace tenon
