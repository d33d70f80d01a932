// x, where y[i, indices[i, j, k], k] is updates[i, j, k], or combined with it (ONNX ScatterElements 18; IScatterLayer).
#pragma once
#include "ops/scatter.h"

namespace tenon {

struct ScatterElements final : Op {
  OP_TYPE
  int64_t axis = 0;
  ScatterKind reduction = ScatterKind::none;
  ScatterElements() = default;
  explicit ScatterElements(int64_t a, ScatterKind r = ScatterKind::none) : axis(a), reduction(r) {}
  void fields(FieldVisitor& v) override {
    v("axis", axis);
    v("reduction", reduction, scatter_kind_names);
  }
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
};

}  // namespace tenon
