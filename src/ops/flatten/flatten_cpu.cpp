#include "ops/copy_kernel.h"

namespace tenon {

constexpr NodeKernel kernels[] = {{"flatten.copy", fit_copy, prepare_copy}};

extern const NodeKernels flatten_cpu;
const NodeKernels flatten_cpu = kernels;

}  // namespace tenon
