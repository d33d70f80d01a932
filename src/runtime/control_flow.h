// Kernels of nodes with graphs within: branches and loops, whose bodies are programs.
#pragma once
#include "runtime/program_context.h"

namespace tenon {

using SharedProgram = std::shared_ptr<const Program>;

// Operands and results as ops/if and ops/loop say.
std::unique_ptr<Kernel> if_kernel(SharedProgram then, SharedProgram otherwise);
std::unique_ptr<Kernel> loop_kernel(SharedProgram body, int64_t states);

}  // namespace tenon
