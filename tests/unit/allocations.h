// How often operator new was called, for tests of paths that must not. Sanitizers have allocators of their own: with
// them nothing is counted.
#pragma once
#include <cstdint>

namespace tenon {

struct Allocations {
  int64_t made, freed;
};
Allocations allocations();                  // of the process
int64_t allocations_made_by_this_thread();  // by it alone

}  // namespace tenon
