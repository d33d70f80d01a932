// Regions of feature maps, brought to one size by sampling between the elements (ONNX RoiAlign 22; Mask R-CNN).
#pragma once
#include "ir/op.h"

namespace tenon {

enum class RoiMode { avg, max };

// Operands: x [N,C,H,W], regions [R,4] as x1, y1, x2, y2, and for each region which of the N maps it lies in.
// `max` is over the four weighted neighbours of all samples, as ONNX's reference and ONNX Runtime have it.
struct RoiAlign final : Op {
  OP_TYPE
  RoiMode mode = RoiMode::avg;
  int64_t height = 1, width = 1;  // of the result
  int64_t sampling_ratio = 0;     // samples along each axis of a bin; 0: as many as the bin is large
  double spatial_scale = 1;
  bool half_pixel = true;  // coordinates count from the middle of elements; otherwise regions are at least 1 x 1
  void fields(FieldVisitor& v) override;
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
  double work(ConstViews in, Views out) const override;
};

}  // namespace tenon
