#include "kernels/cuda/indices.h"

namespace tenon::cuda {

std::string indices_text(ElementType index) {
  return concat("typedef ", stored_type(index), " I;\n", R"(
struct Fault { long long state, index, position, extent; };
__device__ inline void report(Fault* fault, long long index, long long position, long long extent) {
  if (!fault || atomicCAS((unsigned long long*)&fault->state, 0ull, 1ull) != 0) return;
  volatile Fault* f = fault;
  f->index = index;
  f->position = position;
  f->extent = extent;
  __threadfence_system();
  f->state = 2;
}
__device__ inline bool in_range(long long& index, long long extent) {
  if (index < 0) index += extent;
  return index >= 0 && index < extent;
}
)");
}

}  // namespace tenon::cuda
