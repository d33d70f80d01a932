#include "allocations.h"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace {
std::atomic<int64_t> made{0}, freed{0};
thread_local int64_t made_here = 0;
}  // namespace

namespace tenon {
Allocations allocations() { return {made, freed}; }
int64_t allocations_made_by_this_thread() { return made_here; }
}  // namespace tenon

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {
void* counted(size_t bytes, size_t alignment) {
  ++made;
  ++made_here;
  void* memory = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (!memory) throw std::bad_alloc();
  return memory;
}
void release(void* memory) {
  freed += memory != nullptr;
  std::free(memory);
}
}  // namespace

void* operator new(size_t bytes) { return counted(bytes ? bytes : 1, alignof(std::max_align_t)); }
void* operator new(size_t bytes, std::align_val_t a) { return counted(bytes ? bytes : 1, size_t(a)); }
void operator delete(void* p) noexcept { release(p); }
void operator delete(void* p, size_t) noexcept { release(p); }
void operator delete(void* p, std::align_val_t) noexcept { release(p); }
void operator delete(void* p, size_t, std::align_val_t) noexcept { release(p); }

#endif
