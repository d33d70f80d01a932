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
  // factor / scale and shift / scale: they give the same result but within `margin` of a tie, where the definition
  // decides. Null: it always does.
  const float *near_factor, *near_shift;
  float scale, low, high;
  int32_t zero;
  bool is_signed;  // the bytes
  float margin;
};

// How far from a tie roundings can lead: those on the near way, and those of the definition, of magnitudes that add up
// to `magnitudes`, beside a few of the quotient itself, which counts up to 256.
inline float margin_of(double magnitudes) { return float((magnitudes + 3 * 256) * 1.25 * 0x1p-24); }
// The near way's and the definition's products, the shift, and the sum of both.
inline float finish_margin(double largest_shift) { return margin_of(2 * (256 + largest_shift) + largest_shift); }
constexpr float most_margin = 0x1p-9f;    // with more the definition would decide too often
constexpr float most_near_factor = .25f;  // so that no quotient leaves 32 bits

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
  float a_near, b_near, near_shift, margin;  // scales by `scale`, and what zero points make of them

  void set_near() {
    a_near = a_scale / scale, b_near = b_scale / scale;
    double shift = -double(a_zero) * double(a_near) - double(b_zero) * double(b_near);
    near_shift = float(shift);
    margin = margin_of(255 * (2 * double(a_near) + 3 * double(b_near)) + 2 * std::abs(shift));
    near = margin <= most_margin && a_scale >= 0 && b_scale >= 0;
  }
};
template <int N>
void add_bytes(const ByteAdd& f, Bytes a, Bytes b, int64_t rows, int64_t columns, BytesOut to);
extern template void add_bytes<4>(const ByteAdd&, Bytes, Bytes, int64_t, int64_t, BytesOut);
extern template void add_bytes<8>(const ByteAdd&, Bytes, Bytes, int64_t, int64_t, BytesOut);
extern template void add_bytes<16>(const ByteAdd&, Bytes, Bytes, int64_t, int64_t, BytesOut);

}  // namespace tenon
