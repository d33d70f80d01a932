#include "ops/scatter_nd/scatter_nd.h"

#include "ops/copy.h"
#include "ops/indices.h"
#include "ops/known.h"

namespace tenon {

OP(ScatterNd, scatter_nd)

Types ScatterNd::infer(const Inputs& in) const {
  check_scatter(reduction, in);
  in.check_element(1, index_types, "the indices");
  const Shape &x = in[0].shape, &indices = in[1].shape;
  check(!indices.empty(), "the indices are a scalar");
  check(indices.back().known(), ErrorId::not_known, "how many axes the indices ", in[1],
        " address is not known until run time");
  int64_t depth = indices.back().value();
  check(0 <= depth && depth <= in[0].rank(), "the indices ", in[1], " address ", depth, " axes of ", in[0]);
  Shape expected(indices.begin(), indices.end() - 1);
  expected.insert(expected.end(), x.begin() + long(depth), x.end());
  check(expected.size() == in[2].shape.size(), "the updates are ", in[2], ", expected ", expected);
  for (size_t d = 0; d < expected.size(); ++d)
    check_same_extent(expected[d], in[2].shape[d], "the updates", in[2].shape, expected);
  return {in[0]};
}

void ScatterNd::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  copy_elements(in[0], out[0]);
  const ConstView &x = in[0], &indices = in[1];
  int depth = int(indices[indices.rank() - 1]);
  int64_t rows = indices.extents.count_between(0, indices.rank() - 1);
  int64_t block = x.extents.count_between(depth, x.rank());
  dispatch(x.element, [&]<class T>() {
    for (int64_t r = 0; r < rows; ++r) {
      int64_t to = 0;
      for (int d = 0; d < depth; ++d) to = to * x[d] + index_at(indices, r * depth + d, x[d]);
      for (int64_t i = 0; i < block; ++i)
        scatter_into(reduction, out[0].as<T>()[to * block + i], in[2].as<T>()[r * block + i]);
    }
  });
}

}  // namespace tenon
