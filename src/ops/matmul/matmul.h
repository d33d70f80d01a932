// The matrix product of the last two axes, the others broadcast: numpy.matmul, of operands transposed where asked.
#pragma once
#include "ir/op.h"

namespace tenon {

// An operand of rank 1 is a row (a) or a column (b) and leaves no axis in the result. Integers wrap.
struct MatMul final : Op {
  OP_TYPE
  bool transpose_a = false, transpose_b = false;  // the last two axes swapped
  MatMul() = default;
  MatMul(bool ta, bool tb) : transpose_a(ta), transpose_b(tb) {}
  void fields(FieldVisitor& v) override {
    v("transpose_a", transpose_a, false);
    v("transpose_b", transpose_b, false);
  }
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
  double work(ConstViews in, Views out) const override;
};

}  // namespace tenon
