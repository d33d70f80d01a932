// The groups of rules that pipeline.cpp names.
#pragma once
#include "optimizer/rewriter.h"

namespace tenon {

extern const Rules spread_scales, fold_constants, cancel_moves, cancel_casts, recognize_norms, recognize_activations,
    fold_pads, fold_into_conv, fold_into_matmul;

}  // namespace tenon
