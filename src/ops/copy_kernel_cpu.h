// For operators whose result has their operand's elements in their order, under another shape.
#pragma once
#include "select/node_kernel.h"

namespace tenon {

// Nothing to do where the memory planner lets the result take over its operand's memory; else a copy.
std::string fit_copy(const Node& node, const Target& target, Offer& offer);
std::unique_ptr<Kernel> prepare_copy(const Offer& offer, const Target& target);

}  // namespace tenon
