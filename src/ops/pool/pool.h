// The largest value or the mean of every window (ONNX MaxPool and AveragePool 22); over whole planes, see reduce.
#pragma once
#include "ops/window.h"

namespace tenon {

enum class PoolKind { max, average };

// Operand: x [N,C,as many spatial axes as `window` has extents]. Max: NaN wins; a window that meets nothing but
// padding gives the type's lowest value (-inf for floats). Average: of such a window it is 0.
struct Pool final : Op, Window {
  OP_TYPE
  PoolKind kind = PoolKind::max;
  std::vector<int64_t> window;
  bool count_pads = false;  // average: padding counts as zeros, what `ceil` adds beyond it does not count
  Pool() = default;
  Pool(PoolKind k, std::vector<int64_t> w) : kind(k), window(std::move(w)) {}
  void fields(FieldVisitor& v) override;
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
  double work(ConstViews in, Views out) const override;
};

}  // namespace tenon
