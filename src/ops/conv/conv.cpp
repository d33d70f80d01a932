#include "ops/conv/conv.h"

#include "base/dispatch.h"
#include "ops/known.h"

namespace tenon {

OP(Conv, conv)

Types Conv::infer(const Inputs& in) const {
  in.check_count(2, 3);
  in.check_element(0, float_types, "x");
  in.check_same_element(0, 1);
  const Shape &x = in[0].shape, &w = in[1].shape;
  int axes = int(x.size()) - 2;
  check(1 <= axes && axes <= 3, "x has shape ", x, ", expected [N,C,1 to 3 spatial axes]");
  check(w.size() == x.size(), "w has shape ", w, ", expected rank ", x.size(), " as that of x ", x);
  check(groups >= 1, "groups is ", groups, ", the least is 1");
  Dim channels = w[1] * groups;
  check(!x[1].known() || !channels.known() || x[1] == channels, "x has ", x[1], " channels, w ", w, " with ", groups,
        " groups expects ", channels);
  check(!w[0].known() || w[0].value() % groups == 0, "w has ", w[0], " outputs, not a multiple of ", groups, " groups");
  if (in.size() == 3) {
    in.check_same_element(0, 2);
    const Shape& b = in[2].shape;
    check(b.size() == 1 && (!b[0].known() || !w[0].known() || b[0] == w[0]), "b has shape ", b, ", expected [", w[0],
          "]");
  }
  check_axes(axes);
  Shape y{x[0], w[0]};
  for (int i = 0; i < axes; ++i) y.push_back(along(i, x[size_t(i) + 2], w[size_t(i) + 2]).output);
  return {TensorType{in[0].element, y}};
}

// One plane of y at a time; every tap adds a scaled, shifted plane of x to it.
void Conv::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  if (out[0].count() == 0) return;
  const ConstView &x = in[0], &w = in[1];
  Slide depth, height, width;  // axes that are missing keep extent 1
  Slide* slides[] = {&width, &height, &depth};
  for (int i = 0, axes = x.rank() - 2; i < axes; ++i)
    *slides[i] = slide(axes - 1 - i, x[x.rank() - 1 - i], w[w.rank() - 1 - i]);
  int64_t plane = out[0].extents.count_between(2, out[0].rank()), x_plane = x.extents.count_between(2, x.rank());
  int64_t taps = w.extents.count_between(2, w.rank()), per_group = w[1];
  dispatch(x.element, [&]<class T>() {
    if constexpr (is_float<T>) {
      std::vector<double> sum(static_cast<size_t>(plane));
      for (int64_t n = 0; n < x[0]; ++n)
        for (int64_t o = 0; o < w[0]; ++o) {
          std::fill(sum.begin(), sum.end(), in.size() == 3 ? double(in[2].as<T>()[o]) : 0.0);
          int64_t group = o / (w[0] / groups);
          for (int64_t c = 0; c < per_group; ++c) {
            const T* from = x.as<T>() + (n * x[1] + group * per_group + c) * x_plane;
            for (int64_t tap = 0; tap < taps; ++tap) {
              int64_t kw = tap % width.extent, kh = tap / width.extent % height.extent;
              int64_t kd = tap / width.extent / height.extent;
              double factor = double(w.as<T>()[(o * per_group + c) * taps + tap]);
              Slide::Steps ds = depth.outputs_of(kd), hs = height.outputs_of(kh), ws = width.outputs_of(kw);
              for (int64_t d = ds.first; d < ds.past; ++d)
                for (int64_t h = hs.first; h < hs.past; ++h) {
                  const T* x_row = from + (depth.source(d, kd) * height.input + height.source(h, kh)) * width.input;
                  double* row = sum.data() + (d * height.output + h) * width.output;
                  for (int64_t v = ws.first; v < ws.past; ++v) row[v] += factor * double(x_row[width.source(v, kw)]);
                }
            }
          }
          T* y = out[0].as<T>() + (n * w[0] + o) * plane;
          for (int64_t i = 0; i < plane; ++i) y[i] = T(sum[size_t(i)]);
        }
    }
  });
}

double Conv::work(ConstViews in, Views out) const {
  return double(out[0].count()) * double(in[1].extents.count_between(1, in[1].rank()));
}

}  // namespace tenon
