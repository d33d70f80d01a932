// One row of a depthwise convolution, channels innermost, with a bound on the result: the shape of relu and clip.
#pragma once
#include <cstdint>

namespace tenon {

struct DepthwiseRow {
  const float* const* rows;  // one for each tap along the height: where x begins there, or null in the padding
  const float* weights;      // [taps along height][taps along width][channels], channels padded to `channels`
  const float* bias;         // [channels]
  float* y;
  int64_t channels;
  int64_t x_step, y_step;  // from one pixel to the next
  int64_t height_taps, width_taps, x_width, y_width, stride, dilation, pad;
  float low, high;  // y is kept between, NaN stays
  bool silu;        // y / (1 + e^-y) after that
};

template <int N>
void depthwise_row(const DepthwiseRow& row);
extern template void depthwise_row<4>(const DepthwiseRow&);
extern template void depthwise_row<8>(const DepthwiseRow&);
extern template void depthwise_row<16>(const DepthwiseRow&);

}  // namespace tenon
