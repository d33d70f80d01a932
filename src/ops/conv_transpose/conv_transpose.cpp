#include "ops/conv_transpose/conv_transpose.h"

#include "base/dispatch.h"
#include "ops/known.h"

namespace tenon {

OP(ConvTranspose, conv_transpose)

void ConvTranspose::fields(FieldVisitor& v) {
  window_fields(v);
  v("output_padding", output_padding, {});
  v("groups", groups, int64_t(1));
}

static int64_t at(const std::vector<int64_t>& list, int axis, int64_t standard) {
  return list.empty() ? standard : list[size_t(axis)];
}

Types ConvTranspose::infer(const Inputs& in) const {
  in.check_count(2, 3);
  in.check_element(0, float_types, "x");
  in.check_same_element(0, 1);
  const Shape &x = in[0].shape, &w = in[1].shape;
  int axes = int(x.size()) - 2;
  check(1 <= axes && axes <= 3, "x has shape ", x, ", expected [N,C,1 to 3 spatial axes]");
  check(w.size() == x.size(), "w has shape ", w, ", expected rank ", x.size(), " as that of x ", x);
  check(auto_pad == AutoPad::explicit_pads && !ceil, "padding has to be explicit");
  check(groups >= 1, "groups is ", groups, ", the least is 1");
  check(!x[1].known() || !w[0].known() || x[1] == w[0], "x has ", x[1], " channels, w ", w, " expects ", w[0]);
  check(!w[0].known() || w[0].value() % groups == 0, "w has ", w[0], " channels, not a multiple of ", groups,
        " groups");
  Dim outputs = w[1] * groups;
  if (in.size() == 3) {
    in.check_same_element(0, 2);
    const Shape& b = in[2].shape;
    check(b.size() == 1 && (!b[0].known() || !outputs.known() || b[0] == outputs), "b has shape ", b, ", expected [",
          outputs, "]");
  }
  check_axes(axes);
  check(output_padding.empty() || int(output_padding.size()) == axes, "output_padding has ", output_padding.size(),
        " numbers for ", axes, " spatial axes");
  Shape y{x[0], outputs};
  for (int i = 0; i < axes; ++i) {
    const Dim &extent = x[size_t(i) + 2], &window = w[size_t(i) + 2];
    check(!window.known() || window.value() > 0, "the window has extent ", window, " along spatial axis ", i);
    check(at(output_padding, i, 0) >= 0, "output_padding holds ", at(output_padding, i, 0), ", the least is 0");
    Dim made = (extent - 1) * at(strides, i, 1) + (window - 1) * at(dilations, i, 1) + 1 + at(output_padding, i, 0) -
               at(pads_begin, i, 0) - at(pads_end, i, 0);
    check(!made.known() || made.value() > 0, "y would have ", made, " elements along spatial axis ", i);
    y.push_back(made);
  }
  return {TensorType{in[0].element, y}};
}

// As a convolution that leads from y to x, walked backwards: outputs of its slides are elements of x.
void ConvTranspose::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  const ConstView &x = in[0], &w = in[1];
  const View& y = out[0];
  Slide depth, height, width;  // axes that are missing keep extent 1
  Slide* slides[] = {&width, &height, &depth};
  for (int i = 0, axes = x.rank() - 2; i < axes; ++i) {
    int axis = axes - 1 - i;
    *slides[i] = {y[axis + 2],
                  x[axis + 2],
                  w[axis + 2],
                  at(strides, axis, 1),
                  at(dilations, axis, 1),
                  at(pads_begin, axis, 0),
                  at(pads_end, axis, 0)};
  }
  int64_t plane = y.extents.count_between(2, y.rank()), x_plane = x.extents.count_between(2, x.rank());
  int64_t taps = w.extents.count_between(2, w.rank()), outputs = w[1], channels = x[1] / groups;
  dispatch(x.element, [&]<class T>() {
    if constexpr (is_float<T>) {
      std::vector<double> sum(static_cast<size_t>(plane));
      for (int64_t n = 0; n < y[0]; ++n)
        for (int64_t o = 0; o < y[1]; ++o) {
          std::fill(sum.begin(), sum.end(), in.size() == 3 ? double(in[2].as<T>()[o]) : 0.0);
          for (int64_t c = o / outputs * channels; c < (o / outputs + 1) * channels; ++c) {
            const T* from = x.as<T>() + (n * x[1] + c) * x_plane;
            for (int64_t tap = 0; tap < taps; ++tap) {
              int64_t kw = tap % width.extent, kh = tap / width.extent % height.extent;
              int64_t kd = tap / width.extent / height.extent;
              double factor = double(w.as<T>()[(c * outputs + o % outputs) * taps + tap]);
              Slide::Steps ds = depth.outputs_of(kd), hs = height.outputs_of(kh), ws = width.outputs_of(kw);
              for (int64_t d = ds.first; d < ds.past; ++d)
                for (int64_t h = hs.first; h < hs.past; ++h) {
                  const T* x_row = from + (d * height.output + h) * width.output;
                  double* row = sum.data() + (depth.source(d, kd) * height.input + height.source(h, kh)) * width.input;
                  for (int64_t v = ws.first; v < ws.past; ++v) row[width.source(v, kw)] += factor * double(x_row[v]);
                }
            }
          }
          T* to = y.as<T>() + (n * y[1] + o) * plane;
          for (int64_t i = 0; i < plane; ++i) to[i] = T(sum[size_t(i)]);
        }
    }
  });
}

double ConvTranspose::work(ConstViews in, Views) const {
  return double(in[0].count()) * double(in[1].extents.count_between(1, in[1].rank()));
}

}  // namespace tenon
