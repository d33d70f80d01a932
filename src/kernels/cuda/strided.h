// One value an output position, from operands at any strides: pointwise clusters, changes of layout, moves.
#pragma once
#include "base/extents.h"
#include "kernels/cuda/text.h"

namespace tenon::cuda {

constexpr int max_strided_operands = 8;

// What the kernels `strided32` and `strided64` take as their first parameter; axes are merged where memory allows it.
struct StridedArguments {
  long long count = 0;
  long long rank = 0;
  long long extent[Extents::max_rank] = {};
  long long stride[max_strided_operands + 1][Extents::max_rank] = {};  // of operands, then of the result, in elements

  bool dense(int operands) const;        // one axis, along which everything lies side by side or stays
  unsigned scalars(int operands) const;  // dense: bit i says that operand i stays
};
// `strides`: of every operand and then of the result, along the logical axes of `extents`.
StridedArguments strided_arguments(const Extents& extents, std::span<const Extents> strides);

// Kernels strided32, strided64 (which count positions in so many bits) and dense (16 bytes at once).
std::string strided_source(const Expression& e, std::span<const ElementType> stored_in, ElementType stored_out);
int dense_width(std::span<const ElementType> stored_in, ElementType stored_out);  // elements that one thread takes

}  // namespace tenon::cuda
