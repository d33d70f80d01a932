// Reading a tail's expression: sums that are scaled, shifted, bounded and quantized, by numbers known at build; and
// bytes that are added to those and quantized again, as residuals are.
#pragma once
#include "regions/integer/tail.h"

namespace tenon {

// round(bounded(sum * factor + shift) / scale) + zero, within a byte: bounds as those of the rounded quotient.
struct Affine {
  std::vector<float> factor, shift;  // of each column
  float scale, low, high;
  int32_t zero;
  bool is_signed;
  std::optional<ByteAdd> add;  // what comes after, with the side that is b
  int side = -1;
};

// Nothing where the expression is anything else.
std::optional<Affine> read_affine(const Expression& e, const std::vector<std::optional<Scalar>>& known,
                                  const std::vector<IntegerSide>& sides, int64_t columns);

}  // namespace tenon
