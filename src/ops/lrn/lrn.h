// y = x / (bias + alpha / size * sum of squares over `size` channels around each)^beta (ONNX LRN 13; ILRNLayer).
#pragma once
#include "ir/op.h"

namespace tenon {

struct Lrn final : Op {
  OP_TYPE
  int64_t size = 1;
  double alpha = 1e-4, beta = 0.75, bias = 1;
  void fields(FieldVisitor& v) override {
    v("size", size);
    v("alpha", alpha, 1e-4);
    v("beta", beta, 0.75);
    v("bias", bias, 1.0);
  }
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
};

}  // namespace tenon
