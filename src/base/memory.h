// Large memory straight from the system: zeros, in huge pages where it grants them, given back as soon as it is free.
#pragma once
#include <cstdint>
#include <memory>

namespace tenon {

constexpr int64_t huge_page = 2 << 20;

// Aligned to 64 bytes, to huge pages from one of them on; refuses with ErrorId::out_of_memory, which names `what`.
std::shared_ptr<std::byte> allocate_memory(int64_t bytes, const char* what);

}  // namespace tenon
