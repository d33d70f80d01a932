// Where the largest element of every window of x stands, counted through the whole of x (ONNX MaxPool 22, Indices).
#pragma once
#include "ops/window.h"

namespace tenon {

// Operand: x [N,C,as many spatial axes as `window` has extents]. Of equal elements the first counts, the first NaN
// wins; -1 stands for a window that meets nothing but padding.
struct PoolArgmax final : Op, Window {
  OP_TYPE
  std::vector<int64_t> window;
  bool column_major = false;  // within a plane, the first spatial axis varies fastest
  PoolArgmax() = default;
  PoolArgmax(std::vector<int64_t> extents, const Window& slides) : Window(slides), window(std::move(extents)) {}
  void fields(FieldVisitor& v) override;
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
  double work(ConstViews in, Views out) const override;
};

}  // namespace tenon
