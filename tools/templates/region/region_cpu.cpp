// Kernels for the CPU, best first.
#include "regions/@name@/@name@.h"

namespace tenon {

// What a kernel prepares from the region, and how it runs.

}  // namespace tenon
