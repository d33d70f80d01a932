#include "kernels/cuda/integers.h"

namespace tenon::cuda {

std::string list_source() {
  return R"(
struct List { long long count, number[8]; };
extern "C" __global__ void list(const List a, long long* y) {
  if (threadIdx.x < a.count) y[threadIdx.x] = a.number[threadIdx.x];
}
)";
}

std::string range_source(ElementType element) {
  return concat(prelude(), "typedef ", stored_type(element), " T;\n", R"(
extern "C" __global__ void range(const long long count, const T* start, const T* delta, T* y) {
  const unsigned long long first = (unsigned long long)load(*start), step = (unsigned long long)load(*delta);
  const long long threads = (long long)gridDim.x * blockDim.x;
  for (long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += threads)
    y[i] = (T)(first + (unsigned long long)i * step);
}
)");
}

}  // namespace tenon::cuda
