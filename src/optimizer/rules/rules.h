// The groups of rules that pipeline.cpp names.
#pragma once
#include "optimizer/rewriter.h"

namespace tenon {

extern const Rules fold_constants, cancel_moves, cancel_casts, fold_into_conv, fold_pads, recognize_activations,
    recognize_norms;

}  // namespace tenon
