// x, where the blocks at whole positions are updates, or combined with them (ONNX ScatterND 18; IScatterLayer).
#pragma once
#include "ops/scatter.h"

namespace tenon {

struct ScatterNd final : Op {
  OP_TYPE
  ScatterKind reduction = ScatterKind::none;
  ScatterNd() = default;
  explicit ScatterNd(ScatterKind r) : reduction(r) {}
  void fields(FieldVisitor& v) override { v("reduction", reduction, scatter_kind_names); }
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
};

}  // namespace tenon
