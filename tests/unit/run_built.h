// A graph built and run once, as tests want it.
#pragma once
#include <string>

#include "ir/graph.h"

namespace tenon {

using Values = std::vector<Weights>;

// `plans`: those to take over, where there are any, and afterwards those that were made.
Values run_built(Graph graph, const Values& inputs, bool optimize, std::string* plans = nullptr);

// Floats within a few rounding errors of their type, everything else exactly.
void expect_near(const Tensor& found, const Tensor& expected);

}  // namespace tenon
