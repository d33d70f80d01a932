#include "ops/normalize/normalize.h"

#include <algorithm>
#include <cmath>

#include "base/dispatch.h"
#include "ops/known.h"

namespace tenon {

OP(Normalize, normalize)

Types Normalize::infer(const Inputs& in) const {
  in.check_count(1, 3);
  in.check_element(0, float_types, "x");
  check(!axes.empty(), "no axes are listed");
  axes_of(axes, in[0].rank());
  check(std::isfinite(epsilon) && epsilon >= 0, "epsilon is ", epsilon, ", the least is 0");
  for (int i = 1; i < in.size(); ++i) {
    in.check_same_element(0, i);
    const Shape &x = in[0].shape, &s = in[i].shape;
    check(s.size() <= x.size(), i == 1 ? "scale" : "bias", " is ", in[i], ", x is ", in[0]);
    for (size_t d = 0; d < s.size(); ++d) {
      const Dim &mine = s[d], &other = x[x.size() - s.size() + d];
      check(mine.is(1) || mine == other || !mine.known() || !other.known(), i == 1 ? "scale" : "bias", " is ", in[i],
            ", which does not broadcast to ", in[0]);
    }
  }
  return {in[0]};
}

void Normalize::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  const ConstView& x = in[0];
  Extents inner, outer, inner_strides, outer_strides, all = strides_of(x.extents);
  std::vector<int> reduced = axes_of(axes, x.rank());
  for (int d = 0; d < x.rank(); ++d) {
    bool listed = std::find(reduced.begin(), reduced.end(), d) != reduced.end();
    (listed ? inner : outer).push(x[d]);
    (listed ? inner_strides : outer_strides).push(all[d]);
  }
  int64_t rows = outer.count(), length = inner.count();
  dispatch(x.element, [&]<class T>() {
    if constexpr (is_float<T>) {
      Walk<1> row(outer, {outer_strides});
      for (int64_t r = 0; r < rows; ++r, row.next()) {
        auto sum_over = [&](auto f) {
          double sum = 0;
          Walk<1> at(inner, {inner_strides});
          for (int64_t i = 0; i < length; ++i, at.next()) sum += f(double(x.as<T>()[row.offset(0) + at.offset(0)]));
          return sum;
        };
        double mean = center ? sum_over([](double v) { return v; }) / double(length) : 0;
        double variance = sum_over([&](double v) { return (v - mean) * (v - mean); }) / double(length);
        double factor = 1 / std::sqrt(variance + epsilon);
        Walk<1> at(inner, {inner_strides});
        for (int64_t i = 0; i < length; ++i, at.next()) {
          int64_t place = row.offset(0) + at.offset(0);
          double y = (double(x.as<T>()[place]) - mean) * factor;
          for (size_t k = 1; k < in.size(); ++k) {
            Extents strides = broadcast_strides(in[k].extents, x.extents);
            int64_t from = 0;
            for (int d = 0; d < x.rank(); ++d) from += place / all[d] % x[d] * strides[d];
            double number = double(in[k].as<T>()[from]);
            y = k == 1 ? y * number : y + number;
          }
          out[0].as<T>()[place] = T(y);
        }
      }
    }
  });
}

}  // namespace tenon
