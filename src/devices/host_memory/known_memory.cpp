#include "devices/host_memory/known_memory.h"

#include <cstdlib>
#include <cstring>

#include "base/checked.h"
#include "base/error.h"

namespace tenon {

constexpr int64_t alignment = 256;
constexpr uint8_t poison = 0xff;  // NaN as a float, -1 as an index

std::byte* KnownMemory::allocate(int64_t bytes, Space space, const char* what) {
  std::scoped_lock lock(mutex_);
  int64_t& in_use = in_use_[size_t(space)];
  void* block =
      bytes <= limit_ - in_use ? std::aligned_alloc(size_t(alignment), size_t(align_up(bytes, alignment))) : nullptr;
  check(block, ErrorId::out_of_memory, "no ", bytes, " bytes of ",
        space == Space::host ? "page-locked" : "the device's", " memory for ", what, "; ", in_use, " of ", limit_,
        " are in use");
  std::memset(block, poison, size_t(bytes));
  blocks_[static_cast<std::byte*>(block)] = {bytes, space};
  in_use += bytes;
  return static_cast<std::byte*>(block);
}

void KnownMemory::release(std::byte* block) {
  std::scoped_lock lock(mutex_);
  auto it = blocks_.find(block);
  in_use_[size_t(it->second.space)] -= it->second.bytes;
  blocks_.erase(it);
  std::free(block);
}

KnownMemory::Blocks::const_iterator KnownMemory::last_before(const std::byte* end) const {
  auto it = blocks_.lower_bound(end);
  return it == blocks_.begin() ? blocks_.end() : std::prev(it);
}

Space KnownMemory::space_of(const void* address) const {
  std::scoped_lock lock(mutex_);
  auto* byte = static_cast<const std::byte*>(address);
  auto it = last_before(byte + 1);
  return it != blocks_.end() && byte < it->first + it->second.bytes ? it->second.space : Space::host;
}

void KnownMemory::check_range(const void* address, int64_t bytes, const char* what) const {
  std::scoped_lock lock(mutex_);
  auto* begin = static_cast<const std::byte*>(address);
  auto it = last_before(begin + bytes);
  if (it == blocks_.end()) return;
  const std::byte* block_end = it->first + it->second.bytes;
  if (block_end <= begin) return;
  check(it->first <= begin && begin + bytes <= block_end, ErrorId::device, what, " ", bytes, " bytes at ",
        begin - it->first, " of a block of ", it->second.bytes);
}

int64_t KnownMemory::bytes_in_use(Space space) const {
  std::scoped_lock lock(mutex_);
  return in_use_[size_t(space)];
}

}  // namespace tenon
