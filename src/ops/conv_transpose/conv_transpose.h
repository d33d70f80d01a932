// The gradient of a convolution: every element of x adds a scaled window of w to y (ONNX ConvTranspose 22;
// IDeconvolutionLayer).
#pragma once
#include "ops/window.h"

namespace tenon {

// Operands: x [N,C,1 to 3 spatial axes], w [C,M/groups,…], maybe b [M]. y has (x - 1) * stride + the window's reach
// + output_padding - pads elements along an axis. Padding is explicit: there is nothing else to choose from.
struct ConvTranspose final : Op, Window {
  OP_TYPE
  int64_t groups = 1;
  std::vector<int64_t> output_padding;  // at the end of each axis; empty: 0
  void fields(FieldVisitor& v) override;
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
  double work(ConstViews in, Views out) const override;
};

}  // namespace tenon
