// x at the places that a grid names, from -1 to 1 along each axis, last axis first (ONNX GridSample 22;
// IGridSampleLayer). Operands: x [N,C,D1…Dr] and grid [N,…,r], whose middle axes are those of the result.
#pragma once
#include "ir/op.h"

namespace tenon {

enum class SampleMode { linear, nearest, cubic };        // nearest: ties to the even index
enum class SamplePadding { zeros, border, reflection };  // beyond the edge; reflection is about its last element

struct GridSample final : Op {
  OP_TYPE
  SampleMode mode = SampleMode::linear;
  SamplePadding padding = SamplePadding::zeros;
  bool align_corners = false;  // -1 and 1 are the outermost elements' centres, else their outer edges
  void fields(FieldVisitor& v) override;
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
  double work(ConstViews in, Views out) const override;
};

}  // namespace tenon
