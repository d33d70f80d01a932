// Every offer that a graph gets, prepared and run against the reference: each instruction set, one thread and three,
// in place where it may, into poisoned memory with guards behind it.
#pragma once
#include "text_case.h"

namespace tenon {

void check_offers(const TextCase& c, const std::string& type);

}  // namespace tenon
