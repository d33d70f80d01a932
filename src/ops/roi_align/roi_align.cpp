#include "ops/roi_align/roi_align.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/dispatch.h"
#include "ops/indices.h"
#include "ops/known.h"

namespace tenon {

OP(RoiAlign, roi_align)

constexpr int64_t most_samples = 4096, most_along = 1 << 20;  // along one axis of a bin, of a region

void RoiAlign::fields(FieldVisitor& v) {
  static const char* const modes[] = {"avg", "max"};
  v("mode", mode, modes);
  v("height", height, int64_t(1));
  v("width", width, int64_t(1));
  v("sampling_ratio", sampling_ratio, int64_t(0));
  v("spatial_scale", spatial_scale, 1.0);
  v("half_pixel", half_pixel, true);
}

Types RoiAlign::infer(const Inputs& in) const {
  in.check_count(3, 3);
  in.check_element(0, float_types, "x");
  in.check_same_element(0, 1);
  in.check_element(2, index_types, "the list of maps");
  const Shape &x = in[0].shape, &regions = in[1].shape, &maps = in[2].shape;
  check(x.size() == 4, "x is ", in[0], ", expected [N,C,H,W]");
  check(regions.size() == 2 && (!regions[1].known() || regions[1].is(4)), "the regions are ", in[1],
        ", expected [R,4]");
  check(maps.size() == 1, "the list of maps is ", in[2], ", expected one number for each region");
  check_same_extent(maps[0], regions[0], "the list of maps", maps, regions);
  check(height >= 1 && width >= 1, "the result has height ", height, " and width ", width);
  check(0 <= sampling_ratio && sampling_ratio <= most_samples, "sampling_ratio is ", sampling_ratio);
  return {TensorType{in[0].element, {regions[0], x[1], height, width}}};
}

namespace {

// The two elements along one axis that a sample lies between, and how much each counts.
struct Between {
  int64_t place[2] = {0, 0};
  double weight[2] = {0, 0};  // both 0: the sample lies outside
};

Between between(double at, int64_t extent) {
  if (!(at >= -1 && at <= double(extent)) || extent == 0) return {};
  at = std::clamp(at, 0.0, double(extent - 1));
  int64_t low = int64_t(at), high = std::min(low + 1, extent - 1);
  return {{low, high}, {1 - (at - double(low)), at - double(low)}};
}

// All samples of a region along one axis, bin by bin.
std::vector<Between> samples_along(const RoiAlign& op, double from, double to, int64_t bins, int64_t extent) {
  double offset = op.half_pixel ? 0.5 : 0;
  from = from * op.spatial_scale - offset;
  double length = to * op.spatial_scale - offset - from;
  if (!op.half_pixel) length = std::max(length, 1.0);
  double bin = length / double(bins);
  double count = op.sampling_ratio > 0 ? double(op.sampling_ratio) : std::max(0.0, std::ceil(bin));
  check(count <= double(most_samples), ErrorId::limit_exceeded, "a region is ", length, " elements long, which takes ",
        count, " samples in a bin; at most ", most_samples, " are taken");
  check(count * double(bins) <= double(most_along), ErrorId::limit_exceeded, bins, " bins of ", count,
        " samples are wanted; at most ", most_along, " samples are taken along an axis");
  std::vector<Between> list;
  for (int64_t b = 0; b < bins; ++b)
    for (int64_t i = 0; i < int64_t(count); ++i)
      list.push_back(between(from + bin * (double(b) + (double(i) + 0.5) / count), extent));
  return list;
}

template <class T>
double pooled(RoiMode mode, const T* map, int64_t width, std::span<const Between> rows,
              std::span<const Between> columns) {
  double sum = 0, largest = -INFINITY;
  for (const Between& row : rows)
    for (const Between& column : columns)
      for (int i = 0; i < 2; ++i)
        for (int k = 0; k < 2; ++k) {
          bool outside = row.weight[0] + row.weight[1] == 0 || column.weight[0] + column.weight[1] == 0;
          double weight = row.weight[i] * column.weight[k];
          double value = outside ? 0 : weight * double(map[row.place[i] * width + column.place[k]]);
          sum += value;
          largest = std::isnan(value) || value > largest ? value : largest;
        }
  if (rows.empty() || columns.empty()) return 0;
  return mode == RoiMode::max ? largest : sum / (double(rows.size()) * double(columns.size()));
}

}  // namespace

void RoiAlign::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  const ConstView& x = in[0];
  int64_t plane = x[2] * x[3];
  if (out[0].count() == 0) return;
  dispatch(x.element, [&]<class T>() {
    if constexpr (is_float<T>) {
      T* y = out[0].as<T>();
      for (int64_t r = 0; r < out[0][0]; ++r) {
        int64_t map = integer_at(in[2], r);
        check(0 <= map && map < x[0], "region ", r, " lies in map ", map, ", there are ", x[0]);
        double box[4];
        for (int i = 0; i < 4; ++i) box[i] = double(in[1].as<T>()[r * 4 + i]);
        if (!std::isfinite(box[0] + box[1] + box[2] + box[3])) {  // a region that is nowhere
          y = std::fill_n(y, x[1] * height * width, T(std::numeric_limits<double>::quiet_NaN()));
          continue;
        }
        std::vector<Between> rows = samples_along(*this, box[1], box[3], height, x[2]);
        std::vector<Between> columns = samples_along(*this, box[0], box[2], width, x[3]);
        size_t high = rows.size() / size_t(height), wide = columns.size() / size_t(width);
        for (int64_t c = 0; c < x[1]; ++c)
          for (int64_t h = 0; h < height; ++h)
            for (int64_t w = 0; w < width; ++w)
              *y++ = T(pooled(mode, x.as<T>() + (map * x[1] + c) * plane, x[3],
                              std::span(rows).subspan(size_t(h) * high, high),
                              std::span(columns).subspan(size_t(w) * wide, wide)));
      }
    }
  });
}

double RoiAlign::work(ConstViews, Views out) const {
  double along = double(std::max<int64_t>(sampling_ratio, 2));
  return double(out[0].count()) * along * along * 8;
}

}  // namespace tenon
