// Samples x at other places along some axes: nearest, linear or cubic interpolation (ONNX Resize 19).
#pragma once
#include "ir/op.h"

namespace tenon {

enum class ResizeMode { nearest, linear, cubic };
enum class Coordinates {  // where output i samples the input; see resize.cpp
  half_pixel,
  half_pixel_symmetric,
  pytorch_half_pixel,
  align_corners,
  asymmetric,
  tf_half_pixel_for_nn,
  tf_crop_and_resize
};
enum class NearestRounding { round_prefer_floor, round_prefer_ceil, floor, ceil };
enum class KeepAspectRatio { stretch, not_larger, not_smaller };

// Operands: x, and the sizes (i64 or i32, one for each of `axes`) where neither `scales` nor `sizes` is given; or
// floats that are the scales, by which a run finds out the extents, `late_extents`.
struct Resize final : Op {
  OP_TYPE
  ResizeMode mode = ResizeMode::nearest;
  Coordinates coordinates = Coordinates::half_pixel;
  NearestRounding rounding = NearestRounding::round_prefer_floor;  // of nearest
  std::vector<int64_t> axes;   // what scales, sizes and roi are about, in their order; empty: all
  std::vector<double> scales;  // taken as the simplest fraction of the same float: 0.7f is 7/10
  Shape sizes;
  std::vector<double> roi;  // of tf_crop_and_resize: the starts, then the ends, as fractions of the extents
  KeepAspectRatio keep_aspect_ratio = KeepAspectRatio::stretch;  // with sizes
  double cubic_coeff_a = -0.75;
  double extrapolation_value = 0;  // what tf_crop_and_resize finds outside
  bool exclude_outside = false;    // taps outside weigh nothing; otherwise they see the border
  bool antialias = false;          // linear and cubic: filters widen where the result is smaller
  Shape late_extents;              // a symbol for each of `axes`
  void fields(FieldVisitor& v) override;
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
  Late late() const override { return late_extents.empty() ? Late::nothing : Late::extents; }
  void evaluate_late(ConstViews in, LateResults& out) const override;

  struct Axis {
    int axis;
    Dim input, output;
    Dim up = 1, down = 1;       // the scale: up / down
    double start = 0, end = 1;  // of the region
  };
  std::vector<Axis> plan(const Inputs& in) const;

  // The same in numbers: where position i of the result samples x, and what mode nearest takes there.
  struct Scaling {
    double in, out, up, down, start = 0, end = 1;
  };
  double place_of(int64_t i, const Scaling& along) const;
  int64_t nearest_to(double place, int64_t extent) const;

 private:
  void plan_scales(std::vector<Axis>& list) const;
  void plan_sizes(std::vector<Axis>& list, const Shape& wanted) const;
  struct Sample;
  Sample taps_at(double x, int64_t extent, double scale) const;
  std::vector<Sample> samples_of(const Axis& axis) const;
};

}  // namespace tenon
