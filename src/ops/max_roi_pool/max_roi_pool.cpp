#include "ops/max_roi_pool/max_roi_pool.h"

#include <algorithm>
#include <cmath>

#include "base/dispatch.h"
#include "ops/known.h"

namespace tenon {

OP(MaxRoiPool, max_roi_pool)

void MaxRoiPool::fields(FieldVisitor& v) {
  v("height", height);
  v("width", width);
  v("spatial_scale", spatial_scale, 1.0);
}

Types MaxRoiPool::infer(const Inputs& in) const {
  in.check_count(2, 2);
  in.check_element(0, float_types, "x");
  in.check_same_element(0, 1);
  const Shape &x = in[0].shape, &regions = in[1].shape;
  check(x.size() == 4, "x is ", in[0], ", expected [N,C,H,W]");
  check(regions.size() == 2 && (!regions[1].known() || regions[1].is(5)), "the regions are ", in[1],
        ", expected [R,5]");
  check(height >= 1 && width >= 1, "the result has height ", height, " and width ", width);
  return {TensorType{in[0].element, {regions[0], x[1], height, width}}};
}

// The elements of a bin along one axis, from the region's first and last element on.
static std::pair<int64_t, int64_t> bin_of(double first, double last, int64_t bin, int64_t bins, int64_t extent) {
  double length = std::max(last - first + 1, 1.0) / double(bins);
  auto place = [&](double at) { return int64_t(std::clamp(first + at, 0.0, double(extent))); };
  return {place(std::floor(double(bin) * length)), place(std::ceil(double(bin + 1) * length))};
}

void MaxRoiPool::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  const ConstView& x = in[0];
  int64_t plane = x[2] * x[3];
  dispatch(x.element, [&]<class T>() {
    if constexpr (is_float<T>) {
      T* y = out[0].as<T>();
      for (int64_t r = 0; r < out[0][0]; ++r) {
        const T* region = in[1].as<T>() + r * 5;
        double map = double(region[0]), edge[4];
        check(0 <= map && map < double(x[0]), "region ", r, " lies in map ", map, ", there are ", x[0]);
        for (int i = 0; i < 4; ++i) {
          edge[i] = std::round(double(region[i + 1]) * spatial_scale);
          check(std::isfinite(edge[i]), "region ", r, " has the coordinate ", double(region[i + 1]));
        }
        for (int64_t c = 0; c < x[1]; ++c)
          for (int64_t h = 0; h < height; ++h)
            for (int64_t w = 0; w < width; ++w) {
              auto [top, bottom] = bin_of(edge[1], edge[3], h, height, x[2]);
              auto [left, right] = bin_of(edge[0], edge[2], w, width, x[3]);
              const T* from = x.as<T>() + (int64_t(map) * x[1] + c) * plane;
              double most = top < bottom && left < right ? -INFINITY : 0;
              for (int64_t i = top; i < bottom; ++i)
                for (int64_t k = left; k < right; ++k) {
                  double v(from[i * x[3] + k]);
                  most = std::isnan(v) || v > most ? v : most;
                }
              *y++ = T(most);
            }
      }
    }
  });
}

}  // namespace tenon
