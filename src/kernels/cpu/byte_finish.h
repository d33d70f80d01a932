// Sums of bytes' products back to bytes: scaled, shifted, divided by a scale, rounded and bounded, as quantizing does.
// And sums of two bytes that stand for numbers.
#pragma once
#include <cmath>
#include <cstddef>
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

// round(((a - a_zero) * a_scale + (b - b_zero) * b_scale) / scale), ties to even, kept from `low` to `high`, plus
// `zero`; as above.
struct ByteAdd {
  int32_t a_zero, b_zero;
  float a_scale, b_scale;
  bool a_signed, b_signed;
  float scale, low, high;
  int32_t zero;
  bool near;
  float a_near, b_near;

  void set_near() {
    constexpr float farthest = 510;  // a byte from its zero point, with room
    a_near = a_scale / scale, b_near = b_scale / scale;
    near = std::abs(a_near) * farthest <= max_near_shift && std::abs(b_near) * farthest <= max_near_shift;
  }
};
template <int N>
void add_bytes(const ByteAdd& f, const std::byte* a, const std::byte* b, int64_t count, std::byte* to);
extern template void add_bytes<4>(const ByteAdd&, const std::byte*, const std::byte*, int64_t, std::byte*);
extern template void add_bytes<8>(const ByteAdd&, const std::byte*, const std::byte*, int64_t, std::byte*);
extern template void add_bytes<16>(const ByteAdd&, const std::byte*, const std::byte*, int64_t, std::byte*);

}  // namespace tenon
