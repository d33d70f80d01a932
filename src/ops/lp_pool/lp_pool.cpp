#include "ops/lp_pool/lp_pool.h"

#include <cmath>

#include "base/dispatch.h"
#include "ops/known.h"

namespace tenon {

OP(LpPool, lp_pool)

void LpPool::fields(FieldVisitor& v) {
  v("window", window);
  window_fields(v);
  v("ceil", ceil, false);
  v("p", p, int64_t(2));
}

Types LpPool::infer(const Inputs& in) const {
  in.check_count(1, 1);
  in.check_element(0, float_types, "x");
  check(!window.empty() && in[0].rank() == int(window.size()) + 2, "x has shape ", in[0].shape,
        ", expected [N,C] and one spatial axis for each of the window's ", window.size(), " extents");
  check(p >= 1, "p is ", p, ", the least is 1");
  check_axes(int(window.size()));
  Shape y = in[0].shape;
  for (size_t i = 0; i < window.size(); ++i) y[i + 2] = along(int(i), y[i + 2], window[i]).output;
  return {TensorType{in[0].element, y}};
}

void LpPool::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  std::vector<Slide> slides;
  Extents places, strides = strides_of(in[0].extents);
  for (int i = 0; i < int(window.size()); ++i) {
    slides.push_back(slide(i, in[0][i + 2], window[size_t(i)]));
    places.push(slides.back().output);
  }
  int64_t plane = in[0].extents.count_between(2, in[0].rank()), outputs = places.count();
  dispatch(in[0].element, [&]<class T>() {
    if constexpr (is_float<T>)
      for (int64_t plane_at = 0, at_y = 0; plane_at < in[0].extents.count_between(0, 2); ++plane_at) {
        Walk<0> at(places, {});
        for (int64_t i = 0; i < outputs; ++i, at.next()) {
          Extents taps, steps;  // those of this window that meet the input
          int64_t first = plane_at * plane;
          for (int d = 0; d < places.rank; ++d) {
            const Slide& s = slides[size_t(d)];
            Slide::Steps hit = s.taps_of(at.at(d));
            taps.push(hit.count());
            steps.push(hit.count() > 1 ? s.dilation * strides[d + 2] : 0);
            if (hit.count() > 0) first += s.source(at.at(d), hit.first) * strides[d + 2];
          }
          double sum = 0;
          Walk<1> tap(taps, {steps});
          for (int64_t k = 0, count = taps.count(); k < count; ++k, tap.next())
            sum += std::pow(std::fabs(double(in[0].as<T>()[first + tap.offset(0)])), double(p));
          out[0].as<T>()[at_y++] = T(std::pow(sum, 1 / double(p)));
        }
      }
  });
}

double LpPool::work(ConstViews, Views out) const {
  double taps = 1;
  for (int64_t extent : window) taps *= double(extent);
  return double(out[0].count()) * taps * 10;  // a power each
}

}  // namespace tenon
