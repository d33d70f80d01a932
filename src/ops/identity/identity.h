// y = x (ONNX Identity; Dropout at inference).
#pragma once
#include "ir/op.h"

namespace tenon {

struct Identity final : Op {
  OP_TYPE
  Types infer(const Inputs& in) const override;
  std::optional<Contents> contents(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
  std::optional<Term> pointwise(Terms in) const override { return in[0]; }
};

}  // namespace tenon
