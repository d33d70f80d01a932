// y[b, i] = x[b, indices[b, i, 0], …, indices[b, i, K-1]]: blocks by whole positions (ONNX GatherND 13); the first
// `batch_dims` axes go together.
#pragma once
#include "ir/op.h"

namespace tenon {

struct GatherNd final : Op {
  OP_TYPE
  int64_t batch_dims = 0;
  GatherNd() = default;
  explicit GatherNd(int64_t b) : batch_dims(b) {}
  void fields(FieldVisitor& v) override { v("batch_dims", batch_dims, int64_t(0)); }
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
};

}  // namespace tenon
