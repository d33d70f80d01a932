// f32 to and from the half types, rounded to nearest even, as base/half.h does it; signalling NaNs become
// quiet.
#pragma once
#include <cstdint>

namespace tenon {

template <int N>
void widen_halves(const void* x, void* y, int64_t count);
template <int N>
void narrow_to_halves(const void* x, void* y, int64_t count);
template <int N>
void widen_bfloats(const void* x, void* y, int64_t count);
template <int N>
void narrow_to_bfloats(const void* x, void* y, int64_t count);

#define TENON_CONVERT_FLOATS(extern, N)                                  \
  extern template void widen_halves<N>(const void*, void*, int64_t);     \
  extern template void narrow_to_halves<N>(const void*, void*, int64_t); \
  extern template void widen_bfloats<N>(const void*, void*, int64_t);    \
  extern template void narrow_to_bfloats<N>(const void*, void*, int64_t);
TENON_CONVERT_FLOATS(extern, 4)
TENON_CONVERT_FLOATS(extern, 8)
TENON_CONVERT_FLOATS(extern, 16)

}  // namespace tenon
