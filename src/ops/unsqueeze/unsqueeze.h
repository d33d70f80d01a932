// The same elements with axes of extent 1 put in, so that they are the listed ones of the result (ONNX Unsqueeze 21).
#pragma once
#include "ir/op.h"

namespace tenon {

struct Unsqueeze final : Op {
  OP_TYPE
  std::vector<int64_t> axes;
  Unsqueeze() = default;
  explicit Unsqueeze(std::vector<int64_t> a) : axes(std::move(a)) {}
  void fields(FieldVisitor& v) override { v("axes", axes, std::vector<int64_t>()); }
  Types infer(const Inputs& in) const override;
  std::optional<Contents> contents(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
};

}  // namespace tenon
