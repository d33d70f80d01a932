#pragma once
#include "regions/panels/problem.h"

namespace tenon {

std::unique_ptr<Kernel> prepare_panels(const PanelProblem& problem, const Offer& offer, const Target& target);
int64_t panel_columns(int64_t columns);  // of so many, those that are computed

}  // namespace tenon
