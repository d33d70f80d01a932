// y = exp(x - max x) / sum exp(x - max x) for dense rows of floats; `log`: its logarithm.
#pragma once
#include <cstdint>

namespace tenon {

template <int N>
void softmax_row(const float* x, float* y, int64_t length, bool log);
extern template void softmax_row<4>(const float*, float*, int64_t, bool);
extern template void softmax_row<8>(const float*, float*, int64_t, bool);
extern template void softmax_row<16>(const float*, float*, int64_t, bool);

}  // namespace tenon
