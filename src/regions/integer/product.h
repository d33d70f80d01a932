// The kernels of the region.
#pragma once
#include "regions/integer/tail.h"

namespace tenon {

std::unique_ptr<Kernel> prepare_integer_product(const Integers& region, const Offer& offer, const Target& target);
std::unique_ptr<Kernel> prepare_integer_depthwise(const Integers& region, const Offer& offer, const Target& target);

// quantize(max pool(dequantize(x))) with the same scale and zero point before and after.
struct IntegerPool {
  const Node *before, *pool;
};
const char* match_max_pool(const Node& root,
                           IntegerPool& found);  // null, or why not: root quantizes a pool of that kind
std::unique_ptr<Kernel> prepare_integer_max_pool(const IntegerPool& region);

}  // namespace tenon
