// Transpose, reshape, transpose: IShuffleLayer as one operator. Any of the three may be left out.
#pragma once
#include "ops/reshape/reshape.h"
#include "ops/transpose/transpose.h"

namespace tenon {

// Operands: x, and the target shape where `from_operand` says so. In the target, 0 copies an extent of the transposed
// input unless `allow_zero`, and -1 takes what is left.
struct Shuffle final : Op {
  OP_TYPE
  std::vector<int64_t> first, second;  // permutations; empty: none
  Shape shape;
  bool reshapes = false, from_operand = false, allow_zero = false;
  void fields(FieldVisitor& v) override;
  Types infer(const Inputs& in) const override;
  std::optional<Contents> contents(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;

 private:
  TensorType transposed(const TensorType& x, const std::vector<int64_t>& permutation) const;
};

}  // namespace tenon
