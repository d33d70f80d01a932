// One number for each row along `axes` (all axes if none are listed), by `kind` (ONNX Reduce… 18; nvinfer1
// IReduceLayer).
#pragma once
#include "ir/op.h"

namespace tenon {

enum class ReduceKind { sum, mean, prod, max, min, l1, l2, log_sum, log_sum_exp, sum_square };

// Of no elements: sum 0, prod 1, max the lowest, min the highest, mean NaN. NaN wins in max and min.
struct Reduce final : Op {
  OP_TYPE
  ReduceKind kind = ReduceKind::sum;
  std::vector<int64_t> axes;
  bool keep_dims = true;
  Reduce() = default;
  Reduce(ReduceKind k, std::vector<int64_t> a, bool keep = true) : kind(k), axes(std::move(a)), keep_dims(keep) {}
  void fields(FieldVisitor& v) override;
  Types infer(const Inputs& in) const override;
  std::optional<Contents> contents(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
  std::vector<bool> reduced(int rank) const;  // by axis of x
};

}  // namespace tenon
