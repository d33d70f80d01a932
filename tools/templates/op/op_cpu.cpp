// Kernels for the CPU, best first.
#include "ops/@name@/@name@.h"
#include "select/offer.h"

namespace tenon {

// The table of kernels that offers @name@ alone.

}  // namespace tenon
