#include "ops/copy_kernel_cpu.h"

namespace tenon {

constexpr NodeKernel kernels[] = {{"unsqueeze.copy", fit_copy, prepare_copy}};

extern const NodeKernels unsqueeze_cpu;
const NodeKernels unsqueeze_cpu = kernels;

}  // namespace tenon
