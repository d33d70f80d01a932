// y = condition ? a : b, element by element, all broadcast (ONNX Where 16; nvinfer1 ISelectLayer).
#pragma once
#include "ir/op.h"

namespace tenon {

struct Select final : Op {
  OP_TYPE
  Types infer(const Inputs& in) const override;
  std::optional<Contents> contents(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
  std::optional<Term> pointwise(Terms in) const override { return tenon::select(in[0], in[1], in[2]); }
};

}  // namespace tenon
