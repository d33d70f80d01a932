// How generated kernels read operands that hold positions along an axis.
#pragma once
#include "kernels/cuda/text.h"

namespace tenon::cuda {

// Definitions of the type `I` of indices; `Fault`, an IndexFault of select/index_faults.h; `in_range(index, extent)`,
// which counts from the end where the index is below 0; and `report(fault, index, position, extent)`.
std::string indices_text(ElementType index);

}  // namespace tenon::cuda
