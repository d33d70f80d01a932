#include "ops/lrn/lrn.h"

#include <cmath>

#include "base/dispatch.h"
#include "ops/known.h"

namespace tenon {

OP(Lrn, lrn)

Types Lrn::infer(const Inputs& in) const {
  in.check_count(1, 1);
  in.check_element(0, float_types, "x");
  check(in[0].rank() >= 2, "x is ", in[0], ", expected [N,C,…]");
  check(size >= 1, "size is ", size, ", the least is 1");
  return {in[0]};
}

// Channels from c - floor((size - 1) / 2) to c + ceil((size - 1) / 2).
void Lrn::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  int64_t channels = in[0][1], plane = in[0].extents.count_between(2, in[0].rank());
  int64_t before = std::min((size - 1) / 2, channels), behind = std::min(size / 2, channels);
  dispatch(in[0].element, [&]<class T>() {
    if constexpr (is_float<T>)
      for (int64_t i = 0, count = in[0].count(); i < count; ++i) {
        int64_t c = i / plane % channels, first = std::max<int64_t>(0, c - before);
        int64_t last = std::min(channels - 1, c + behind);
        double sum = 0;
        for (int64_t k = first; k <= last; ++k) {
          double x(in[0].as<T>()[i + (k - c) * plane]);
          sum += x * x;
        }
        out[0].as<T>()[i] = T(double(in[0].as<T>()[i]) / std::pow(bias + alpha / double(size) * sum, beta));
      }
  });
}

}  // namespace tenon
