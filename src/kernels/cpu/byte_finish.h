// Sums of bytes' products back to bytes: scaled, shifted, divided by a scale, rounded and bounded, as quantizing does.
#pragma once
#include <cstdint>

namespace tenon {

// For each column c: round(((sum * factor[c]) + shift[c]) / scale), ties to even, kept from `low` to `high`, plus
// `zero`. Each operation is rounded to f32 in this order; bounds are whole numbers below 2^9 in magnitude.
struct ByteFinish {
  const float *factor, *shift;
  // factor / scale and shift / scale: they give the same result but near a tie, where the definition decides. Null: it
  // always does. No shift / scale may exceed max_near_shift.
  const float *near_factor, *near_shift;
  float scale, low, high;
  int32_t zero;
};
constexpr float max_near_shift = 1024;

// One row of `columns`; bytes are u8 or i8 as zero and bounds say.
template <int N>
void finish_bytes(const ByteFinish& f, const int32_t* sums, int64_t columns, void* to);
extern template void finish_bytes<4>(const ByteFinish&, const int32_t*, int64_t, void*);
extern template void finish_bytes<8>(const ByteFinish&, const int32_t*, int64_t, void*);
extern template void finish_bytes<16>(const ByteFinish&, const int32_t*, int64_t, void*);

}  // namespace tenon
