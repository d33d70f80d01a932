// The blocks that a host-memory device gave out: whose space an address is in, and which ranges lie inside.
#pragma once
#include <cstddef>
#include <map>
#include <mutex>

#include "base/space.h"

namespace tenon {

class KnownMemory {
 public:
  explicit KnownMemory(int64_t bytes_of_each_space) : limit_(bytes_of_each_space) {}

  std::byte* allocate(int64_t bytes, Space space, const char* what);  // aligned to 256, poisoned
  void release(std::byte* block);
  Space space_of(const void* address) const;
  // Refuses a range that touches a block and does not lie inside it; of other memory nothing is known.
  void check_range(const void* address, int64_t bytes, const char* what) const;
  int64_t bytes_in_use(Space space) const;

 private:
  struct Block {
    int64_t bytes;
    Space space;
  };
  using Blocks = std::map<const std::byte*, Block>;
  Blocks::const_iterator last_before(const std::byte* end) const;

  const int64_t limit_;
  mutable std::mutex mutex_;
  Blocks blocks_;
  int64_t in_use_[2] = {};  // bytes, by space
};

}  // namespace tenon
