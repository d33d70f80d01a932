#include "kernels/cpu/isa.h"

#include <atomic>
#if defined(__linux__) && defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

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

static std::atomic<ByteIsa> most_bytes{ByteIsa::amx};

bool has_vnni() {
  static const bool found = __builtin_cpu_supports("avx512vnni");
  return found && isa() == Isa::avx512 && most_bytes.load(std::memory_order_relaxed) >= ByteIsa::vnni;
}

// Linux gives a process the large state of tiles when it asks for it.
static bool ask_for_tiles() {
#if defined(__linux__) && defined(__x86_64__)
  constexpr long request_permission = 0x1023, tile_data = 18;
  constexpr unsigned tiles_and_bytes = 1u << 24 | 1u << 25;  // of leaf 7
  unsigned a, b, c, d;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (d & tiles_and_bytes) != tiles_and_bytes) return false;
  return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
#else
  return false;
#endif
}

bool has_amx() {
  static const bool found = __builtin_cpu_supports("avx512vnni") && ask_for_tiles();
  return found && has_vnni() && most_bytes.load(std::memory_order_relaxed) == ByteIsa::amx;
}

void limit_byte_isa(ByteIsa limit) { most_bytes = limit; }

const char* name_of(Isa isa) { return isa == Isa::avx512 ? "avx512" : isa == Isa::avx2 ? "avx2" : "portable"; }

void limit_isa(Isa limit) { most = limit; }

}  // namespace tenon
