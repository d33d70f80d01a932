// The layers of move_layers.h that find elements between others: resize and grid sample.
#include <algorithm>
#include <cmath>

#include "objects/convert.h"
#include "objects/draft.h"
#include "objects/move_layers.h"
#include "ops/grid_sample/grid_sample.h"
#include "ops/resize/resize.h"

namespace tenon::objects {

void ResizeLayer::set_extents(const Dims& d) {
  extents = d;
  scales.clear();
}

void ResizeLayer::set_scales(const float* numbers, int32_t count) {
  check(count >= 0 && count <= 8, "there are ", count, " scales; 8 are possible");
  for (int32_t i = 0; i < count; ++i)
    check(std::isfinite(numbers[i]) && numbers[i] > 0, "scale ", i, " is ", double(numbers[i]));
  scales.assign(numbers, numbers + count);
  extents = Dims();
}

int32_t ResizeLayer::get_scales(int32_t room, float* numbers) const {
  check(numbers || room <= 0, "there is room for ", room, " scales, and its pointer is null");
  std::copy_n(scales.begin(), std::clamp<int64_t>(room, 0, int64_t(scales.size())), numbers);
  return int32_t(scales.size());
}

void ResizeLayer::set_align_corners(bool on) {
  coordinates = on ? ResizeCoordinateTransformation::align_corners : ResizeCoordinateTransformation::asymmetric;
}

Values ResizeLayer::build(Draft& draft) const {
  Resize op;
  op.mode = ResizeMode(int(mode));
  constexpr Coordinates all[] = {Coordinates::align_corners, Coordinates::asymmetric, Coordinates::half_pixel};
  constexpr NearestRounding roundings[] = {NearestRounding::round_prefer_ceil, NearestRounding::round_prefer_floor,
                                           NearestRounding::floor, NearestRounding::ceil};
  op.coordinates = all[int(coordinates)];
  // By the other coordinates a single element is the first one anyway.
  bool first = single_pixel == ResizeSelector::upper && coordinates == ResizeCoordinateTransformation::half_pixel;
  if (first) op.coordinates = Coordinates::pytorch_half_pixel;
  op.rounding = roundings[int(rounding)];
  op.cubic_coeff_a = cubic_coeff;
  op.exclude_outside = exclude_outside;
  Values operands{&draft.in(0)};
  if (draft.has(1)) operands.push_back(&draft.in(1));
  else if (!scales.empty()) op.scales.assign(scales.begin(), scales.end());
  else {
    if (draft.batch()) op.sizes.push_back(draft.type(0).shape[0]);
    for (int64_t extent : list_of(extents)) {
      check(extent >= 0, "the output is ", to_text(extents), "; extents that are open come from input 1");
      op.sizes.push_back(extent);
    }
  }
  if (draft.batch() && !op.scales.empty()) op.scales.insert(op.scales.begin(), 1);
  return {&draft.add(op, operands)};
}

bool ResizeLayer::read(const tenon::Node& node) {
  const Resize* op = as<Resize>(node);
  if (!op || !op->axes.empty() || op->antialias || op->keep_aspect_ratio != KeepAspectRatio::stretch) return false;
  switch (op->coordinates) {
    case Coordinates::half_pixel: coordinates = ResizeCoordinateTransformation::half_pixel; break;
    case Coordinates::pytorch_half_pixel:
      coordinates = ResizeCoordinateTransformation::half_pixel, single_pixel = ResizeSelector::upper;
      break;
    case Coordinates::align_corners: coordinates = ResizeCoordinateTransformation::align_corners; break;
    case Coordinates::asymmetric: coordinates = ResizeCoordinateTransformation::asymmetric; break;
    default: return false;
  }
  mode = InterpolationMode(int(op->mode));
  constexpr ResizeRoundMode roundings[] = {ResizeRoundMode::half_down, ResizeRoundMode::half_up, ResizeRoundMode::floor,
                                           ResizeRoundMode::ceil};
  rounding = roundings[int(op->rounding)];
  cubic_coeff = float(op->cubic_coeff_a);
  exclude_outside = op->exclude_outside;
  scales.assign(op->scales.begin(), op->scales.end());
  if (!all_known(op->sizes)) return false;
  extents = dims_of(op->sizes);
  return true;
}

void GridSampleLayer::set_mode(SampleMode m) {
  check(m == SampleMode::fill || m == SampleMode::clamp || m == SampleMode::reflect, ErrorId::unsupported,
        "what lies outside of a grid sample's input is filled, clamped or reflected");
  mode = m;
}

Values GridSampleLayer::build(Draft& draft) const {
  GridSample op;
  op.mode = interpolation == InterpolationMode::nearest  ? tenon::SampleMode::nearest
            : interpolation == InterpolationMode::linear ? tenon::SampleMode::linear
                                                         : tenon::SampleMode::cubic;
  op.padding = mode == SampleMode::clamp     ? SamplePadding::border
               : mode == SampleMode::reflect ? SamplePadding::reflection
                                             : SamplePadding::zeros;
  op.align_corners = align_corners;
  return {&draft.add(op, {&draft.in(0), &draft.in(1)})};
}

bool GridSampleLayer::read(const tenon::Node& node) {
  const GridSample* op = as<GridSample>(node);
  if (!op) return false;
  interpolation = op->mode == tenon::SampleMode::nearest  ? InterpolationMode::nearest
                  : op->mode == tenon::SampleMode::linear ? InterpolationMode::linear
                                                          : InterpolationMode::cubic;
  mode = op->padding == SamplePadding::border       ? SampleMode::clamp
         : op->padding == SamplePadding::reflection ? SampleMode::reflect
                                                    : SampleMode::fill;
  align_corners = op->align_corners;
  return true;
}

}  // namespace tenon::objects
