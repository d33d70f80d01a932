// values[1] where the position along the new `axis` is the index, values[0] elsewhere and where an index is out of
// range (ONNX OneHot 11; IOneHotLayer). Operands: indices, depth, whose contents are known, and values.
#pragma once
#include "ir/op.h"

namespace tenon {

struct OneHot final : Op {
  OP_TYPE
  int64_t axis = -1;
  OneHot() = default;
  explicit OneHot(int64_t a) : axis(a) {}
  void fields(FieldVisitor& v) override { v("axis", axis); }
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
};

}  // namespace tenon
