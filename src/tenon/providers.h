// Who offers kernels: regions.def as a list. The order is that of explanations and of ties.
#pragma once
#include "select/offer.h"

namespace tenon {

Providers all_providers();
// Those whose names are given, and the reference, which makes every cover possible; all if none is given.
Providers providers_named(const std::vector<std::string>& names);
Target cpu_target(
    int threads);  // what choices for this machine are made for; symbols stand for 1 until someone says more

}  // namespace tenon
