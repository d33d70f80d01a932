// The largest element of every bin of every region, both rounded to whole elements (ONNX MaxRoiPool 22; Fast R-CNN).
#pragma once
#include "ir/op.h"

namespace tenon {

// Operands: x [N,C,H,W] and regions [R,5] as map, x1, y1, x2, y2, ends included. A bin that meets no element gives 0.
struct MaxRoiPool final : Op {
  OP_TYPE
  int64_t height = 1, width = 1;  // of the result
  double spatial_scale = 1;
  void fields(FieldVisitor& v) override;
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
};

}  // namespace tenon
