// The larger of bytes, one by one.
#pragma once
#include <cstddef>
#include <cstdint>

namespace tenon {

template <int N>
void max_bytes(const std::byte* x, int64_t count, bool is_signed, std::byte* y);  // y = max(x, y)
extern template void max_bytes<4>(const std::byte*, int64_t, bool, std::byte*);
extern template void max_bytes<8>(const std::byte*, int64_t, bool, std::byte*);
extern template void max_bytes<16>(const std::byte*, int64_t, bool, std::byte*);

}  // namespace tenon
