// An expression's instructions with the functions that compute them; some take over what stands before them.
#pragma once
#include <array>
#include <optional>
#include <vector>

#include "kernels/cpu/pointwise_functions.h"

namespace tenon {

struct PointwiseAction {
  PointwiseFunction function = nullptr;     // null: an input, or a number
  std::array<int, 3> operands{-1, -1, -1};  // earlier instructions
  std::optional<Scalar> known;
  double element_ns = 0;  // what an element costs one thread, about, beside memory
};

// One for each instruction of `e`; what nobody needs has no function. `known[i]`: the number that input i is.
std::vector<PointwiseAction> pointwise_actions(const Expression& e, std::span<const std::optional<Scalar>> known);

}  // namespace tenon
