#include "ops/grid_sample/grid_sample.h"

#include <algorithm>
#include <cmath>

#include "base/dispatch.h"
#include "ops/indices.h"
#include "ops/known.h"

namespace tenon {

OP(GridSample, grid_sample)

void GridSample::fields(FieldVisitor& v) {
  static const char* const modes[] = {"linear", "nearest", "cubic"};
  static const char* const paddings[] = {"zeros", "border", "reflection"};
  v("mode", mode, modes);
  v("padding", padding, paddings);
  v("align_corners", align_corners, false);
}

Types GridSample::infer(const Inputs& in) const {
  in.check_count(2, 2);
  in.check_element(0, float_types, "x");
  in.check_element(1, float_types, "the grid");
  const Shape &x = in[0].shape, &grid = in[1].shape;
  check(x.size() >= 3, "x is ", in[0], ", expected [N,C] and spatial axes");
  check(grid.size() == x.size() && (!grid.back().known() || grid.back().is(int64_t(x.size()) - 2)), "the grid is ",
        in[1], ", expected ", x.size() - 2, " coordinates for each of as many axes of x ", in[0]);
  check_same_extent(grid[0], x[0], "the grid", grid, x);
  Shape y{x[0], x[1]};
  y.insert(y.end(), grid.begin() + 1, grid.end() - 1);
  return {TensorType{in[0].element, y}};
}

namespace {

// The elements along one axis that make up a sample.
struct Taps {
  int count = 0;
  int64_t place[4];  // -1: outside, counts as 0
  double weight[4];
};

// The coordinate folded back into [low, high] as often as it takes.
double reflected(double at, double low, double high) {
  double span = high - low;
  if (span <= 0) return low;
  double phase = std::fmod(std::fabs(at - low), 2 * span);
  return low + std::min(phase, 2 * span - phase);
}

double cubic_weight(double distance) {
  constexpr double a = -0.75;
  double d = std::fabs(distance);
  return d <= 1 ? ((a + 2) * d - (a + 3)) * d * d + 1 : ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
}

int64_t inside(const GridSample& op, double at, int64_t extent) {
  if (op.padding == SamplePadding::border) return int64_t(std::clamp(at, 0.0, double(extent - 1)));
  if (op.padding == SamplePadding::reflection && (at < 0 || at > double(extent - 1))) {
    double edge = op.align_corners ? 0 : 0.5;
    return int64_t(std::clamp(reflected(at, -edge, double(extent - 1) + edge), 0.0, double(extent - 1)));
  }
  return at >= 0 && at <= double(extent - 1) ? int64_t(at) : -1;
}

// In the grid's own arithmetic: what lies on a tie there is rounded as PyTorch and ONNX Runtime round it.
template <class T>
double denormalized(T n, bool align_corners, int64_t extent) {
  return double(align_corners ? (n + 1) / 2 * T(extent - 1) : ((n + 1) * T(extent) - 1) / 2);
}

// Each tap moves inside by itself, as in PyTorch: a cubic sample beyond the border weighs what is inside anew.
Taps taps_at(const GridSample& op, double n, bool wide, int64_t extent) {
  double at = wide ? denormalized(n, op.align_corners, extent) : denormalized(float(n), op.align_corners, extent);
  Taps taps;
  if (!std::isfinite(at)) at = std::isnan(at) ? -1 : at > 0 ? 1e9 : -1e9;
  double first = op.mode == SampleMode::nearest ? std::nearbyint(at) : std::floor(at);
  double fraction = at - first;
  auto add = [&](double place, double weight) {
    taps.place[taps.count] = inside(op, place, extent);
    taps.weight[taps.count++] = weight;
  };
  if (op.mode == SampleMode::nearest) add(first, 1);
  else if (op.mode == SampleMode::linear) add(first, 1 - fraction), add(first + 1, fraction);
  else
    for (int k = -1; k <= 2; ++k) add(first + k, cubic_weight(fraction - k));
  return taps;
}

}  // namespace

void GridSample::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  const ConstView &x = in[0], &grid = in[1];
  int axes = x.rank() - 2;
  Extents strides = strides_of(x.extents);
  int64_t samples = out[0].extents.count_between(2, out[0].rank()), plane = x.extents.count_between(2, x.rank());
  if (out[0].count() == 0) return;
  check(plane > 0, "x has no elements to sample: ", x.extents);
  dispatch(x.element, [&]<class T>() {
    if constexpr (is_float<T>)
      for (int64_t s = 0; s < x[0] * samples; ++s) {
        Taps taps[Extents::max_rank];
        Extents counts;
        for (int d = 0; d < axes; ++d) {
          int64_t place = s * axes + axes - 1 - d;  // the grid names the last axis first
          double n = load_scalar(grid.as<std::byte>() + place * size_bytes(grid.element), grid.element).f;
          taps[d] = taps_at(*this, n, grid.element == ElementType::f64, x[d + 2]);
          counts.push(taps[d].count);
        }
        for (int64_t c = 0; c < x[1]; ++c) {
          const T* from = x.as<T>() + (s / samples * x[1] + c) * plane;
          Walk<0> walk(counts, {});
          double sum = 0;
          for (int64_t k = 0, n = counts.count(); k < n; ++k, walk.next()) {
            double weight = 1;
            int64_t offset = 0;
            for (int d = 0; d < axes; ++d) {
              int64_t place = taps[d].place[walk.at(d)];
              weight *= taps[d].weight[walk.at(d)];
              offset = place < 0 || offset < 0 ? -1 : offset + place * strides[d + 2];
            }
            if (offset >= 0) sum += weight * double(from[offset]);
          }
          out[0].as<T>()[(s / samples * x[1] + c) * samples + s % samples] = T(sum);
        }
      }
  });
}

double GridSample::work(ConstViews in, Views out) const {
  double taps = mode == SampleMode::nearest ? 1 : mode == SampleMode::linear ? 2 : 4;
  return double(out[0].count()) * std::pow(taps, in[0].rank() - 2) * 4;
}

}  // namespace tenon
