#include "ops/resize/resize.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/dispatch.h"
#include "ops/late.h"

namespace tenon {

OP(Resize, resize)

namespace {

constexpr const char* mode_names[] = {"nearest", "linear", "cubic"};
constexpr const char* coordinate_names[] = {"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners",
                                            "asymmetric", "tf_half_pixel_for_nn", "tf_crop_and_resize"};
constexpr const char* rounding_names[] = {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"};
constexpr const char* aspect_names[] = {"stretch", "not_larger", "not_smaller"};

struct Fraction {
  int64_t up, down;
};

// The first continued fraction that is the same float: models say 0.7f and mean 7/10, and floor(10 * scale) shows it.
Fraction fraction_of(double number) {
  constexpr double most = 0x1p31;
  check(number >= 1 / most && number <= most, "a scale is ", number, ", expected 2^-31 to 2^31");
  Fraction f{1, 0}, before{0, 1};
  for (double rest = number;;) {
    auto whole = int64_t(std::floor(rest));
    Fraction next{checked_add(checked_mul(whole, f.up), before.up),
                  checked_add(checked_mul(whole, f.down), before.down)};
    before = f, f = next;
    if (float(double(f.up) / double(f.down)) == float(number) || rest == double(whole)) return f;
    rest = 1 / (rest - double(whole));
  }
}

double kernel(double x, bool cubic, double a) {
  x = std::fabs(x);
  if (!cubic) return std::max(1 - x, 0.0);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((x - 5) * x + 8) * x * a - 4 * a : 0;
}

template <class T>
T rounded(double x) {  // integers: half to even, then to the nearest that there is
  using Limits = std::numeric_limits<T>;
  if constexpr (is_float<T>) return T(x);
  else if (!(x > double(Limits::min()))) return std::isnan(x) ? T(0) : Limits::min();
  else return x >= double(Limits::max()) ? Limits::max() : T(std::nearbyint(x));
}

}  // namespace

void Resize::fields(FieldVisitor& v) {
  v("mode", mode, mode_names);
  v("coordinates", coordinates, coordinate_names);
  v("rounding", rounding, rounding_names);
  v("axes", axes, {});
  v("scales", scales, {});
  v("sizes", sizes, {});
  v("roi", roi, {});
  v("keep_aspect_ratio", keep_aspect_ratio, aspect_names);
  v("cubic_coeff_a", cubic_coeff_a, -0.75);
  v("extrapolation_value", extrapolation_value, 0.0);
  v("exclude_outside", exclude_outside, false);
  v("antialias", antialias, false);
  v("late_extents", late_extents, {});
}

void Resize::plan_scales(std::vector<Axis>& list) const {
  check(scales.size() == list.size(), "scales has ", scales.size(), " numbers for ", list.size(), " axes");
  for (size_t i = 0; i < list.size(); ++i) {
    Axis& a = list[i];
    auto [up, down] = fraction_of(scales[i]);
    a.up = up, a.down = down;
    a.output = floor_div(a.input * up, down);  // whatever roi is: ONNX's text has it as a factor, nobody's code does
  }
}

void Resize::plan_sizes(std::vector<Axis>& list, const Shape& wanted) const {
  check(wanted.size() == list.size(), "sizes has ", wanted.size(), " numbers for ", list.size(), " axes");
  for (size_t i = 0; i < list.size(); ++i) {
    check(!wanted[i].known() || wanted[i].value() >= 0, "sizes holds ", wanted[i]);
    check(!list[i].input.is(0) || wanted[i].is(0), "cannot resize axis ", list[i].axis, " from 0 to ", wanted[i]);
    list[i].output = list[i].up = wanted[i];
    list[i].down = list[i].input;
  }
  if (keep_aspect_ratio == KeepAspectRatio::stretch) return;
  bool least = keep_aspect_ratio == KeepAspectRatio::not_larger;
  std::vector<Axis> each = list;  // with the scale of its own
  bool known = true;
  for (const Axis& s : each) {
    check(s.up.known(), ErrorId::unsupported, "sizes holds ", s.up,
          ", keep_aspect_ratio=", aspect_names[int(keep_aspect_ratio)], " wants numbers");
    check(!s.down.is(0), "axis ", s.axis, " has extent 0 and no aspect ratio to keep");
    known = known && s.down.known();
  }
  for (Axis& a : list) {  // round(scale * input) for the least or greatest scale is the least or greatest such number
    for (const Axis& s : each) {
      Dim size = floor_div(2 * s.up * a.input + s.down, 2 * s.down);
      a.output = &s == &each[0] ? size : least ? min(a.output, size) : max(a.output, size);
    }
    for (const Axis& s : each)
      if (known && (s.up * a.down - a.up * s.down).value() * (least ? 1 : -1) < 0) a.up = s.up, a.down = s.down;
  }
}

std::vector<Resize::Axis> Resize::plan(const Inputs& in) const {
  std::vector<Axis> list;
  int rank = in[0].rank();
  axes_of(axes, rank);
  for (int i = 0; i < (axes.empty() ? rank : int(axes.size())); ++i) {
    int axis = axes.empty() ? i : axis_of(axes[size_t(i)], rank);
    list.push_back({axis, in[0].shape[size_t(axis)], in[0].shape[size_t(axis)]});
  }
  if (coordinates == Coordinates::tf_crop_and_resize) {
    check(roi.size() == 2 * list.size(), "roi has ", roi.size(), " numbers, expected starts and ends for ", list.size(),
          " axes");
    for (double r : roi) check(std::isfinite(r), "roi holds ", r);
    for (size_t i = 0; i < list.size(); ++i) list[i].start = roi[i], list[i].end = roi[list.size() + i];
  }
  if (!scales.empty()) plan_scales(list);
  else if (!sizes.empty()) plan_sizes(list, sizes);
  else if (in.size() == 2) {
    check(in.contents(1), ErrorId::not_known, "sizes is not known until run time");
    plan_sizes(list, *in.contents(1));
  } else check(list.empty(), "has neither scales nor sizes");
  return list;
}

// Scales that are numbers alone: which axes have which symbol.
static Types with_late_extents(const Resize& op, const Inputs& in) {
  in.check_count(2, 2);
  in.check_element(1, float_types, "scales");
  TensorType y = in[0];
  size_t axes = op.axes.empty() ? y.shape.size() : op.axes.size();
  check(in[1].rank() == 1 && (!in[1].shape[0].known() || in[1].shape[0].is(int64_t(axes))), "scales is ", in[1],
        ", expected a list of ", axes);
  check(op.late_extents.size() == axes, "late_extents has ", op.late_extents.size(), " symbols for ", axes, " axes");
  axes_of(op.axes, y.rank());
  for (size_t i = 0; i < axes; ++i)
    y.shape[op.axes.empty() ? i : size_t(axis_of(op.axes[i], y.rank()))] = op.late_extents[i];
  return {y};
}

Types Resize::infer(const Inputs& in) const {
  if (!late_extents.empty()) return with_late_extents(*this, in);
  in.check_count(1, 2);
  check(scales.empty() || sizes.empty(), "has both scales and sizes");
  if (in.size() == 2) {
    check(scales.empty() && sizes.empty(), "has both ", scales.empty() ? "sizes" : "scales",
          " and an operand for sizes");
    in.check_element(1, ElementType::i64 | ElementType::i32, "sizes");
    check(in[1].rank() == 1, "sizes has shape ", in[1].shape, ", expected one axis");
  }
  bool nearest = mode == ResizeMode::nearest;
  in.check_element(0, nearest ? computed_types : float_types | ElementType::i8 | ElementType::u8, "x");
  check(!antialias || !nearest, "antialias wants mode linear or cubic");
  check(std::isfinite(cubic_coeff_a), "cubic_coeff_a is ", cubic_coeff_a);
  TensorType y = in[0];
  for (const Axis& a : plan(in)) y.shape[size_t(a.axis)] = a.output;
  return {y};
}

// What one output position takes from the input: weights of consecutive positions, or nothing if it lies outside.
struct Resize::Sample {
  int64_t first = 0;
  std::vector<double> weights;
  bool outside() const { return weights.empty(); }
};

int64_t Resize::nearest_to(double x, int64_t extent) const {
  switch (rounding) {
    case NearestRounding::round_prefer_floor: x = std::ceil(x - 0.5); break;
    case NearestRounding::round_prefer_ceil: x = std::floor(x + 0.5); break;
    case NearestRounding::floor: x = std::floor(x); break;
    case NearestRounding::ceil: x = std::ceil(x); break;
  }
  return int64_t(std::clamp(x, 0.0, double(extent - 1)));
}

Resize::Sample Resize::taps_at(double x, int64_t extent, double scale) const {
  bool cubic = mode == ResizeMode::cubic;
  double squeeze = antialias ? std::min(scale, 1.0) : 1.0, radius = (cubic ? 2 : 1) / squeeze;
  check(radius < 0x1p31, ErrorId::limit_exceeded, "an antialias filter spans more than 2^31 elements");
  int64_t low = int64_t(std::floor(x - radius)) + 1, high = int64_t(std::ceil(x + radius)) - 1;
  auto inside = [&](int64_t i) { return std::clamp<int64_t>(i, 0, extent - 1); };
  Sample s{inside(low), std::vector<double>(size_t(inside(high) - inside(low) + 1))};
  double total = 0;
  for (int64_t i = low; i <= high; ++i) {
    if (exclude_outside && i != inside(i)) continue;
    double weight = kernel((double(i) - x) * squeeze, cubic, cubic_coeff_a);
    s.weights[size_t(inside(i) - s.first)] += weight;
    total += weight;
  }
  if ((antialias || exclude_outside) && total != 0)
    for (double& weight : s.weights) weight /= total;
  return s;
}

double Resize::place_of(int64_t i, const Scaling& s) const {
  double at = double(i), half_pixel = (at + 0.5) * s.down / s.up - 0.5;
  switch (coordinates) {
    case Coordinates::half_pixel: return half_pixel;
    case Coordinates::half_pixel_symmetric:
      return ((2 * at + 1 - s.out) * s.down / s.up + s.in - 1) / 2;  // about the centre
    case Coordinates::pytorch_half_pixel: return s.out > 1 ? half_pixel : 0;
    case Coordinates::align_corners: return s.out > 1 ? at * (s.in - 1) / (s.out - 1) : 0;
    case Coordinates::asymmetric: return at * s.down / s.up;
    case Coordinates::tf_half_pixel_for_nn: return (at + 0.5) * s.down / s.up;
    case Coordinates::tf_crop_and_resize: break;
  }
  return s.out > 1 ? s.start * (s.in - 1) + at * (s.end - s.start) * (s.in - 1) / (s.out - 1)
                   : 0.5 * (s.start + s.end) * (s.in - 1);
}

std::vector<Resize::Sample> Resize::samples_of(const Axis& a) const {
  int64_t extent = a.input.value();
  Scaling scaling{double(extent), double(a.output.value()), double(a.up.value()), double(a.down.value()), a.start,
                  a.end};
  bool crop = coordinates == Coordinates::tf_crop_and_resize;
  std::vector<Sample> list;
  for (int64_t i = 0; i < a.output.value(); ++i) {
    double x = place_of(i, scaling);
    if (crop && !(x >= 0 && x <= scaling.in - 1)) list.emplace_back();
    else if (mode == ResizeMode::nearest) list.push_back({nearest_to(x, extent), {1.0}});
    else list.push_back(taps_at(x, extent, scaling.up / scaling.down));
  }
  return list;
}

namespace {

// Each row of `along` in x replaced by the weighted sums that the samples ask for; outside ones stay 0.
template <class Samples>
std::vector<double> interpolate(const std::vector<double>& x, Extents& extents, int along, const Samples& samples) {
  int64_t outer = extents.count_between(0, along), inner = extents.count_between(along + 1, extents.rank);
  int64_t in = extents[along], out = int64_t(samples.size());
  std::vector<double> y(size_t(checked_mul(checked_mul(outer, out), inner)));
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t i = 0; i < out; ++i)
      for (size_t k = 0; k < samples[size_t(i)].weights.size(); ++k) {
        double weight = samples[size_t(i)].weights[k];
        if (weight == 0) continue;  // what it would multiply may be infinite
        const double* from = x.data() + (o * in + samples[size_t(i)].first + int64_t(k)) * inner;
        double* to = y.data() + (o * out + i) * inner;
        for (int64_t j = 0; j < inner; ++j) to[j] += weight * from[j];
      }
  extents[along] = out;
  return y;
}

}  // namespace

void Resize::evaluate_late(ConstViews in, LateResults& out) const {
  check_operands(*this, in);
  Resize known = *this;
  known.late_extents.clear();
  for (int64_t i = 0; i < in[1].count(); ++i)
    known.scales.push_back(load_scalar(in[1].as<std::byte>() + i * size_bytes(in[1].element), in[1].element).f);
  Types made = known.infer(KnownInputs(in.first(1)).inputs());
  View y = out.make(0, at(std::get<TensorType>(made[0]).shape, {}));
  known.evaluate(in.first(1), {&y, 1});
}

void Resize::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  const ConstView& x = in[0];
  const View& y = out[0];
  if (y.count() == 0) return;
  std::vector<std::vector<Sample>> samples(size_t(x.rank()));  // empty: the axis stays as it is
  for (Axis a : plan(KnownInputs(in).inputs())) {
    a.output = y[a.axis];
    if (!a.up.known()) a.up = a.output;  // sizes that are symbols: the result has them as numbers
    if (coordinates == Coordinates::tf_crop_and_resize || !(a.up == a.down && a.output == a.input))
      samples[size_t(a.axis)] = samples_of(a);
  }
  auto any_outside = [&](const auto& walk) {
    for (int d = 0; d < x.rank(); ++d)
      if (!samples[size_t(d)].empty() && samples[size_t(d)][size_t(walk.at(d))].outside()) return true;
    return false;
  };
  if (mode == ResizeMode::nearest) {
    uint64_t bits = 0;
    dispatch(x.element, [&]<class T>() {
      T number = rounded<T>(extrapolation_value);
      std::memcpy(&bits, &number, sizeof number);
    });
    Extents strides = strides_of(x.extents);
    dispatch_size(x.element, [&]<class T>() {
      T outside;
      std::memcpy(&outside, &bits, sizeof outside);
      Walk<0> walk(y.extents, {});
      for (int64_t i = 0, n = y.count(); i < n; ++i, walk.next()) {
        int64_t from = 0;
        for (int d = 0; d < x.rank(); ++d) {
          const auto& list = samples[size_t(d)];
          from += (list.empty() ? walk.at(d) : list[size_t(walk.at(d))].first) * strides[d];
        }
        y.as<T>()[i] = any_outside(walk) ? outside : x.as<T>()[from];
      }
    });
    return;
  }
  dispatch(x.element, [&]<class T>() {
    std::vector<double> values(x.as<T>(), x.as<T>() + x.count());
    Extents extents = x.extents;
    for (bool grows : {false, true})  // what shrinks goes first, so that nothing between is larger than x and y
      for (int d = 0; d < x.rank(); ++d)
        if (!samples[size_t(d)].empty() && (y[d] > x[d]) == grows)
          values = interpolate(values, extents, d, samples[size_t(d)]);
    Walk<0> walk(y.extents, {});
    for (int64_t i = 0, n = y.count(); i < n; ++i, walk.next())
      y.as<T>()[i] = rounded<T>(any_outside(walk) ? extrapolation_value : values[size_t(i)]);
  });
}

}  // namespace tenon
