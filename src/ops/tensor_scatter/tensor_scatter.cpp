#include "ops/tensor_scatter/tensor_scatter.h"

#include "base/dispatch.h"
#include "ops/copy.h"
#include "ops/indices.h"
#include "ops/known.h"

namespace tenon {

OP(TensorScatter, tensor_scatter)

Types TensorScatter::infer(const Inputs& in) const {
  in.check_count(2, 3);
  in.check_element(0, plain_types, "the cache");
  in.check_same_element(0, 1);
  check(in[0].rank() >= 2 && in[1].rank() == in[0].rank(), "the cache is ", in[0], ", the update ", in[1],
        "; expected one rank of 2 or more");
  int along = axis_of(axis, in[0].rank());
  check(along > 0, "axis ", axis, " of ", in[0], " is that of the batch");
  for (int d = 0; d < in[0].rank(); ++d) {
    const Dim &there = in[0].shape[size_t(d)], &given = in[1].shape[size_t(d)];
    if (d != along) check_same_extent(there, given, "the update", in[1].shape, in[0].shape);
    else
      check(!there.known() || !given.known() || given.value() <= there.value(), "the update ", in[1],
            " is longer than the cache ", in[0]);
  }
  if (in.size() == 3) {
    in.check_element(2, index_types, "the places");
    check(in[2].rank() == 1, "the places are ", in[2], ", expected a list");
    check_same_extent(in[2].shape[0], in[0].shape[0], "the list of places", in[2].shape, {in[0].shape[0]});
  }
  return {in[0]};
}

int64_t TensorScatter::place(ConstViews in, int64_t b) const {
  int along = axis_of(axis, in[0].rank());
  int64_t room = in[0][along], length = in[1][along], place = in.size() == 3 ? integer_at(in[2], b) : 0;
  check(place >= 0 && (circular ? length <= room : length <= room && place <= room - length), "batch ", b, "'s ",
        length, " new elements at ", place, " do not fit into a cache of ", room);
  return circular && room ? place % room : place;
}

void TensorScatter::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  if (out[0].data != in[0].data) copy_elements(in[0], out[0]);
  const ConstView& update = in[1];
  int along = axis_of(axis, update.rank());
  int64_t room = in[0][along], length = update[along];
  int64_t heads = update.extents.count_between(1, along), row = update.extents.count_between(along + 1, update.rank());
  dispatch_size(update.element, [&]<class T>() {
    for (int64_t b = 0; b < update[0]; ++b) {
      int64_t first = place(in, b);
      for (int64_t h = 0; h < heads; ++h)
        for (int64_t i = 0; i < length; ++i)
          for (int64_t k = 0; k < row; ++k)
            out[0].as<T>()[((b * heads + h) * room + (first + i) % room) * row + k] =
                update.as<T>()[((b * heads + h) * length + i) * row + k];
    }
  });
}

}  // namespace tenon
