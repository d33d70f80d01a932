// The p-norm of every window: (sum |x|^p)^(1/p) over those elements that lie in the input (ONNX LpPool 22).
#pragma once
#include "ops/window.h"

namespace tenon {

// Operand: x [N,C,as many spatial axes as `window` has extents].
struct LpPool final : Op, Window {
  OP_TYPE
  std::vector<int64_t> window;
  int64_t p = 2;
  LpPool() = default;
  explicit LpPool(std::vector<int64_t> w) : window(std::move(w)) {}
  void fields(FieldVisitor& v) override;
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
  double work(ConstViews in, Views out) const override;
};

}  // namespace tenon
