// Inference once more when numbers are there: what was assumed of symbols may not hold for the extents bound to them.
#pragma once
#include "ir/op.h"

namespace tenon {

// What infer gets to see of operands that lie in memory.
class KnownInputs {
 public:
  explicit KnownInputs(ConstViews in);
  Inputs inputs() const { return Inputs(operands_); }

 private:
  std::vector<Type> types_;
  std::vector<std::optional<Contents>> contents_;
  std::vector<Inputs::Operand> operands_;
};

// Reference kernels call it first: afterwards their operands agree and their results have the room that they need.
void check_extents(const Op& op, ConstViews in, Views out);

}  // namespace tenon
