#include "kernels/cpu/isa.h"

#include <atomic>

namespace tenon {

static Isa ask() {
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi"))
    return Isa::avx512;
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? Isa::avx2 : Isa::portable;
}

static std::atomic<Isa> most{Isa::avx512};

Isa isa() {
  static const Isa found = ask();
  return std::min(found, most.load(std::memory_order_relaxed));
}

bool has_vnni() {
  static const bool found = __builtin_cpu_supports("avx512vnni");
  return found && isa() == Isa::avx512;
}

const char* name_of(Isa isa) { return isa == Isa::avx512 ? "avx512" : isa == Isa::avx2 ? "avx2" : "portable"; }

void limit_isa(Isa limit) { most = limit; }

}  // namespace tenon
