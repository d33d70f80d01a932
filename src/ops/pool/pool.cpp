#include "ops/pool/pool.h"

#include <cmath>
#include <limits>

#include "base/dispatch.h"
#include "ops/known.h"

namespace tenon {

OP(Pool, pool)

static constexpr const char* kind_names[] = {"max", "average"};

void Pool::fields(FieldVisitor& v) {
  v("kind", kind, kind_names);
  v("window", window);
  window_fields(v);
  v("ceil", ceil, false);
  v("ceil_in_pads", ceil_in_pads, false);
  v("count_pads", count_pads, false);
}

Types Pool::infer(const Inputs& in) const {
  in.check_count(1, 1);
  in.check_element(0, kind == PoolKind::max ? number_types : float_types, "x");
  check(!window.empty() && in[0].rank() == int(window.size()) + 2, "x has shape ", in[0].shape,
        ", expected [N,C] and one spatial axis for each of the window's ", window.size(), " extents");
  check_axes(int(window.size()));
  check(ceil || !ceil_in_pads, "ceil_in_pads says which windows ceil adds, and ceil is not set");
  Shape y = in[0].shape;
  for (size_t i = 0; i < window.size(); ++i) y[i + 2] = along(int(i), y[i + 2], window[i]).output;
  return {TensorType{in[0].element, y}};
}

namespace {

template <class T>
T largest(const T* x, Walk<1> walk, int64_t count) {
  if constexpr (is_float<T>) {
    double most = -INFINITY;
    for (int64_t i = 0; i < count; ++i, walk.next()) {
      double v = double(x[walk.offset(0)]);
      most = std::isnan(v) || v > most ? v : most;
    }
    return T(most);
  } else {
    T most = std::numeric_limits<T>::lowest();
    for (int64_t i = 0; i < count; ++i, walk.next()) most = std::max(most, x[walk.offset(0)]);
    return most;
  }
}

template <class T>
double sum_of(const T* x, Walk<1> walk, int64_t count) {
  double sum = 0;
  for (int64_t i = 0; i < count; ++i, walk.next()) sum += double(x[walk.offset(0)]);
  return sum;
}

}  // namespace

void Pool::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  std::vector<Slide> slides;
  Extents places, strides = strides_of(in[0].extents);
  for (int i = 0; i < int(window.size()); ++i) {
    slides.push_back(slide(i, in[0][i + 2], window[size_t(i)]));
    places.push(slides.back().output);
  }
  int64_t plane = in[0].extents.count_between(2, in[0].rank()), outputs = places.count();
  dispatch(in[0].element, [&]<class T>() {
    T* y = out[0].as<T>();
    for (int64_t p = 0; p < in[0].extents.count_between(0, 2); ++p) {
      Walk<0> at(places, {});
      for (int64_t i = 0; i < outputs; ++i, at.next()) {
        Extents taps, steps;  // those of this window that meet the input
        int64_t first = p * plane;
        double padded = 1;
        for (int d = 0; d < places.rank; ++d) {
          const Slide& s = slides[size_t(d)];
          Slide::Steps hit = s.taps_of(at.at(d));
          taps.push(hit.count());
          steps.push(hit.count() > 1 ? s.dilation * strides[d + 2] : 0);
          if (hit.count() > 0) first += s.source(at.at(d), hit.first) * strides[d + 2];
          padded *= double(s.padded_taps_of(at.at(d)).count());
        }
        int64_t count = taps.count();
        const T* x = in[0].as<T>() + (count > 0 ? first : 0);
        if (kind == PoolKind::max) *y++ = largest(x, Walk<1>(taps, {steps}), count);
        else if constexpr (is_float<T>)
          *y++ = T(count == 0 ? 0.0 : sum_of(x, Walk<1>(taps, {steps}), count) / (count_pads ? padded : double(count)));
      }
    }
  });
}

double Pool::work(ConstViews, Views out) const {
  double taps = 1;
  for (int64_t extent : window) taps *= double(extent);
  return double(out[0].count()) * taps;
}

}  // namespace tenon
