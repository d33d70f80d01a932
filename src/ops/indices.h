// Operands that hold positions along an axis: counted from the end where negative, refused where out of range.
#pragma once
#include "base/expression.h"
#include "base/view.h"
#include "ir/dim.h"

namespace tenon {

// Element i of a tensor of integers.
inline int64_t integer_at(const ConstView& view, int64_t i) {
  return load_scalar(view.as<std::byte>() + i * size_bytes(view.element), view.element).i;
}

inline int64_t index_at(const ConstView& indices, int64_t i, int64_t extent) {
  int64_t index = integer_at(indices, i);
  check(-extent <= index && index < extent, "index ", index, " at position ", i, " is out of range for extent ",
        extent);
  return index < 0 ? index + extent : index;
}

// Refuses extents that are known and differ.
inline void check_same_extent(const Dim& a, const Dim& b, const char* what, const Shape& found, const Shape& like) {
  check(!a.known() || !b.known() || a == b, what, " has shape ", found, ", which does not fit ", like);
}

constexpr ElementSet index_types = ElementType::i64 | ElementType::i32;

}  // namespace tenon
