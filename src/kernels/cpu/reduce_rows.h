// Sums and extremes of dense floats: of a row, or of each column of a block of rows. The order of additions follows
// from the extents alone: several lanes, and short sums that are then added up.
#pragma once
#include <cstdint>

namespace tenon {

enum class Reduction { sum, sum_of_magnitudes, sum_of_squares, max, min };

// One number for `length` elements of x.
template <int N>
float reduce_row(Reduction kind, const float* x, int64_t length);
// y[c] for `columns` columns of `rows` rows, which are `step` elements apart.
template <int N>
void reduce_columns(Reduction kind, const float* x, int64_t step, int64_t rows, int64_t columns, float* y);

#define TENON_REDUCE_ROWS(extern, N)                                     \
  extern template float reduce_row<N>(Reduction, const float*, int64_t); \
  extern template void reduce_columns<N>(Reduction, const float*, int64_t, int64_t, int64_t, float*);
TENON_REDUCE_ROWS(extern, 4)
TENON_REDUCE_ROWS(extern, 8)
TENON_REDUCE_ROWS(extern, 16)

}  // namespace tenon
