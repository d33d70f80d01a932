// Blocks put back where they were cut from an image, overlaps added up (ONNX Col2Im 18; torch.nn.Fold).
#pragma once
#include "ops/window.h"

namespace tenon {

// Operands: x [N, C * elements of a block, blocks], the image's spatial extents and a block's, both known lists.
struct Col2Im final : Op, Window {
  OP_TYPE
  void fields(FieldVisitor& v) override { window_fields(v); }
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
};

}  // namespace tenon
