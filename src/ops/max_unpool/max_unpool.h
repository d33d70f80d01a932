// x put back where a maximum was taken from, zeros elsewhere (ONNX MaxUnpool 22).
#pragma once
#include "ops/window.h"

namespace tenon {

// Operands: x [N,C,spatial axes]; for each element its place in y, counted through all of y; with `with_shape` the
// shape of y. Otherwise y has (x - 1) * stride + window - pads elements along an axis. Of two at one place the last one
// counts.
struct MaxUnpool final : Op, Window {
  OP_TYPE
  std::vector<int64_t> window;
  bool with_shape = false;
  void fields(FieldVisitor& v) override;
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
};

}  // namespace tenon
