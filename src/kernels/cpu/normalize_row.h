// y = (x - mean) / sqrt(variance + epsilon) * scale + bias of one dense row; two passes, for x may lie far from 0.
#pragma once
#include <cstdint>

namespace tenon {

// Null: no scale, no bias. Without `center`: x / sqrt(mean of squares + epsilon).
template <int N>
void normalize_row(const float* x, float* y, int64_t length, const float* scale, const float* bias, float epsilon,
                   bool center);
extern template void normalize_row<4>(const float*, float*, int64_t, const float*, const float*, float, bool);
extern template void normalize_row<8>(const float*, float*, int64_t, const float*, const float*, float, bool);
extern template void normalize_row<16>(const float*, float*, int64_t, const float*, const float*, float, bool);

}  // namespace tenon
