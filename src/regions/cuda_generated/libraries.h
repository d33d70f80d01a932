// Why a library's kernels are not on offer; empty: they are.
#pragma once
#include <string>

namespace tenon {

std::string why_no_cublaslt();
std::string why_no_cudnn();

}  // namespace tenon
