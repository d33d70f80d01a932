// The groups of rules that pipeline.cpp names.
#pragma once
#include "optimizer/rewriter.h"

namespace tenon {

extern const Rules count_in_bytes;
extern const Rules spread_scales;
extern const Rules fold_constants;
extern const Rules cancel_moves;
extern const Rules cancel_casts;
extern const Rules recognize_norms;
extern const Rules recognize_activations;
extern const Rules fold_pads;
extern const Rules fold_into_conv;
extern const Rules fold_into_matmul;
extern const Rules unfold_conv_transpose;
extern const Rules spread_batch_norm;

}  // namespace tenon
