// The same elements without the listed axes of extent 1; all such axes if none are listed (ONNX Squeeze 21).
#pragma once
#include "ir/op.h"

namespace tenon {

struct Squeeze final : Op {
  OP_TYPE
  std::vector<int64_t> axes;
  Squeeze() = default;
  explicit Squeeze(std::vector<int64_t> a) : axes(std::move(a)) {}
  void fields(FieldVisitor& v) override { v("axes", axes, std::vector<int64_t>()); }
  Types infer(const Inputs& in) const override;
  std::optional<Contents> contents(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
};

}  // namespace tenon
