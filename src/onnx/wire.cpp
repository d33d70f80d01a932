// The wire format. Protozero decodes the varints; its own reader would cut keys and lengths to 32 bits unasked.
#include "onnx/wire.h"

#include <bit>
#include <limits>
#include <protozero/exception.hpp>
#include <protozero/varint.hpp>

namespace tenon::onnx {

static_assert(std::endian::native == std::endian::little, "the wire's fixed numbers are copied as they are");

uint64_t take_varint(std::span<const std::byte>& bytes) {
  const char* start = reinterpret_cast<const char*>(bytes.data());
  const char* at = start;
  try {
    uint64_t value = protozero::decode_varint(&at, start + bytes.size());
    bool fits = at - start < protozero::max_varint_length || uint8_t(at[-1]) <= 1;  // 9 * 7 bits, and one more
    check(fits, ErrorId::onnx_malformed, "a number is longer than 64 bits");
    bytes = bytes.subspan(size_t(at - start));
    return value;
  } catch (const protozero::end_of_buffer_exception&) {
    fail(ErrorId::onnx_malformed, "a number is cut off");
  } catch (const protozero::varint_too_long_exception&) {
    fail(ErrorId::onnx_malformed, "a number is longer than 64 bits");
  }
}

int32_t Field::integer32() const {
  check(int64_t(bits) == int32_t(bits), ErrorId::onnx_malformed, "field ", number(), ": ", int64_t(bits),
        " does not fit in 32 bits");
  return int32_t(bits);
}

int64_t Field::count_varints() const {
  int64_t count = 0;
  for (std::byte b : contents) count += (b & std::byte{0x80}) == std::byte{0};
  return count;
}

bool MessageReader::next(Field& field) {
  if (rest_.empty()) return false;
  std::span<const std::byte> rest = rest_;
  uint64_t key = take_varint(rest);
  check(key <= std::numeric_limits<uint32_t>::max() && key >> 3 != 0, ErrorId::onnx_malformed,
        "no field can have the number ", key >> 3);
  field = {uint32_t(key), 0, {}};

  uint64_t size = 0;
  std::span<const std::byte> number = rest;
  switch (field.type()) {
    case WireType::varint:
      field.bits = take_varint(number);
      size = rest.size() - number.size();
      break;
    case WireType::fixed64: size = 8; break;
    case WireType::fixed32: size = 4; break;
    case WireType::bytes:
      size = take_varint(rest);
      check(size <= std::numeric_limits<uint32_t>::max(), ErrorId::onnx_malformed, "field ", field.number(),
            ": its length ", size, " exceeds 32 bits");
      break;
    default: fail(ErrorId::onnx_malformed, "field ", field.number(), " has the unknown wire type ", key & 7);
  }
  check(size <= rest.size(), ErrorId::onnx_malformed, "field ", field.number(), " has ", size, " bytes, but only ",
        rest.size(), " are left in its message; the file may be cut off");
  field.contents = rest.first(size_t(size));
  rest_ = rest.subspan(size_t(size));
  return true;
}

}  // namespace tenon::onnx
