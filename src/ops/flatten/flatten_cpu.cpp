#include "ops/copy_kernel_cpu.h"

namespace tenon {

constexpr NodeKernel kernels[] = {{"flatten.copy", fit_copy, prepare_copy}};

extern const NodeKernels flatten_cpu;
const NodeKernels flatten_cpu = kernels;

}  // namespace tenon
