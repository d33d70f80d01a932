// Protocol buffers' wire format, field by field, from bytes that nobody vouches for. wire.cpp alone knows protozero.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

#include "base/error.h"

namespace tenon::onnx {

enum class WireType : uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

// A field's number and wire type as one case label: a known number with another type is an unknown field.
constexpr uint32_t as_varint(uint32_t number) { return number << 3 | uint32_t(WireType::varint); }
constexpr uint32_t as_fixed64(uint32_t number) { return number << 3 | uint32_t(WireType::fixed64); }
constexpr uint32_t as_bytes(uint32_t number) { return number << 3 | uint32_t(WireType::bytes); }
constexpr uint32_t as_fixed32(uint32_t number) { return number << 3 | uint32_t(WireType::fixed32); }

// Takes one varint off the front; refuses one that is cut off or exceeds 64 bits.
uint64_t take_varint(std::span<const std::byte>& bytes);

struct Field {
  uint32_t key = 0;
  uint64_t bits = 0;                    // the value of a varint
  std::span<const std::byte> contents;  // without key and length; of a varint, its encoding

  uint32_t number() const { return key >> 3; }
  WireType type() const { return WireType(key & 7); }
  int64_t integer() const { return int64_t(bits); }
  int32_t integer32() const;  // refuses a value outside
  float real() const { return decode<float>(contents); }
  std::string text() const { return {reinterpret_cast<const char*>(contents.data()), contents.size()}; }

  // A repeated number is packed into one field or stands in a field of its own; both say the same.
  int64_t count_varints() const;
  template <class Take>
  void each_varint(Take take) const {
    for (std::span<const std::byte> rest = contents; !rest.empty();) take(take_varint(rest));
  }
  template <class Number>
  int64_t count_fixed() const {
    check(contents.size() % sizeof(Number) == 0, ErrorId::onnx_malformed, "field ", number(), ": ", contents.size(),
          " bytes are no whole number of elements of ", sizeof(Number));
    return int64_t(contents.size() / sizeof(Number));
  }
  template <class Number, class Take>
  void each_fixed(Take take) const {
    for (int64_t i = 0, n = count_fixed<Number>(); i < n; ++i)
      take(decode<Number>(contents.subspan(size_t(i) * sizeof(Number))));
  }

 private:
  template <class Number>
  static Number decode(std::span<const std::byte> bytes) {
    Number number;
    std::memcpy(&number, bytes.data(), sizeof number);
    return number;
  }
};

// The fields of one message, in the file's order.
class MessageReader {
 public:
  explicit MessageReader(std::span<const std::byte> message) : rest_(message) {}
  bool next(Field& field);  // false at the end; the field is checked whole
  const std::byte* position() const { return rest_.data(); }

 private:
  std::span<const std::byte> rest_;
};

}  // namespace tenon::onnx
