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
  f8e4m3fn,  // sign, exponent and mantissa bits; `fn`: NaN but no infinity; `uz`: no negative zero either
  f8e4m3fnuz,
  f8e5m2,
  f8e5m2fnuz,
  f8e8m0,  // a power of two, 2^-127 to 2^127, or NaN: neither sign nor zero
  f4e2m1,
  i4,
  u4,
  i2,
  u2,
};
constexpr int element_type_count = 24;

// Of one element in memory; refuses strings. What needs fewer than 8 bits has a byte of its own: the value in its low
// bits, the sign of i4 and i2 repeated above them. Who reads masks: arrays that programs hand in need not be so.
int64_t size_bytes(ElementType e);
int bits_of(ElementType e);          // that say something, of each element: 4 of f4e2m1
const char* name_of(ElementType e);  // "f32"
inline std::string to_text(ElementType e) { return name_of(e); }
ElementType parse_element(std::string_view name);

class ElementSet {
 public:
  constexpr ElementSet() = default;
  constexpr ElementSet(ElementType only) : bits_(uint64_t(1) << unsigned(only)) {}
  constexpr bool contains(ElementType e) const { return bits_ >> unsigned(e) & 1; }
  friend constexpr ElementSet operator|(ElementSet a, ElementSet b) { return ElementSet(a.bits_ | b.bits_); }
  friend constexpr ElementSet operator&(ElementSet a, ElementSet b) { return ElementSet(a.bits_ & b.bits_); }
  constexpr bool operator==(const ElementSet&) const = default;
  constexpr bool empty() const { return bits_ == 0; }

 private:
  constexpr explicit ElementSet(uint64_t bits) : bits_(bits) {}
  static_assert(element_type_count <= 64);
  uint64_t bits_ = 0;
};

constexpr ElementSet operator|(ElementType a, ElementType b) { return ElementSet(a) | ElementSet(b); }

constexpr ElementSet half_types = ElementType::f16 | ElementType::bf16;
constexpr ElementSet float_types = half_types | ElementType::f32 | ElementType::f64;
constexpr ElementSet signed_types = ElementType::i8 | ElementType::i16 | ElementType::i32 | ElementType::i64;
constexpr ElementSet unsigned_types = ElementType::u8 | ElementType::u16 | ElementType::u32 | ElementType::u64;
constexpr ElementSet integer_types = signed_types | unsigned_types;
constexpr ElementSet number_types = float_types | integer_types;
constexpr ElementSet computed_types = number_types | ElementType::boolean;  // what arithmetic is defined on

// The small types: moved, cast and quantized to and from; nothing computes in them.
constexpr ElementSet float8_types =
    ElementType::f8e4m3fn | ElementType::f8e4m3fnuz | ElementType::f8e5m2 | ElementType::f8e5m2fnuz;
constexpr ElementSet small_float_types = float8_types | ElementType::f8e8m0 | ElementType::f4e2m1;
constexpr ElementSet small_signed_types = ElementType::i4 | ElementType::i2;
constexpr ElementSet small_unsigned_types = ElementType::u4 | ElementType::u2;
constexpr ElementSet small_types = small_float_types | small_signed_types | small_unsigned_types;
constexpr ElementSet plain_types = computed_types | small_types;  // fixed size, byte-addressed

// By what holds one number of theirs, which is how a Scalar tells them apart: double, int64_t, uint64_t.
constexpr ElementSet any_float_types = float_types | small_float_types;
constexpr ElementSet any_signed_types = signed_types | small_signed_types;
constexpr ElementSet any_unsigned_types = unsigned_types | small_unsigned_types;

std::string to_text(ElementSet set);  // "f32, f16, bf16"

}  // namespace tenon
