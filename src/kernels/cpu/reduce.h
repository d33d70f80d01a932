// Sums and extremes of floats along one axis: of dense rows, or of columns that lie side by side. Partial results are
// gathered in blocks of a fixed length, so that long sums stay accurate and never depend on who computes them.
#pragma once
#include <cstdint>

namespace tenon {

enum class Reduction { sum, max, min, l1, sum_square };

// y[j] = over i < length of x[i * step + j], for j < lanes; `lanes` of about 64 keep everything in registers.
template <int N>
void reduce_columns(Reduction kind, const float* x, int64_t length, int64_t step, float* y, int64_t lanes);
extern template void reduce_columns<4>(Reduction, const float*, int64_t, int64_t, float*, int64_t);
extern template void reduce_columns<8>(Reduction, const float*, int64_t, int64_t, float*, int64_t);
extern template void reduce_columns<16>(Reduction, const float*, int64_t, int64_t, float*, int64_t);

template <int N>
float reduce_row(Reduction kind, const float* x, int64_t length);
extern template float reduce_row<4>(Reduction, const float*, int64_t);
extern template float reduce_row<8>(Reduction, const float*, int64_t);
extern template float reduce_row<16>(Reduction, const float*, int64_t);

}  // namespace tenon
