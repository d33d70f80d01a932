// Classes drawn with the probabilities softmax(x) of each row, `samples` of them (ONNX Multinomial 22). x
// [batch,classes] are logarithms of probabilities, up to a factor. The same fields draw the same numbers, see random.
#pragma once
#include "ir/op.h"

namespace tenon {

struct Multinomial final : Op {
  OP_TYPE
  int64_t samples = 1;
  ElementType type = ElementType::i32;
  int64_t seed = 0, stream = 0;
  void fields(FieldVisitor& v) override;
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
};

}  // namespace tenon
