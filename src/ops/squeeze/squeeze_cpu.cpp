#include "ops/copy_kernel_cpu.h"

namespace tenon {

constexpr NodeKernel kernels[] = {{"squeeze.copy", fit_copy, prepare_copy}};

extern const NodeKernels squeeze_cpu;
const NodeKernels squeeze_cpu = kernels;

}  // namespace tenon
