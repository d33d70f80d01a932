// Every offer that a graph gets, prepared and run against the reference: each instruction set, one thread and three,
// in place where it may, into poisoned memory with guards behind it.
#pragma once
#include <unordered_map>

#include "text_case.h"

namespace tenon {

void check_offers(const TextCase& c, const std::string& type);

// The same for offers of a device, where tests are asked to use one: device_check.cpp
void check_offers_on_device(const TextCase& c, const std::string& type);

// Parts of both.
using ValuesOf = std::unordered_map<const Value*, Weights>;
ValuesOf reference_values(const Graph& graph, const std::vector<Weights>& inputs, Binding binding);
bool has_late(const Graph& graph);  // nodes of which only a run tells extents or contents
double tolerance_of(const TextCase& c, ElementType e);
void expect_near(const std::byte* found, const Tensor& expected, double tolerance, bool each, bool special);

}  // namespace tenon
