// y[n,o,p] = b[o] + sum over c, k of w[o,c,k] x[n, group(o) c, p * stride - pad + k * dilation] (ONNX Conv 22).
#pragma once
#include "ops/window.h"

namespace tenon {

// Operands: x [N,C,1 to 3 spatial axes], w [O,C/groups,extents of the window], and b [O] or none.
struct Conv final : Op, Window {
  OP_TYPE
  int64_t groups = 1;
  void fields(FieldVisitor& v) override {
    window_fields(v);
    v("groups", groups, int64_t(1));
  }
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
  double work(ConstViews in, Views out) const override;
};

}  // namespace tenon
