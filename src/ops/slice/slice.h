// y[i] = x[start + i * step] along each of the listed axes (ONNX Slice 13): numpy's slices, clamped.
// Operands: x, starts, ends, and axes and steps where the fields say so.
#pragma once
#include "ir/op.h"

namespace tenon {

struct Slice final : Op {
  OP_TYPE
  bool with_axes = false,
       with_steps = false;  // there are operands for them; otherwise all leading axes, and steps of 1
  void fields(FieldVisitor& v) override {
    v("with_axes", with_axes, false);
    v("with_steps", with_steps, false);
  }
  Types infer(const Inputs& in) const override;
  std::optional<Contents> contents(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;

  // Where y's elements lie in x: the first one, and the steps along each axis, in elements. Allocates nothing.
  struct Place {
    int64_t first;
    Extents steps;
  };
  Place place(ConstViews in, const Extents& y, const Extents& strides) const;  // y has elements; strides are x's
};

}  // namespace tenon
