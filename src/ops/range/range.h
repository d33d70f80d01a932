// start, start + delta, start + 2 delta … before limit (ONNX Range 11), of three single integers whose contents are
// known when shapes are inferred, up to symbols.
#pragma once
#include "ir/op.h"

namespace tenon {

struct RangeOf final : Op {
  OP_TYPE
  Types infer(const Inputs& in) const override;
  std::optional<Contents> contents(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
};

}  // namespace tenon
