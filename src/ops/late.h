// For operators whose extents a run finds out.
#pragma once
#include "ops/known.h"

namespace tenon {

// The field that names such an extent: one symbol.
inline const Dim& late_extent(const Shape& field, const char* name) {
  check(field.size() == 1 && !field[0].known(), "field ", name, " names the symbol of an extent that is not known yet");
  return field[0];
}

// Reference kernels call it first: afterwards their operands agree, whatever inference assumed of symbols.
inline void check_operands(const Op& op, ConstViews in) { op.infer(KnownInputs(in).inputs()); }

[[noreturn]] inline void needs_late_results() {
  fail(ErrorId::internal, "an operator whose extents are late was evaluated as if they were not");
}

}  // namespace tenon
