// The discrete Fourier transform along an axis (ONNX DFT 20). The last axis of x holds a real number, or the real and
// the imaginary part of a complex one; so does that of y.
#pragma once
#include "ir/op.h"

namespace tenon {

// Operands: x, the axis, and with `with_length` the transform's length, to which x is cut or extended by zeros.
// One-sided: the forward transform of a real x gives length / 2 + 1 numbers, the inverse takes those and gives a real
// y. The axis has to be known early only where the extent along it changes.
struct Dft final : Op {
  OP_TYPE
  bool inverse = false, one_sided = false, with_length = false;
  void fields(FieldVisitor& v) override;
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
  double work(ConstViews in, Views out) const override;
};

}  // namespace tenon
