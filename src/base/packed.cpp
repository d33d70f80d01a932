#include "base/packed.h"

#include "base/checked.h"

namespace tenon {

namespace {

std::byte settled(ElementType e, int bits, unsigned value) {  // whose upper bits may be anything
  int above = 8 - bits;
  if (small_signed_types.contains(e)) return std::byte(int8_t(value << above) >> above);
  return std::byte(uint8_t(value << above) >> above);
}

}  // namespace

int64_t packed_bytes(ElementType e, int64_t count) {
  if (!is_packed_in_files(e)) return checked_mul(count, size_bytes(e));
  int64_t in_a_byte = 8 / bits_of(e);
  return count / in_a_byte + (count % in_a_byte != 0);
}

void unpack_elements(ElementType e, std::span<const std::byte> packed, std::span<std::byte> elements) {
  check(int64_t(packed.size()) == packed_bytes(e, int64_t(elements.size())), ErrorId::internal, packed.size(),
        " bytes of ", elements.size(), " packed elements of type ", e);
  int bits = bits_of(e);
  size_t in_a_byte = size_t(8 / bits);
  for (size_t i = 0; i < elements.size(); ++i)
    elements[i] = settled(e, bits, unsigned(packed[i / in_a_byte]) >> (i % in_a_byte * size_t(bits)));
}

void pack_elements(ElementType e, std::span<const std::byte> elements, std::span<std::byte> packed) {
  check(int64_t(packed.size()) == packed_bytes(e, int64_t(elements.size())), ErrorId::internal, packed.size(),
        " bytes for ", elements.size(), " packed elements of type ", e);
  int bits = bits_of(e);
  size_t in_a_byte = size_t(8 / bits);
  for (std::byte& b : packed) b = std::byte(0);
  for (size_t i = 0; i < elements.size(); ++i)
    packed[i / in_a_byte] |= (elements[i] & std::byte((1 << bits) - 1)) << (i % in_a_byte * size_t(bits));
}

void settle_upper_bits(ElementType e, std::span<std::byte> elements) {
  if (!is_packed_in_files(e)) return;
  for (std::byte& b : elements) b = settled(e, bits_of(e), unsigned(b));
}

}  // namespace tenon
