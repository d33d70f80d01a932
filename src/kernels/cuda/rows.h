// Reductions, softmax, normalization: one block of threads a row, in an order of addition that depends on its length
// alone.
#pragma once
#include <string>
#include <vector>

#include "base/extents.h"
#include "kernels/cuda/text.h"

namespace tenon::cuda {

constexpr unsigned row_threads = 256;

// Rows are the positions along `kept` axes; a row's elements, those along `reduced` ones. In elements.
struct RowArguments {
  long long rows = 1, length = 1, kept_rank = 0, reduced_rank = 0;
  long long kept_extent[Extents::max_rank] = {}, kept_stride_x[Extents::max_rank] = {},
            kept_stride_y[Extents::max_rank] = {};
  long long reduced_extent[Extents::max_rank] = {}, reduced_stride_x[Extents::max_rank] = {},
            reduced_stride_y[Extents::max_rank] = {};
};

// `along`: which axes of x a row's elements lie along. `same_shape`: y has all of x's axes, else only those kept, or
// extents of 1 in place of the others.
RowArguments row_arguments(const Extents& x, const std::vector<bool>& along, bool same_shape);
// The same for any steps along the axes of `extents`; neighbouring axes are merged where all memory allows it.
RowArguments row_arguments(const Extents& extents, const std::vector<bool>& along, const Extents& steps_x,
                           const Extents& steps_y);
unsigned row_blocks(const RowArguments& a);  // kernels walk on by the grid's width

enum class RowKind { sum, mean, prod, max, min, l1, l2, log_sum, log_sum_exp, sum_square };

// Kernel `reduce(RowArguments, x, y)`: one number a row.
std::string reduce_source(RowKind kind, ElementType in, ElementType out);
// Kernel `softmax(RowArguments, x, y)`: as many numbers as there are.
std::string softmax_source(bool log, ElementType in, ElementType out);
// Kernel `arg(RowArguments, x, long long* y)`: where the largest (smallest) element of a row stands, the first of equal
// ones or the last. NaN counts as both.
std::string arg_source(bool largest, bool last, ElementType in);
// Kernel `normalize(RowArguments, RowArguments, epsilon, x, scale, bias, y)`: (x - mean) / sqrt(variance + epsilon)
// * scale + bias; without `center`, the mean counts as 0. The second arguments say where scale and bias lie, as if
// they were x and y; either may be null.
std::string normalize_source(bool center, ElementType in, ElementType out);

}  // namespace tenon::cuda
