// The determinant of every matrix in the last two axes (ONNX Det 22).
#pragma once
#include "ir/op.h"

namespace tenon {

struct Det final : Op {
  OP_TYPE
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
  double work(ConstViews in, Views out) const override;
};

}  // namespace tenon
