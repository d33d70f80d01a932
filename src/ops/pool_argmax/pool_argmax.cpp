#include "ops/pool_argmax/pool_argmax.h"

#include "base/dispatch.h"
#include "ops/known.h"

namespace tenon {

OP(PoolArgmax, pool_argmax)

void PoolArgmax::fields(FieldVisitor& v) {
  v("window", window);
  window_fields(v);
  v("ceil", ceil, false);
  v("column_major", column_major, false);
}

Types PoolArgmax::infer(const Inputs& in) const {
  in.check_count(1, 1);
  in.check_element(0, number_types, "x");
  check(!window.empty() && in[0].rank() == int(window.size()) + 2, "x has shape ", in[0].shape,
        ", expected [N,C] and one spatial axis for each of the window's ", window.size(), " extents");
  check_axes(int(window.size()));
  Shape y = in[0].shape;
  for (size_t i = 0; i < window.size(); ++i) y[i + 2] = along(int(i), y[i + 2], window[i]).output;
  return {TensorType{ElementType::i64, y}};
}

// The second offset of the walk at the largest element, by the first; -1 if the walk has no steps.
template <class T>
static int64_t place_of_largest(const T* x, Walk<2> walk, int64_t count) {
  int64_t place = -1;
  Wide<T> most{};
  for (int64_t i = 0; i < count; ++i, walk.next()) {
    Wide<T> v(x[walk.offset(0)]);
    bool larger = v > most || (v != v && most == most);
    if (place >= 0 && !larger) continue;
    most = v;
    place = walk.offset(1);
  }
  return place;
}

void PoolArgmax::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  std::vector<Slide> slides;
  Extents places, strides = strides_of(in[0].extents), numbering;  // numbering: how places of a plane are counted
  int64_t step = 1;
  for (int i = 0; i < int(window.size()); ++i) {
    slides.push_back(slide(i, in[0][i + 2], window[size_t(i)]));
    places.push(slides.back().output);
    numbering.push(column_major ? step : strides[i + 2]);
    step = checked_mul(step, in[0][i + 2]);
  }
  int64_t plane = in[0].extents.count_between(2, in[0].rank()), outputs = places.count();
  dispatch(in[0].element, [&]<class T>() {
    int64_t* y = out[0].as<int64_t>();
    for (int64_t p = 0; p < in[0].extents.count_between(0, 2); ++p) {
      Walk<0> at(places, {});
      for (int64_t i = 0; i < outputs; ++i, at.next()) {
        Extents taps, steps, counted;  // those of this window that meet the input
        int64_t first = p * plane, number = p * plane;
        for (int d = 0; d < places.rank; ++d) {
          const Slide& s = slides[size_t(d)];
          Slide::Steps hit = s.taps_of(at.at(d));
          taps.push(hit.count());
          steps.push(hit.count() > 1 ? s.dilation * strides[d + 2] : 0);
          counted.push(hit.count() > 1 ? s.dilation * numbering[d] : 0);
          if (hit.count() <= 0) continue;
          first += s.source(at.at(d), hit.first) * strides[d + 2];
          number += s.source(at.at(d), hit.first) * numbering[d];
        }
        int64_t count = taps.count();
        int64_t best = count > 0 ? place_of_largest(in[0].as<T>() + first, Walk<2>(taps, {steps, counted}), count) : -1;
        *y++ = best < 0 ? -1 : number + best;
      }
    }
  });
}

double PoolArgmax::work(ConstViews, Views out) const {
  double taps = 1;
  for (int64_t extent : window) taps *= double(extent);
  return double(out[0].count()) * taps;
}

}  // namespace tenon
