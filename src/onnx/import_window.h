// Attributes that convolutions and pools share.
#pragma once
#include "onnx/import.h"
#include "ops/conv/conv.h"

namespace tenon::onnx {

// strides, dilations, pads and auto_pad, for so many spatial axes.
void read_window(NodeImport& n, Window& window, size_t axes);
// All attributes of a convolution with the weights `w`.
Conv read_conv(NodeImport& n, const TensorType& w);
// kernel_shape says what the weights say, or nothing.
void check_kernel_shape(NodeImport& n, const TensorType& w);

}  // namespace tenon::onnx
