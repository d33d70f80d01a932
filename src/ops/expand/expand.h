// x broadcast against a shape, which operand 1 gives (ONNX Expand 13).
#pragma once
#include "ir/op.h"

namespace tenon {

struct Expand final : Op {
  OP_TYPE
  Types infer(const Inputs& in) const override;
  std::optional<Contents> contents(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
};

}  // namespace tenon
