// The extents of x from axis `start` to before `end`, as i64 (ONNX Shape 21). Known to inference even where symbolic.
#pragma once
#include "ir/op.h"

namespace tenon {

struct ShapeOf final : Op {
  OP_TYPE
  int64_t start = 0, end = INT64_MAX;
  ShapeOf() = default;
  ShapeOf(int64_t s, int64_t e) : start(s), end(e) {}
  void fields(FieldVisitor& v) override {
    v("start", start, int64_t(0));
    v("end", end, INT64_MAX);
  }
  Types infer(const Inputs& in) const override;
  std::optional<Contents> contents(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
  std::pair<int, int> axes(int rank) const;  // the first, and the one behind the last
};

}  // namespace tenon
