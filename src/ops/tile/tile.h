// x repeated along every axis, as often as the contents of the second operand say (ONNX Tile 13).
#pragma once
#include "ir/op.h"

namespace tenon {

struct Tile final : Op {
  OP_TYPE
  Types infer(const Inputs& in) const override;
  std::optional<Contents> contents(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
};

}  // namespace tenon
