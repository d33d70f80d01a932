// What scales and zero points belong to which elements: the tensor, a position along `axis`, a block along it, or what
// broadcasting says, where they are `spread`.
#pragma once
#include "ir/type.h"
#include "ops/indices.h"

namespace tenon {

struct Grain {
  int64_t axis = 1, block_size = 0;  // no blocks: 0
  bool spread = false;

  static bool is_one(const Shape& shape) { return shape.size() <= 1 && count(shape).is(1); }

  static void check_zero_point(const TensorType& zero, const TensorType& scale) {
    if (is_one(zero.shape) && is_one(scale.shape)) return;
    check(zero.rank() == scale.rank(), "the zero point is ", zero, ", the scale ", scale);
    for (size_t d = 0; d < scale.shape.size(); ++d)
      check_same_extent(zero.shape[d], scale.shape[d], "the zero point", zero.shape, scale.shape);
  }

  // An extent that is not known may be what the scale's is.
  static void check_spread(const Shape& x, const Shape& scale) {
    Shape both = broadcast(x, scale);
    bool fits = both.size() == x.size();
    for (size_t d = 0; fits && d < x.size(); ++d) fits = both[d] == x[d] || !x[d].known();
    check(fits, "the scale has shape ", scale, ", which does not broadcast to ", x);
  }

  void check_scale(const Shape& x, const Shape& scale) const {
    if (spread) return check_spread(x, scale);
    if (is_one(scale)) return;  // one for all
    check(block_size >= 0, "the block size is ", block_size);
    size_t along = size_t(axis_of(axis, int(x.size())));
    if (block_size == 0) {
      check(scale.size() == 1, "the scale has shape ", scale, ", expected one number or one for each position of axis ",
            axis, " of ", x);
      return check_same_extent(scale[0], x[along], "the scale", scale, x);
    }
    check(scale.size() == x.size(), "the scale has shape ", scale, ", expected the rank of ", x);
    for (size_t d = 0; d < x.size(); ++d)
      check_same_extent(scale[d], d == along ? ceil_div(x[d], block_size) : x[d], "the scale", scale, x);
  }

  // The place of the scale for the element at `place`.
  int64_t scale_of(int64_t place, const Extents& x, const Extents& scale) const {
    if (scale.count() == 1 && scale.rank <= 1) return 0;
    int along = spread ? -1 : axis_of(axis, x.rank);
    if (!spread && block_size == 0) return place / x.count_between(along + 1, x.rank) % x[along];
    Extents strides = spread ? broadcast_strides(scale, x) : strides_of(scale);
    int64_t at = 0;
    for (int d = x.rank - 1; d >= 0; --d) {
      at += (d == along ? place % x[d] / block_size : place % x[d]) * strides[d];
      place /= x[d];
    }
    return at;
  }
};

}  // namespace tenon
