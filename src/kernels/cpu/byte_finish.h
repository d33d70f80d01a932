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
  bool is_signed;  // the bytes
};
constexpr float max_near_shift = 1024;
constexpr float near_margin = 0x1p-10f;  // of a tie: roundings of numbers below 2 max_near_shift are off by less

// Rows of a matrix, `step` elements apart.
template <class T>
struct RowsOf {
  T* data;
  int64_t step;
};
using Sums = RowsOf<const int32_t>;
using Bytes = RowsOf<const std::byte>;
using BytesOut = RowsOf<std::byte>;

template <int N>
void finish_bytes(const ByteFinish& f, Sums sums, int64_t rows, int64_t columns, BytesOut to);
extern template void finish_bytes<4>(const ByteFinish&, Sums, int64_t, int64_t, BytesOut);
extern template void finish_bytes<8>(const ByteFinish&, Sums, int64_t, int64_t, BytesOut);
extern template void finish_bytes<16>(const ByteFinish&, Sums, int64_t, int64_t, BytesOut);

// round(((a - a_zero) * a_scale + (b - b_zero) * b_scale) / scale), ties to even, kept from `low` to `high`, plus
// `zero`; as above.
struct ByteAdd {
  int32_t a_zero, b_zero;
  float a_scale, b_scale;
  bool a_signed, b_signed;
  float scale, low, high;
  int32_t zero;
  bool is_signed, near;
  float a_near, b_near;

  void set_near() {
    constexpr float farthest = 510;  // a byte from its zero point, with room
    a_near = a_scale / scale, b_near = b_scale / scale;
    near = (std::abs(a_near) + std::abs(b_near)) * farthest <= max_near_shift;
  }
};
template <int N>
void add_bytes(const ByteAdd& f, Bytes a, Bytes b, int64_t rows, int64_t columns, BytesOut to);
extern template void add_bytes<4>(const ByteAdd&, Bytes, Bytes, int64_t, int64_t, BytesOut);
extern template void add_bytes<8>(const ByteAdd&, Bytes, Bytes, int64_t, int64_t, BytesOut);
extern template void add_bytes<16>(const ByteAdd&, Bytes, Bytes, int64_t, int64_t, BytesOut);

}  // namespace tenon
