// Elements of fewer than 8 bits as files hold them: side by side, the first in a byte's lowest bits, the last byte
// filled up. In memory each has a byte of its own (element.h).
#pragma once
#include <cstddef>
#include <span>

#include "base/element.h"

namespace tenon {

inline bool is_packed_in_files(ElementType e) { return bits_of(e) < 8; }
int64_t packed_bytes(ElementType e, int64_t count);  // of any type

// `packed` has packed_bytes(e, elements.size()) bytes; only for types that are packed in files.
void unpack_elements(ElementType e, std::span<const std::byte> packed, std::span<std::byte> elements);
void pack_elements(ElementType e, std::span<const std::byte> elements, std::span<std::byte> packed);

// Makes the bits above each element what element.h says, whatever stood there.
void settle_upper_bits(ElementType e, std::span<std::byte> elements);

}  // namespace tenon
