// Element types, and sets of them: what a value's elements are, or may be stored as.
#pragma once
#include <cstdint>
#include <string>

#include "base/error.h"

namespace tenon {

// All of ONNX's element types; which of them an operator takes is the operator's to say.
enum class ElementType : uint8_t {
  f32,
  f16,
  bf16,
  f64,
  i8,
  i16,
  i32,
  i64,
  u8,
  u16,
  u32,
  u64,
  boolean,
  string,
};
constexpr int element_type_count = 14;

int64_t size_bytes(ElementType e);   // of one element; refuses strings
const char* name_of(ElementType e);  // "f32"
inline std::string to_text(ElementType e) { return name_of(e); }
ElementType parse_element(std::string_view name);

class ElementSet {
 public:
  constexpr ElementSet() = default;
  constexpr ElementSet(ElementType only) : bits_(1u << unsigned(only)) {}
  constexpr bool contains(ElementType e) const { return bits_ >> unsigned(e) & 1; }
  friend constexpr ElementSet operator|(ElementSet a, ElementSet b) { return ElementSet(a.bits_ | b.bits_); }
  friend constexpr ElementSet operator&(ElementSet a, ElementSet b) { return ElementSet(a.bits_ & b.bits_); }
  constexpr bool operator==(const ElementSet&) const = default;
  constexpr bool empty() const { return bits_ == 0; }

 private:
  constexpr explicit ElementSet(uint32_t bits) : bits_(bits) {}
  uint32_t bits_ = 0;
};

constexpr ElementSet operator|(ElementType a, ElementType b) { return ElementSet(a) | ElementSet(b); }

constexpr ElementSet half_types = ElementType::f16 | ElementType::bf16;
constexpr ElementSet float_types = half_types | ElementType::f32 | ElementType::f64;
constexpr ElementSet signed_types = ElementType::i8 | ElementType::i16 | ElementType::i32 | ElementType::i64;
constexpr ElementSet unsigned_types = ElementType::u8 | ElementType::u16 | ElementType::u32 | ElementType::u64;
constexpr ElementSet integer_types = signed_types | unsigned_types;
constexpr ElementSet number_types = float_types | integer_types;
constexpr ElementSet plain_types = number_types | ElementType::boolean;  // fixed size, byte-addressed

std::string to_text(ElementSet set);  // "f32, f16, bf16"

}  // namespace tenon
