#include "ops/deform_conv/deform_conv.h"

#include <cmath>

#include "base/dispatch.h"
#include "ops/known.h"

namespace tenon {

OP(DeformConv, deform_conv)

void DeformConv::fields(FieldVisitor& v) {
  window_fields(v);
  v("groups", groups, int64_t(1));
  v("offset_groups", offset_groups, int64_t(1));
  v("with_bias", with_bias, false);
  v("with_mask", with_mask, false);
}

static void check_shape(const TensorType& type, const Shape& expected, const char* what) {
  check(type.shape.size() == expected.size(), what, " is ", type, ", expected ", expected);
  for (size_t d = 0; d < expected.size(); ++d)
    check(!type.shape[d].known() || !expected[d].known() || type.shape[d] == expected[d], what, " is ", type,
          ", expected ", expected);
}

Types DeformConv::infer(const Inputs& in) const {
  int operands = 3 + with_bias + with_mask;
  in.check_count(operands, operands);
  in.check_element(0, float_types, "x");
  for (int i = 1; i < operands; ++i) in.check_same_element(0, i);
  const Shape &x = in[0].shape, &w = in[1].shape;
  int axes = int(x.size()) - 2;
  check(1 <= axes && axes <= 3, "x has shape ", x, ", expected [N,C,1 to 3 spatial axes]");
  check(w.size() == x.size(), "w has shape ", w, ", expected rank ", x.size(), " as that of x ", x);
  check(groups >= 1 && offset_groups >= 1, "there are ", groups, " groups and ", offset_groups, " groups of offsets");
  check(auto_pad == AutoPad::explicit_pads && !ceil, "padding has to be explicit");
  check_axes(axes);
  for (const Dim* d : {&x[1], &w[0]})
    check(!d->known() || d->value() % groups == 0, *d, " channels do not fall into ", groups, " groups");
  check(!x[1].known() || x[1].value() % offset_groups == 0, x[1], " channels do not fall into ", offset_groups,
        " groups of offsets");
  check(!x[1].known() || !w[1].known() || x[1] == w[1] * groups, "x has ", x[1], " channels, w ", w, " expects ",
        w[1] * groups);
  Shape y{x[0], w[0]}, offsets{x[0], offset_groups * axes}, mask{x[0], offset_groups};
  for (int i = 0; i < axes; ++i) {
    Dim extent = along(i, x[size_t(i) + 2], w[size_t(i) + 2]).output;
    for (Shape* shape : {&y, &offsets, &mask}) shape->push_back(extent);
    offsets[1] = offsets[1] * w[size_t(i) + 2];
    mask[1] = mask[1] * w[size_t(i) + 2];
  }
  check_shape(in[2], offsets, "the list of offsets");
  if (with_bias) check_shape(in[3], {w[0]}, "b");
  if (with_mask) check_shape(in[3 + with_bias], mask, "the mask");
  return {TensorType{in[0].element, y}};
}

namespace {

// x between its elements: the 2^axes around the place, those outside count as 0.
template <class T>
double sample(const T* x, const Extents& extents, const double* at) {
  double sum = 0;
  for (int corner = 0; corner < 1 << extents.rank; ++corner) {
    double weight = 1;
    int64_t place = 0;
    for (int d = 0; d < extents.rank; ++d) {
      if (!(at[d] > -1 && at[d] < double(extents[d]))) return 0;
      double low = std::floor(at[d]), fraction = at[d] - low;
      bool upper = corner >> d & 1;
      int64_t i = int64_t(low) + upper;
      weight *= upper ? fraction : 1 - fraction;
      if (i < 0 || i >= extents[d]) weight = 0;
      place = place * extents[d] + i;
    }
    if (weight != 0) sum += weight * double(x[place]);
  }
  return sum;
}

}  // namespace

void DeformConv::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  const ConstView &x = in[0], &w = in[1], &offsets = in[2];
  const View& y = out[0];
  int axes = x.rank() - 2;
  std::vector<Slide> slides;
  Extents planes, places, window;
  for (int i = 0; i < axes; ++i) {
    slides.push_back(slide(i, x[i + 2], w[i + 2]));
    planes.push(x[i + 2]);
    places.push(y[i + 2]);
    window.push(w[i + 2]);
  }
  int64_t plane = planes.count(), outputs = places.count(), taps = window.count(), channels = w[1];
  dispatch(x.element, [&]<class T>() {
    if constexpr (is_float<T>)
      for (int64_t n = 0; n < y[0]; ++n)
        for (int64_t o = 0; o < y[1]; ++o) {
          Walk<0> at(places, {});
          for (int64_t i = 0; i < outputs; ++i, at.next()) {
            double sum = with_bias ? double(in[3].as<T>()[o]) : 0;
            for (int64_t k = 0; k < channels; ++k) {
              int64_t c = o / (y[1] / groups) * channels + k;
              int64_t group = n * offset_groups + c / (x[1] / offset_groups);
              Walk<0> tap(window, {});
              for (int64_t t = 0; t < taps; ++t, tap.next()) {
                double place[3];
                for (int d = 0; d < axes; ++d)
                  place[d] = double(slides[size_t(d)].source(at.at(d), tap.at(d))) +
                             double(offsets.as<T>()[((group * taps + t) * axes + d) * outputs + i]);
                double value = sample(x.as<T>() + (n * x[1] + c) * plane, planes, place);
                if (with_mask) value *= double(in[3 + with_bias].as<T>()[(group * taps + t) * outputs + i]);
                sum += value * double(w.as<T>()[(o * channels + k) * taps + t]);
              }
            }
            y.as<T>()[(n * y[1] + o) * outputs + i] = T(sum);
          }
        }
  });
}

double DeformConv::work(ConstViews in, Views out) const {
  return double(out[0].count()) * double(in[1].extents.count_between(1, in[1].rank())) * 8;
}

}  // namespace tenon
