// A convolution whose every tap is displaced by an amount that the input gives (ONNX DeformConv 22; Dai et al. 2017).
#pragma once
#include "ops/window.h"

namespace tenon {

// Operands: x [N,C,1 to 3 spatial axes], w [M,C/groups,…], offsets [N,offset_groups*taps*axes,y's spatial axes], with
// the fields' consent b [M] and a factor for each tap, [N,offset_groups*taps,…]. Between elements x is interpolated
// linearly; outside it is 0.
struct DeformConv final : Op, Window {
  OP_TYPE
  int64_t groups = 1, offset_groups = 1;
  bool with_bias = false, with_mask = false;
  void fields(FieldVisitor& v) override;
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
  double work(ConstViews in, Views out) const override;
};

}  // namespace tenon
