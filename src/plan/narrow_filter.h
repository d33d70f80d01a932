// Filters stored as halves, rounded so that what one output adds up keeps its total (docs/decisions/0008).
#pragma once
#include "ir/tensor.h"

namespace tenon {

struct Value;

// Of f32 weights that only convolutions or only products multiply by; null for all others, which are rounded to
// nearest.
Weights narrow_filter(const Value& value, const Tensor& weights, ElementType half);

// `rows` sums of `length` elements each: element k of sum r lies at r * row_stride + k * stride.
struct Sums {
  int64_t rows, length, row_stride, stride;
};
// Every element to one of its two neighbours; per sum, of those next to a tie, as many to the farther one as bring the
// sum of all errors within half a step. A sum with an element that is not finite as a half is rounded to nearest.
Weights round_keeping_sums(const Tensor& weights, const Sums& sums, ElementType half);

}  // namespace tenon
