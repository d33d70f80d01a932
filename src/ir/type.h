// What a value is: its kind, its nominal element type, its shape.
#pragma once
#include <variant>

#include "base/element.h"
#include "ir/dim.h"

namespace tenon {

struct TensorType {
  ElementType element = ElementType::f32;
  Shape shape;
  int rank() const { return int(shape.size()); }
  bool operator==(const TensorType&) const = default;
};

// The other kinds of values ONNX has. Operators on them come later; the sum is here so that nobody assumes tensors.
struct SequenceType {
  TensorType item;
  bool operator==(const SequenceType&) const = default;
};
struct OptionalType {
  TensorType item;
  bool operator==(const OptionalType&) const = default;
};
struct MapType {
  ElementType key = ElementType::i64;
  TensorType item;
  bool operator==(const MapType&) const = default;
};

using Type = std::variant<TensorType, SequenceType, OptionalType, MapType>;
using Types = std::vector<Type>;

std::string to_text(const TensorType& type);  // f32[N,64,32,32]
std::string to_text(const Type& type);        // seq(f32[N])
TensorType parse_type(std::string_view text);

int axis_of(int64_t axis, int rank);  // -1 is the last; refuses what is out of range
// Each of `axes` as axis_of, sorted; refuses duplicates. Empty means none.
std::vector<int> axes_of(const std::vector<int64_t>& axes, int rank);
Shape broadcast(const Shape& a, const Shape& b);

}  // namespace tenon
