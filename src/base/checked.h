// Arithmetic on sizes that throws instead of wrapping round.
#pragma once
#include <cstdint>

#include "base/error.h"

namespace tenon {

inline int64_t checked_mul(int64_t a, int64_t b) {
  int64_t result;
  check(!__builtin_mul_overflow(a, b, &result), ErrorId::size_overflow, "size overflows: ", a, " * ", b);
  return result;
}

inline int64_t checked_add(int64_t a, int64_t b) {
  int64_t result;
  check(!__builtin_add_overflow(a, b, &result), ErrorId::size_overflow, "size overflows: ", a, " + ", b);
  return result;
}

inline int64_t checked_sub(int64_t a, int64_t b) {
  int64_t result;
  check(!__builtin_sub_overflow(a, b, &result), ErrorId::size_overflow, "size overflows: ", a, " - ", b);
  return result;
}

inline int64_t align_up(int64_t bytes, int64_t alignment) {
  return checked_add(bytes, alignment - 1) / alignment * alignment;
}

}  // namespace tenon
