#include "ops/topk/topk.h"

#include <algorithm>
#include <numeric>

#include "base/dispatch.h"
#include "ops/known.h"
#include "ops/known_list.h"

namespace tenon {

OP(TopK, topk)

Types TopK::infer(const Inputs& in) const {
  in.check_count(2, 2);
  in.check_element(0, number_types, "x");
  size_t along = size_t(axis_of(axis, in[0].rank()));
  Contents k = known_list(in, 1, "k");
  check(k.size() == 1, "k is ", in[1], ", expected one number");
  const Dim& extent = in[0].shape[along];
  check(!k[0].known() || k[0].value() >= 0, "k is ", k[0]);
  check(!k[0].known() || !extent.known() || k[0].value() <= extent.value(), "k is ", k[0], ", axis ", axis, " of ",
        in[0], " has ", extent, " elements");
  TensorType values = in[0], positions{ElementType::i64, in[0].shape};
  values.shape[along] = positions.shape[along] = k[0];
  return {values, positions};
}

void TopK::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  const ConstView& x = in[0];
  int along = axis_of(axis, x.rank());
  int64_t length = x[along], k = out[0][along], step = x.extents.count_between(along + 1, x.rank());
  int64_t rows = x.extents.count_between(0, along) * step;
  std::vector<int64_t> order(static_cast<size_t>(length));
  dispatch(x.element, [&]<class T>() {
    for (int64_t row = 0; row < rows; ++row) {
      const T* from = x.as<T>() + row / step * step * length + row % step;
      auto before = [&](int64_t i, int64_t j) {
        Wide<T> a(from[i * step]), b(from[j * step]);
        if (!largest) std::swap(a, b);
        bool more = a != a ? b == b : a > b, less = b != b ? a == a : b > a;
        return more || (!less && i < j);
      };
      std::iota(order.begin(), order.end(), 0);
      std::partial_sort(order.begin(), order.begin() + k, order.end(), before);
      int64_t first = row / step * step * k + row % step;
      for (int64_t i = 0; i < k; ++i) {
        out[0].as<T>()[first + i * step] = from[order[size_t(i)] * step];
        out[1].as<int64_t>()[first + i * step] = order[size_t(i)];
      }
    }
  });
}

}  // namespace tenon
