// One row of a depthwise convolution of bytes, channels innermost, as sums in i32.
#pragma once
#include <cstddef>
#include <cstdint>

namespace tenon {

// to[o][c] = start[c] + sum over the window's taps of x * weight; where the window hangs over an edge, x is `zero`.
struct ByteDepthwise {
  const std::byte* const* rows;  // one for each tap along the height: where x begins there, or null in the padding
  bool is_signed;                // elements are i8, else u8
  int32_t zero;
  const int32_t* weights;  // [taps along height][taps along width][channels], each a number of 16 bits
  const int32_t* start;    // [channels]
  int32_t* to;             // [y_width][channels]
  int64_t channels;
  int64_t height_taps, width_taps, x_width, y_width, stride, dilation, pad;
};

template <int N>
void depthwise_bytes(const ByteDepthwise& row);
extern template void depthwise_bytes<4>(const ByteDepthwise&);
extern template void depthwise_bytes<8>(const ByteDepthwise&);
extern template void depthwise_bytes<16>(const ByteDepthwise&);

void depthwise_bytes_vnni(const ByteDepthwise& row);

}  // namespace tenon
