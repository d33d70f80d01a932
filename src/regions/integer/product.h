// The kernels of the region.
#pragma once
#include "regions/integer/tail.h"

namespace tenon {

std::unique_ptr<Kernel> prepare_integer_product(const Integers& region, const Offer& offer, const Target& target);
std::unique_ptr<Kernel> prepare_integer_depthwise(const Integers& region, const Offer& offer, const Target& target);

// Multiply-adds that this machine does in the time of one of f32.
double integer_speedup();

}  // namespace tenon
