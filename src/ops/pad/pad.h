// x with elements put around it, or where the amounts are negative cut off (ONNX Pad 21).
// Operand 1 are the amounts: those before each axis, then those behind. Operand 2, where there is one, is the constant.
#pragma once
#include "ir/op.h"

namespace tenon {

enum class PadMode { constant, reflect, edge, wrap };

struct Pad final : Op {
  OP_TYPE
  PadMode mode = PadMode::constant;
  std::vector<int64_t> axes;  // that the amounts are of; all if none are listed
  void fields(FieldVisitor& v) override;
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
};

}  // namespace tenon
