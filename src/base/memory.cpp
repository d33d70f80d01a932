#include "base/memory.h"

#include <sys/mman.h>

#include <new>

#include "base/checked.h"

namespace tenon {

std::shared_ptr<std::byte> allocate_memory(int64_t bytes, const char* what) {
  if (bytes < huge_page) {
    constexpr auto by = std::align_val_t(64);
    void* memory = ::operator new(size_t(bytes), by, std::nothrow);
    check(memory, ErrorId::out_of_memory, "no memory for ", bytes, " bytes of ", what);
    return {static_cast<std::byte*>(memory), [](std::byte* p) { ::operator delete(p, by); }};
  }
  size_t room = size_t(checked_add(bytes, huge_page));  // the system aligns to small pages
  void* memory = ::mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  check(memory != MAP_FAILED, ErrorId::out_of_memory, "no memory for ", bytes, " bytes of ", what);
  auto* aligned = reinterpret_cast<std::byte*>(align_up(int64_t(memory), huge_page));
  ::madvise(aligned, size_t(bytes), MADV_HUGEPAGE);  // a wish: small pages serve as well
  return {aligned, [memory, room](std::byte*) { ::munmap(memory, room); }};
}

}  // namespace tenon
