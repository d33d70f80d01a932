#include "ops/scale/scale.h"

#include <cmath>

#include "base/dispatch.h"
#include "ops/known.h"
#include "ops/pointwise.h"

namespace tenon {

OP(Scale, scale)

static constexpr const char* mode_names[] = {"uniform", "channel", "elementwise"};

void Scale::fields(FieldVisitor& v) {
  v("mode", mode, mode_names);
  v("channel_axis", channel_axis, int64_t(1));
  v("scale", scale, {});
  v("shift", shift, {});
  v("power", power, {});
}

Types Scale::infer(const Inputs& in) const {
  in.check_count(1, 1);
  in.check_element(0, float_types, "x");
  const Shape& x = in[0].shape;
  Dim expected = 1;
  if (mode != ScaleMode::uniform) {
    auto first = x.begin() + axis_of(channel_axis, in[0].rank());
    expected = mode == ScaleMode::channel ? *first : count(Shape(first, x.end()));
  }
  auto check_weights = [&](const char* name, const Weights& w) {
    if (!w) return;
    check(float_types.contains(w->element), ErrorId::unsupported_type, name, " has elements of type ", w->element,
          ", expected one of ", float_types);
    check(!expected.known() || expected.is(w->extents.count()), name, " has ", w->extents.count(), " elements, mode ",
          mode_names[int(mode)], " expects ", expected, " for x ", x);
  };
  check_weights("scale", scale);
  check_weights("shift", shift);
  check_weights("power", power);
  return {in[0]};
}

static double number_at(const Weights& w, int64_t i, double standard) {
  return w ? load_scalar(w->data + i * size_bytes(w->element), w->element).f : standard;
}

std::optional<Term> Scale::pointwise(Terms in) const {
  if (mode != ScaleMode::uniform) return {};
  return in_compute_type(in[0], [&](Term x) {
    if (scale) x = x * number_at(scale, 0, 1);
    if (shift) x = x + number_at(shift, 0, 0);
    return power ? binary(Opcode::pow, x, number(x, number_at(power, 0, 1))) : x;
  });
}

void Scale::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  if (mode == ScaleMode::uniform) return evaluate_pointwise(*this, in, out[0]);
  int axis = axis_of(channel_axis, in[0].rank());
  int64_t block = in[0].extents.count_between(axis, in[0].rank());  // the elements after which weights repeat
  int64_t step = mode == ScaleMode::channel ? in[0].extents.count_between(axis + 1, in[0].rank()) : 1;
  dispatch(in[0].element, [&]<class T>() {
    if constexpr (is_float<T>)
      for (int64_t i = 0, n = in[0].count(); i < n; ++i) {
        int64_t k = i % block / step;
        double y = double(in[0].as<T>()[i]) * number_at(scale, k, 1) + number_at(shift, k, 0);
        out[0].as<T>()[i] = T(power ? std::pow(y, number_at(power, k, 1)) : y);
      }
  });
}

}  // namespace tenon
