#include "ops/softmax/softmax.h"

#include <cmath>

#include "base/dispatch.h"

namespace tenon {

OP(Softmax, softmax)

Types Softmax::infer(const Inputs& in) const {
  in.check_count(1, 1);
  in.check_element(0, float_types, "x");
  axis_of(axis, in[0].rank());
  return {in[0]};
}

void Softmax::evaluate(ConstViews in, Views out) const {
  int along = axis_of(axis, in[0].rank());
  int64_t length = in[0][along], step = in[0].extents.count_between(along + 1, in[0].rank());
  int64_t outer = in[0].extents.count_between(0, along);
  dispatch(in[0].element, [&]<class T>() {
    if constexpr (is_float<T>)
      for (int64_t row = 0; row < outer * step; ++row) {
        int64_t first = row / step * step * length + row % step;
        const T* x = in[0].as<T>() + first;
        T* y = out[0].as<T>() + first;
        double largest = -INFINITY, sum = 0;
        for (int64_t k = 0; k < length; ++k) {
          double v = double(x[k * step]);
          largest = std::isnan(v) || v > largest ? v : largest;
        }
        for (int64_t k = 0; k < length; ++k) sum += std::exp(double(x[k * step]) - largest);
        for (int64_t k = 0; k < length; ++k) {
          double shifted = double(x[k * step]) - largest;
          y[k * step] = T(log ? shifted - std::log(sum) : std::exp(shifted) / sum);
        }
      }
  });
}

}  // namespace tenon
