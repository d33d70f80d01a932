#include "ops/gather_nd/gather_nd.h"

#include <cstring>

#include "ops/indices.h"
#include "ops/known.h"

namespace tenon {

OP(GatherNd, gather_nd)

Types GatherNd::infer(const Inputs& in) const {
  in.check_count(2, 2);
  in.check_element(0, plain_types, "x");
  in.check_element(1, index_types, "the indices");
  const Shape &x = in[0].shape, &indices = in[1].shape;
  check(!indices.empty(), "the indices are a scalar");
  check(0 <= batch_dims && batch_dims < in[1].rank() && batch_dims < in[0].rank(), "batch_dims is ", batch_dims,
        " for x ", in[0], " and indices ", in[1]);
  size_t batch = size_t(batch_dims);
  for (size_t d = 0; d < batch; ++d) check_same_extent(indices[d], x[d], "the indices", indices, x);
  check(indices.back().known(), ErrorId::not_known, "how many axes the indices ", in[1],
        " address is not known until run time");
  int64_t depth = indices.back().value();
  check(0 <= depth && depth <= in[0].rank() - batch_dims, "the indices ", in[1], " address ", depth, " axes of ", in[0],
        " beyond ", batch_dims);
  TensorType y{in[0].element, {indices.begin(), indices.end() - 1}};
  y.shape.insert(y.shape.end(), x.begin() + long(batch) + long(depth), x.end());
  return {y};
}

void GatherNd::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  const ConstView &x = in[0], &indices = in[1];
  int batch = int(batch_dims), depth = int(indices[indices.rank() - 1]);
  int64_t batches = x.extents.count_between(0, batch);
  int64_t rows = indices.extents.count_between(batch, indices.rank() - 1);
  int64_t block = x.extents.count_between(batch + depth, x.rank()) * size_bytes(x.element);
  int64_t whole = x.extents.count_between(batch, x.rank()) * size_bytes(x.element), next = 0;
  std::byte* to = out[0].as<std::byte>();
  for (int64_t b = 0; b < batches; ++b)
    for (int64_t r = 0; r < rows; ++r, to += block) {
      int64_t from = 0;
      for (int d = 0; d < depth; ++d) from = from * x[batch + d] + index_at(indices, next++, x[batch + d]);
      if (block > 0) std::memcpy(to, x.as<std::byte>() + b * whole + from * block, size_t(block));
    }
}

}  // namespace tenon
