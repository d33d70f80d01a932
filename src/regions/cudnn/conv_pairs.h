// Convolutions whose operands are sums of two parts each, on tensor cores (docs/decisions/0014).
#pragma once
#include "regions/cudnn/conv_plan.h"
#include "select/offer.h"

namespace tenon::cudnn {

// Reads x as f32 with channels last and packs the filter; writes, and reads bias and residual, as `setup.format` says.
// Its element is that of the parts: halves, or floats of no more digits than TF32 has.
std::unique_ptr<Kernel> conv_of_pairs(Device& device, ConvSetup setup, const Tensor& filter);
// What cuDNN sees of x or of the filter.
Extents pair_extents(const Extents& with_channels, ElementType part);

}  // namespace tenon::cudnn
