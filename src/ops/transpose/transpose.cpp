#include "ops/transpose/transpose.h"

#include "base/dispatch.h"

namespace tenon {

OP(Transpose, transpose)

std::vector<int> Transpose::axes_of_x(int rank) const {
  std::vector<int> from;
  for (int i = 0; i < rank; ++i)
    from.push_back(permutation.empty() ? rank - 1 - i : axis_of(permutation[size_t(i)], rank));
  return from;
}

Types Transpose::infer(const Inputs& in) const {
  in.check_count(1, 1);
  int rank = in[0].rank();
  check(permutation.empty() || int(permutation.size()) == rank, "the permutation has ", permutation.size(),
        " axes, x has rank ", rank);
  axes_of(permutation, rank);  // each once
  TensorType y{in[0].element, {}};
  for (int axis : axes_of_x(rank)) y.shape.push_back(in[0].shape[size_t(axis)]);
  return {y};
}

void Transpose::evaluate(ConstViews in, Views out) const {
  Extents from = strides_of(in[0].extents), strides = out[0].extents;
  std::vector<int> axes = axes_of_x(in[0].rank());
  for (int i = 0; i < strides.rank; ++i) strides[i] = from[axes[size_t(i)]];
  Walk<1> walk(out[0].extents, {strides});
  int64_t count = out[0].count();
  dispatch_size(in[0].element, [&]<class T>() {
    for (int64_t i = 0; i < count; ++i, walk.next()) out[0].as<T>()[i] = in[0].as<T>()[walk.offset(0)];
  });
}

}  // namespace tenon
