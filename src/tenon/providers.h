// Who offers kernels: regions.def as a list. The order is that of explanations and of ties.
#pragma once
#include "select/offer.h"

namespace tenon {

Providers all_providers();
// Those whose names are given, and the reference, which makes every cover possible; all if none is given.
Providers providers_named(const std::vector<std::string>& names);
// What choices for this machine are made for; symbols stand for 1 until someone says more.
Target cpu_target(int threads);
// "cpu"; "cuda": refused with the reason where there is no GPU that can be used; "auto": a GPU if there is one.
// `notes` gets what a user should know, such as a library that is missing.
Target target_on(const std::string& device, int threads, std::vector<std::string>& notes);

}  // namespace tenon
